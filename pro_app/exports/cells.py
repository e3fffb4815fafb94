"""How cells are spelled as text, the same in every text file; and rows that Excel can't run as formulas."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import TypeVar

from pro_app.exports.columns import Cell, Column

# A text that begins so would be taken for a formula by a spreadsheet.
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe(text: str) -> str:
    """The text with an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if text.startswith(_RISKY) else text


def number(value: float) -> str:
    """All digits that the float has; a whole number without a point: as `pro-app score` writes it."""
    return repr(value).removesuffix(".0")


def moment(value: datetime) -> str:
    """`2026-12-01T04:00:00.123456Z`, in UTC; the fraction only where there is one."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def spelled(value: Cell) -> str:
    """A cell as text; blank for none."""
    if value is None:
        return ""
    if isinstance(value, str):
        return safe(value)
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return value.isoformat()
    return number(value)


def header(columns: Sequence[Column]) -> list[str]:
    """Names of all columns; then, at the end, those that say why a number is missing."""
    return [one.name for one in columns] + [one.tag_column for one in columns if one.tags]


Spelled = TypeVar("Spelled", str, bytes)


class Known(dict[Cell, Spelled]):
    """How cells are spelled, for columns whose cells repeat; never more than `MOST` at once.

    1 and 1.0 are one key: what spells them must spell both alike.
    """

    MOST = 20_000

    def __init__(self, spell: Callable[[Cell], Spelled]) -> None:
        super().__init__()
        self._spell: Callable[[Cell], Spelled] = spell

    def __missing__(self, cell: Cell) -> Spelled:
        if len(self) >= self.MOST:
            self.clear()
        text: Spelled = self._spell(cell)
        self[cell] = text
        return text


def _own_speller(column: Column) -> Callable[[Cell], str]:
    if column.tags:
        return Known(lambda cell: "" if isinstance(cell, str) else spelled(cell)).__getitem__
    if column.kind in ("number", "code", "day"):
        return Known(spelled).__getitem__
    return spelled


def speller(columns: Sequence[Column]) -> Callable[[Sequence[Cell]], list[str]]:
    """Turns a row of cells into texts in the order of `header`."""
    tagged = [place for place, one in enumerate(columns) if one.tags]
    spell = [_own_speller(one) for one in columns]

    def row(cells: Sequence[Cell]) -> list[str]:
        texts = [own(cell) for own, cell in zip(spell, cells, strict=True)]
        texts += [cell if isinstance(cell := cells[place], str) else "" for place in tagged]
        return texts

    return row

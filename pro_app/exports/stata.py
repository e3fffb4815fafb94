"""Stata files (`.dta`, format 118), written as a stream by ourselves.

The layout is Stata's own published one ("help dta"). Where parts begin and how many rows there are stands
at the front; both are put in at the end. Reasons are Stata's extended missing values (.a, .b, ...).
"""

import struct
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import BinaryIO, cast

from pro_app.exports.aside import Aside
from pro_app.exports.columns import TAGS, Cell, Column
from pro_app.exports.edition import MONTHS

_INT, _DOUBLE = 65529, 65526
_FIRST_DAY = date(1960, 1, 1)
_FIRST_MOMENT = datetime(1960, 1, 1, tzinfo=UTC)
_MISSING_INT = 32741
_MISSING_LONG = 2147483621
_MISSING_DOUBLE = 0x7FE0000000000000
_ONE_LETTER = 0x0000010000000000
_LONGEST_LABEL = 80


def _fixed(text: str, size: int, most: int | None = None) -> bytes:
    """Zero-ended text in `size` bytes; `most` is the largest number of characters."""
    cut = text[:most] if most else text
    return cut.encode()[: size - 1].decode(errors="ignore").encode().ljust(size, b"\0")


def _letter(tag: str) -> int:
    return ord(TAGS[tag][0]) - ord("a") + 1


def _double(bits: int) -> float:
    value: float = struct.unpack("<d", struct.pack("<Q", bits))[0]
    return value


_NOTHING = _double(_MISSING_DOUBLE)


class Dta:
    """One `.dta` file. Codes become numbers with value labels."""

    def __init__(
        self, aside: Aside, name: str, columns: Sequence[Column], title: str, stamp: datetime
    ) -> None:
        self._aside, self._name = aside, name
        self._file: BinaryIO = aside.binary(name)
        self._columns = columns
        self._put = [_encoder(column) for column in columns]
        self._pack = struct.Struct("<" + "".join(_code(one) for one in columns)).pack
        self._places: list[int] = []
        self._begin(title, stamp)
        aside.rows[name] = 0

    def take(self, cells: Sequence[Cell]) -> None:
        self._file.write(self._pack(*[put(cell) for put, cell in zip(self._put, cells, strict=True)]))
        self._aside.rows[self._name] += 1

    def close(self) -> None:
        """Write the value labels, then the number of rows and the map of parts at the front."""
        file = self._file
        file.write(b"</data>")
        self._part(b"<strls></strls>")
        self._part(b"<value_labels>")
        for number, column in enumerate(self._columns):
            if labels := _labels(column):
                file.write(_label_table(number, labels))
        file.write(b"</value_labels>")
        self._part(b"</stata_dta>")
        self._places.append(file.tell())
        file.seek(self._rows_at)
        file.write(struct.pack("<Q", self._aside.rows[self._name]))
        file.seek(self._map_at)
        file.write(struct.pack("<14Q", *self._places))
        file.seek(0, 2)

    def _part(self, content: bytes) -> None:
        """Write a part and remember where it begins."""
        self._places.append(self._file.tell())
        self._file.write(content)

    def _begin(self, title: str, stamp: datetime) -> None:
        file, columns = self._file, self._columns
        when = f"{stamp.day:02} {MONTHS[stamp.month - 1]} {stamp.year} {stamp:%H:%M}".encode()
        label = title[:_LONGEST_LABEL].encode()
        self._part(
            b"<stata_dta><header><release>118</release><byteorder>LSF</byteorder><K>"
            + struct.pack("<H", len(columns))
            + b"</K><N>"
        )
        self._rows_at = file.tell()
        file.write(struct.pack("<Q", 0) + b"</N><label>" + struct.pack("<H", len(label)) + label)
        file.write(b"</label><timestamp>" + bytes([len(when)]) + when + b"</timestamp></header>")
        self._part(b"<map>")
        self._map_at = file.tell()
        file.write(bytes(14 * 8) + b"</map>")
        self._part(b"<variable_types>" + struct.pack(f"<{len(columns)}H", *map(_type, columns)))
        file.write(b"</variable_types>")
        self._part(_tagged("varnames", (_fixed(one.name, 129, 32) for one in columns)))
        self._part(_tagged("sortlist", [bytes(2 * (len(columns) + 1))]))
        self._part(_tagged("formats", (_fixed(_format(one), 57) for one in columns)))
        names = (_fixed(f"L{n + 1}" if _labels(one) else "", 129) for n, one in enumerate(columns))
        self._part(_tagged("value_label_names", names))
        self._part(_tagged("variable_labels", (_fixed(one.label, 321, _LONGEST_LABEL) for one in columns)))
        self._part(b"<characteristics></characteristics>")
        self._part(b"<data>")


def _tagged(name: str, parts: Iterable[bytes]) -> bytes:
    return f"<{name}>".encode() + b"".join(parts) + f"</{name}>".encode()


def _whole(column: Column) -> bool:
    return column.kind == "code" or (column.kind == "number" and column.whole)


def _type(column: Column) -> int:
    return max(column.width, 1) if column.kind == "text" else _INT if _whole(column) else _DOUBLE


def _code(column: Column) -> str:
    return f"{max(column.width, 1)}s" if column.kind == "text" else "h" if _whole(column) else "d"


def _format(column: Column) -> str:
    if column.kind == "text":
        return f"%{max(column.width, 1)}s"
    return {"day": "%tdCCYY-NN-DD", "moment": "%tc"}.get(column.kind, "%8.0g" if _whole(column) else "%10.0g")


def _labels(column: Column) -> dict[int, str]:
    labels = dict(enumerate(column.codes.values(), 1)) | dict(column.values)
    return labels | {_MISSING_LONG + _letter(tag): label for tag, label in column.tags.items()}


def _label_table(number: int, labels: dict[int, str]) -> bytes:
    texts = [label.encode() + b"\0" for label in labels.values()]
    offsets, length = [], 0
    for text in texts:
        offsets.append(length)
        length += len(text)
    count = len(labels)
    table = struct.pack(f"<2i{count}i{count}i", count, length, *offsets, *labels) + b"".join(texts)
    return (
        b"<lbl>"
        + struct.pack("<i", len(table))
        + _fixed(f"L{number + 1}", 129)
        + bytes(3)
        + table
        + b"</lbl>"
    )


def _encoder(column: Column) -> Callable[[Cell], float | int | bytes]:
    if column.kind == "text":
        width = max(column.width, 1)
        return lambda cell: str(cell or "").encode()[:width].decode(errors="ignore").encode()
    if column.kind == "code":
        numbers: dict[Cell, int] = {code: n for n, code in enumerate(column.codes, 1)}
        return lambda cell: numbers.get(cell, _MISSING_INT)
    if column.kind == "day":
        return lambda cell: (cell - _FIRST_DAY).days if isinstance(cell, date) else _NOTHING
    if column.kind == "moment":
        return _moment
    return _small if column.whole else _number


def _moment(cell: Cell) -> float:
    return (cell - _FIRST_MOMENT).total_seconds() * 1000 if isinstance(cell, datetime) else _NOTHING


def _small(cell: Cell) -> int:
    if cell is None:
        return _MISSING_INT
    return _MISSING_INT + _letter(cell) if isinstance(cell, str) else int(cast(int, cell))


def _number(cell: Cell) -> float:
    if cell is None:
        return _NOTHING
    if isinstance(cell, str):
        return _double(_MISSING_DOUBLE + _letter(cell) * _ONE_LETTER)
    return float(cast(float, cell))

"""What scoring refuses. Nothing is rounded, guessed or turned into missing on the way in."""

from collections.abc import Sequence

from pro_app.errors import ProAppError


class NotAnAnswer(ProAppError):
    """A value is none of the item's codes; params: instrument, item, value."""

    code = "score_not_an_answer"


class ForeignItem(ProAppError):
    """The item is not scored by this instrument; params: instrument, item, value."""

    code = "score_foreign_item"


class OtherInstrument(ProAppError):
    """The answers belong to another instrument or version; params: instrument, version, other."""

    code = "score_other_instrument"


class ColumnsMissing(ProAppError):
    """A table has no column for some items; params: instrument, columns."""

    code = "score_columns_missing"


class ColumnTwice(ProAppError):
    """A table has two columns for one item; params: columns."""

    code = "score_column_twice"


class BadRow(ProAppError):
    """A row of a table can't be scored; params: row (the header is row 1), column, problem.

    cells: the row as it was, so that it can be handed back.
    """

    code = "score_bad_row"

    def __init__(self, row: int, cells: Sequence[str], column: str | None, problem: str) -> None:
        self.cells = tuple(cells)
        super().__init__(row=row, column=column or "-", problem=problem)

"""Scoring a table of text cells (a CSV file, say) chunk by chunk; memory does not grow with it.

The header names the item columns; all other columns are passed through. A cell holds a code as
it is written (`3`) or nothing; `3.0`, `NA` and ` 3` are refused, not guessed at.
"""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import islice, repeat

from pro_app.scoring.batch import CHUNK, Batch
from pro_app.scoring.engine import band_of, reason_for
from pro_app.scoring.faults import BadRow, ColumnsMissing, ColumnTwice, NotAnAnswer
from pro_app.scoring.plan import ScalePlan, ScoringPlan

Row = Sequence[str]
# What a row of the long form says after the columns that are passed through.
LONG = ("row", "scale", "value", "reason", "band", "answered", "parts", "algorithm")


class TableScorer:
    """Scores tables that have one header, by one plan.

    header: the input's column names.
    long: one row for each scale, with the reason where there is no value, and without the item
      columns; else one row for each response, with a column for each scale.
    provisional: also the scales that their source calls provisional.

    Raises `ColumnsMissing` when item columns are not there and `ColumnTwice` when one is there
    twice.
    """

    def __init__(
        self, plan: ScoringPlan, header: Row, *, long: bool = False, provisional: bool = False
    ) -> None:
        _check_header(plan, header)
        self._plan = plan
        self._width = len(header)
        self._long = long
        self._batch: Batch[tuple[str, ...] | str] = Batch(plan, _spell, _long_cells if long else _text)
        self._items = [list(header).index(item) for item in plan.answers]
        self._kept = [place for place in range(len(header)) if not long or place not in self._items]
        self._scales = [
            (place, scale) for place, scale in enumerate(plan.scales) if provisional or not scale.provisional
        ]
        added = list(LONG) if long else [scale.name for _, scale in self._scales]
        self.renamed = _renamed(header, added)
        self.header = [self.renamed.get(header[place], header[place]) for place in self._kept] + added

    def chunks(self, source: Iterable[Row], bad: list[BadRow] | None = None) -> Iterator[Iterable[Row]]:
        """Score rows lazily; yields the output rows of a chunk at a time.

        source: the input's rows without the header. Empty rows are passed over, but counted:
          the header is row 1, as a spreadsheet shows it.
        bad: when given, the rows that can't be scored are added to it and left out, and the
          caller empties it between chunks; else the first of them is raised as `BadRow`.
        """
        rows, first = iter(source), 2
        while chunk := list(islice(rows, CHUNK)):
            yield self._chunk(chunk, range(first, first + len(chunk)), bad)
            first += len(chunk)

    def _chunk(self, rows: list[Row], numbers: Sequence[int], bad: list[BadRow] | None) -> Iterable[Row]:
        if set(map(len, rows)) != {self._width}:
            rows, numbers = self._good(rows, numbers, bad)
        try:
            return self._scored(rows, numbers)
        except NotAnAnswer:
            return self._scored(*self._good(rows, numbers, bad))

    def _scored(self, rows: list[Row], numbers: Sequence[int]) -> Iterable[Row]:
        if not rows:
            return ()
        columns = list(zip(*rows, strict=True))
        found = self._batch.columns([columns[place] for place in self._items])
        kept = [columns[place] for place in self._kept]
        scales = [found[place] for place, _ in self._scales]
        if not self._long:
            return zip(*kept, *scales, strict=True)
        passed: Iterable[tuple[str, ...]] = zip(*kept, strict=True) if kept else repeat((), len(rows))
        lines = zip(passed, numbers, zip(*scales, strict=True), strict=True)
        last = self._plan.algorithm
        return ((*before, str(number), *cells, last) for before, number, line in lines for cells in line)

    def _good(
        self, rows: list[Row], numbers: Sequence[int], bad: list[BadRow] | None
    ) -> tuple[list[Row], list[int]]:
        """The rows that can be scored, with their numbers; the others go to `bad`, or the first is raised."""
        good: list[Row] = []
        kept: list[int] = []
        for number, row in zip(numbers, rows, strict=True):
            fault = self._fault(number, row) if row else None
            if fault is not None and bad is None:
                raise fault
            if fault is not None and bad is not None:
                bad.append(fault)
            elif row:
                good.append(row)
                kept.append(number)
        return good, kept

    def _fault(self, number: int, row: Row) -> BadRow | None:
        if len(row) != self._width:
            return BadRow(number, row, None, f"{len(row)} cells, but the header has {self._width}")
        cell = self._batch.first_fault([row[place] for place in self._items])
        if cell is None:
            return None
        item = str(cell.params["item"])
        codes = " ".join(map(str, self._plan.answers[item]))
        return BadRow(number, row, item, f"{cell.params['value']} is none of {codes}, and not blank")


def _check_header(plan: ScoringPlan, header: Row) -> None:
    names = list(header)
    twice = [item for item in plan.answers if names.count(item) > 1]
    if twice:
        raise ColumnTwice(columns=" ".join(twice))
    absent = [item for item in plan.answers if item not in names]
    if absent:
        raise ColumnsMissing(instrument=plan.instrument, columns=" ".join(absent))


def _renamed(header: Row, added: list[str]) -> dict[str, str]:
    """New names for input columns that are called like one of ours, so that no name is there twice."""
    taken = {*header, *added}
    found: dict[str, str] = {}
    for name in header:
        if name in added:
            new = name
            while new in taken:
                new += "_in"
            taken.add(new)
            found[name] = new
    return found


def _spell(code: int | None) -> object:
    return "" if code is None else str(code)


def _text(_scale: ScalePlan, value: Fraction | None, _answered: int) -> str:
    """All digits that the float has (`66.66666666666667`), a whole number without a point."""
    return "" if value is None else repr(float(value)).removesuffix(".0")


def _long_cells(scale: ScalePlan, value: Fraction | None, answered: int) -> tuple[str, ...]:
    return (
        scale.name,
        _text(scale, value, answered),
        reason_for(scale, answered) or "",
        band_of(scale, value) or "",
        str(answered),
        str(len(scale.parts)),
    )

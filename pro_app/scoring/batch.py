"""Scoring many responses at once, as fast as tables allow, with the values of `engine.score`.

A scale has few distinct answer patterns (EF: 5^4), so each pattern is scored once, exactly, and
then looked up. The work goes column by column, which keeps the inner loops out of Python code:
1. each cell becomes a packed integer: its code, plus `ONE` for being there; a blank is 0;
2. the packed integers of a scale are summed: the sum holds both the total and the count;
3. the sum is looked up in a table of results, which `engine.exact_value` fills as needed;
4. a scale made of scales does the same with its parts' exact values over a common denominator.
Steps 1-3 together are remembered per pattern of cells, up to `MOST_PATTERNS` of them, so memory
does not grow with the number of rows.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import islice
from math import lcm
from typing import Generic, TypeVar

from pro_app.scoring.engine import check_answer, exact_value, share
from pro_app.scoring.faults import NotAnAnswer
from pro_app.scoring.plan import ScalePlan, ScoringPlan

T = TypeVar("T")
Column = Sequence[object]
Encode = Callable[[ScalePlan, Fraction | None, int], T]
Spell = Callable[[int | None], object]

ONE = 1 << 40
MOST_PATTERNS = 1 << 14
CHUNK = 4096


class _Cells(dict[object, int]):
    """Packed integer by cell; what is no answer to the item is refused."""

    def __init__(self, plan: ScoringPlan, item: str, spell: Spell) -> None:
        super().__init__({spell(code): code + ONE for code in plan.answers[item]})
        self[spell(None)] = 0
        self._plan = plan
        self._item = item

    def __missing__(self, cell: object) -> int:
        raise NotAnAnswer(instrument=self._plan.instrument, item=self._item, value=repr(cell))


class _Patterns(dict[tuple[object, ...], int]):
    """Packed sum by the cells of one scale."""

    def __init__(self, cells: Sequence[_Cells]) -> None:
        super().__init__()
        self._cells = cells

    def __missing__(self, pattern: tuple[object, ...]) -> int:
        packed = sum(cells[cell] for cells, cell in zip(self._cells, pattern, strict=True))
        if len(self) < MOST_PATTERNS:
            self[pattern] = packed
        return packed


class _Results(dict[int, T]):
    """Result by packed sum, for one scale; the sum counts in units of 1 / `unit`."""

    def __init__(self, scale: ScalePlan, unit: int, encode: Encode[T]) -> None:
        super().__init__()
        self._scale = scale
        self._unit = unit
        self._encode = encode

    def exact(self, packed: int) -> Fraction | None:
        """The exact score that belongs to a packed sum."""
        count, total = divmod(packed, ONE)
        return exact_value(self._scale, count, Fraction(total, self._unit))

    def __missing__(self, packed: int) -> T:
        result = self._encode(self._scale, self.exact(packed), packed // ONE)
        self[packed] = result
        return result


class _Shares(dict[int, int]):
    """Packed share in a derived scale, by the packed sum of the part."""

    def __init__(self, derived: ScalePlan, part: str, unit: int, results: _Results[T]) -> None:
        super().__init__()
        self._derived = derived
        self._part = part
        self._unit = unit
        self._exact = results.exact

    def __missing__(self, packed: int) -> int:
        value = self._exact(packed)
        # The unit is a common multiple of all denominators, so the product is whole.
        found = 0 if value is None else ONE + int(share(self._derived, self._part, value) * self._unit)
        self[packed] = found
        return found


class Batch(Generic[T]):
    """Scores columns of cells by one plan.

    spell: how a code, or None, is written in a cell. Cells that are equal to one another must
      mean the same: give text, or check the types first as `score_rows` does.
    encode: makes the result out of scale, exact value (or None) and number of parts answered.
    """

    def __init__(self, plan: ScoringPlan, spell: Spell, encode: Encode[T]) -> None:
        self.items = tuple(plan.answers)
        self._cells = {item: _Cells(plan, item, spell) for item in self.items}
        self._steps: list[_Step[T]] = []
        units: dict[str, int] = {}
        results: dict[str, _Results[T]] = {}
        for scale in plan.scales:
            parts = scale.parts
            own = lcm(1, *(units[part] for part in scale.scales))
            table = results[scale.name] = _Results(scale, own, encode)
            units[scale.name] = own * _denominator(scale)
            shares = [_Shares(scale, part, own, results[part]) for part in scale.scales]
            cells = [self._cells[item] for item in scale.items]
            self._steps.append(_Step(scale.name, parts, shares, _Patterns(cells), table))

    def columns(self, columns: Sequence[Column]) -> list[list[T]]:
        """Score columns of equal length, one for each of `items`; a column of results per scale.

        Raises `NotAnAnswer` for some cell that is no answer; `first_fault` finds the first.
        """
        given = dict(zip(self.items, columns, strict=True))
        sums: dict[str, list[int]] = {}
        found: list[list[T]] = []
        for step in self._steps:
            packed = step.sums(given, sums)
            sums[step.name] = packed
            found.append(list(map(step.results.__getitem__, packed)))
        return found

    def first_fault(self, row: Sequence[object]) -> NotAnAnswer | None:
        """The first cell of a row (one cell for each of `items`) that is no answer."""
        for item, cell in zip(self.items, row, strict=True):
            try:
                self._cells[item][cell]
            except NotAnAnswer as fault:
                return fault
        return None


class _Step(Generic[T]):
    """One scale of a batch."""

    def __init__(
        self,
        name: str,
        parts: tuple[str, ...],
        shares: list[_Shares],
        patterns: _Patterns,
        results: _Results[T],
    ) -> None:
        self.name = name
        self.results = results
        self._parts = parts
        self._shares = shares
        self._patterns = patterns

    def sums(self, given: dict[str, Column], sums: dict[str, list[int]]) -> list[int]:
        """The packed sum of every row."""
        if not self._shares:
            return list(
                map(self._patterns.__getitem__, zip(*map(given.__getitem__, self._parts), strict=True))
            )
        shares = [
            map(table.__getitem__, sums[part]) for table, part in zip(self._shares, self._parts, strict=True)
        ]
        return list(map(sum, zip(*shares, strict=True)))


def _denominator(scale: ScalePlan) -> int:
    """A number that makes every possible score of the scale whole, beside the unit of its parts."""
    counts = lcm(*range(scale.minimum, len(scale.parts) + 1))
    return counts * (scale.high - scale.low) if scale.method == "linear" else counts


def _same(code: int | None) -> object:
    return code


def _float(_scale: ScalePlan, value: Fraction | None, _answered: int) -> float | None:
    return None if value is None else float(value)


def score_rows(plan: ScoringPlan, rows: Iterable[Sequence[int | None]]) -> Iterator[tuple[float | None, ...]]:
    """Score rows of codes, lazily.

    rows: for each response its codes (None = not answered), in the order of `plan.answers`.
    Yields the values (None = not computable) in the order of `plan.scales`.

    Raises `NotAnAnswer` at the first value that is no answer, and ValueError for a row of
    another length.
    """
    batch = Batch(plan, _same, _float)
    source = iter(rows)
    while chunk := list(islice(source, CHUNK)):
        columns = list(zip(*chunk, strict=True))
        _check_types(plan, chunk, columns)
        yield from zip(*batch.columns(columns), strict=True)


def _check_types(plan: ScoringPlan, chunk: Sequence[Sequence[int | None]], columns: Sequence[Column]) -> None:
    """True and 1.0 equal 1 and would be found in the tables: refuse them by their type."""
    if all(set(map(type, column)) <= {int, type(None)} for column in columns):
        return
    for row in chunk:  # pragma: no branch - one of them raises, or the types would have fitted
        for item, value in zip(plan.answers, row, strict=True):
            check_answer(plan, item, value)

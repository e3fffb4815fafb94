"""Scoring many responses at once, as fast as tables allow, with the values of `engine.score`.

1. Each cell becomes a packed integer: its code, plus `ONE` for being there; a blank is 0.
2. The packed integers of a scale are summed: the sum holds both the total and the count.
3. The sum is looked up in a table of results, which `engine.exact_value` fills as needed.
4. A scale made of scales does the same with their exact values over a common denominator.
5. Answers repeat: four items with four codes have 5^4 patterns. So small scales are put together
   into blocks for which steps 1-3 are remembered by the pattern of their cells.
The inner loops run over whole columns and so stay out of slow Python code. Every table has a
largest size by what it is keyed with, so memory does not grow with the number of rows.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import islice
from math import lcm, prod
from typing import Any, Generic, TypeVar

from pro_app.scoring.engine import check_answer, exact_value, share
from pro_app.scoring.faults import NotAnAnswer
from pro_app.scoring.plan import ScalePlan, ScoringPlan

T = TypeVar("T")
Column = Sequence[object]
Encode = Callable[[ScalePlan, Fraction | None, int], T]
Spell = Callable[[int | None], object]

ONE = 1 << 40
MOST_PATTERNS = 1 << 12
MOST_IN_A_BLOCK = 1 << 8
CHUNK = 2048


class Batch(Generic[T]):
    """Scores columns of cells by one plan.

    spell: how a code, or None, is written in a cell. Cells that are equal to one another must
      mean the same: give text, or check the types first as `score_rows` does.
    encode: makes the result out of scale, exact value (or None) and number of parts answered.
    """

    def __init__(self, plan: ScoringPlan, spell: Spell, encode: Encode[T]) -> None:
        self.items = tuple(plan.answers)
        self._cells = {item: _Cells(plan, item, spell) for item in self.items}
        self._names = plan.names
        self._derived = [scale for scale in plan.scales if scale.scales]
        self._results = _all_results(plan, encode)
        self._blocks = [self._block(plan, scales) for scales in _in_blocks(plan)]

    def columns(self, columns: Sequence[Column]) -> list[list[T]]:
        """Score columns of equal length, one for each of `items`; gives a column of results per scale.

        Raises `NotAnAnswer` for some cell that is no answer; `first_fault` finds the first.
        """
        given = dict(zip(self.items, columns, strict=True))
        found: dict[str, list[T]] = {}
        shares: dict[str, list[Iterable[int]]] = {scale.name: [] for scale in self._derived}
        for block in self._blocks:
            made = block.columns(given)
            found.update(zip(block.names, made, strict=False))
            for name, column in zip(shares, made[len(block.names) :], strict=True):
                shares[name].append(column)
        for scale in self._derived:
            sums = list(map(sum, zip(*shares[scale.name], strict=True)))
            found[scale.name] = list(map(self._results[scale.name].__getitem__, sums))
            for above in self._derived:
                if scale.name in above.scales:
                    table = self._results[scale.name].shares[above.name]
                    shares[above.name].append(map(table.__getitem__, sums))
        return [found[name] for name in self._names]

    def _block(self, plan: ScoringPlan, scales: list[ScalePlan]) -> "_Patterns | _Sums":
        sums = _Sums(scales, self._cells, self._results, [scale.name for scale in self._derived])
        return _Patterns(sums) if _patterns(plan, scales) <= MOST_PATTERNS else sums

    def first_fault(self, row: Sequence[object]) -> NotAnAnswer | None:
        """The first cell of a row (one cell for each of `items`) that is no answer."""
        for item, cell in zip(self.items, row, strict=True):
            try:
                self._cells[item][cell]
            except NotAnAnswer as fault:
                return fault
        return None


class _Cells(dict[object, int]):
    """Packed integer by cell; what is no answer to the item is refused."""

    def __init__(self, plan: ScoringPlan, item: str, spell: Spell) -> None:
        super().__init__({spell(code): code + ONE for code in plan.answers[item]})
        self[spell(None)] = 0
        self._plan = plan
        self._item = item

    def __missing__(self, cell: object) -> int:
        raise NotAnAnswer(instrument=self._plan.instrument, item=self._item, value=repr(cell))


class _Results(dict[int, T]):
    """Result by packed sum, for one scale; the sum counts in units of 1 / `unit`.

    shares: for each scale that this one is a part of, the packed share in it by packed sum.
    """

    def __init__(self, scale: ScalePlan, unit: int, encode: Encode[T]) -> None:
        super().__init__()
        self.unit = unit
        self.shares: dict[str, _Shares] = {}
        self._scale = scale
        self._encode = encode

    def exact(self, packed: int) -> Fraction | None:
        """The exact score that belongs to a packed sum."""
        count, total = divmod(packed, ONE)
        return exact_value(self._scale, count, Fraction(total, self.unit))

    def __missing__(self, packed: int) -> T:
        result = self._encode(self._scale, self.exact(packed), packed // ONE)
        self[packed] = result
        return result


class _Shares(dict[int, int]):
    """Packed share in a derived scale, by the packed sum of the part."""

    def __init__(self, derived: ScalePlan, part: str, unit: int, results: _Results[Any]) -> None:
        super().__init__()
        self._derived = derived
        self._part = part
        self._unit = unit
        self._results = results

    def __missing__(self, packed: int) -> int:
        value = self._results.exact(packed)
        # The unit is a common multiple of all denominators, so the product is whole.
        found = 0 if value is None else ONE + int(share(self._derived, self._part, value) * self._unit)
        self[packed] = found
        return found


class _Sums:
    """Neighbouring scales scored by their sums; for a scale with too many patterns to remember.

    `columns` gives the results of each scale, and then the packed shares in each derived scale.
    """

    def __init__(
        self,
        scales: Sequence[ScalePlan],
        cells: dict[str, _Cells],
        results: dict[str, _Results[Any]],
        derived: Sequence[str],
    ) -> None:
        self.names = [scale.name for scale in scales]
        self.items = list(dict.fromkeys(item for scale in scales for item in scale.items))
        self._places = [[self.items.index(item) for item in scale.items] for scale in scales]
        self._cells = [cells[item] for item in self.items]
        self._results = [results[name] for name in self.names]
        self._derived = derived
        self.width = len(scales) + len(derived)

    def columns(self, given: dict[str, Column]) -> list[list[Any]]:
        packed = [
            list(map(cells.__getitem__, given[item]))
            for cells, item in zip(self._cells, self.items, strict=True)
        ]
        sums = [
            list(map(sum, zip(*(packed[place] for place in places), strict=True))) for places in self._places
        ]
        found = [
            list(map(results.__getitem__, each)) for results, each in zip(self._results, sums, strict=True)
        ]
        nothing = [0] * len(found[0])
        for name in self._derived:
            tables = [
                map(results.shares[name].__getitem__, each)
                for results, each in zip(self._results, sums, strict=True)
                if name in results.shares
            ]
            found.append(list(map(sum, zip(*tables, strict=True))) if tables else nothing)
        return found


class _Patterns(dict[tuple[object, ...], tuple[Any, ...]]):
    """The same, remembered by the pattern of the cells."""

    def __init__(self, sums: _Sums) -> None:
        super().__init__()
        self.names = sums.names
        self._sums = sums

    def columns(self, given: dict[str, Column]) -> list[list[Any]]:
        patterns = zip(*map(given.__getitem__, self._sums.items), strict=True)
        entries = list(map(self.__getitem__, patterns))
        return [[entry[place] for entry in entries] for place in range(self._sums.width)]

    def __missing__(self, pattern: tuple[object, ...]) -> tuple[Any, ...]:
        one_row: dict[str, Column] = {
            item: (cell,) for item, cell in zip(self._sums.items, pattern, strict=True)
        }
        entry = self[pattern] = tuple(column[0] for column in self._sums.columns(one_row))
        return entry


def _all_results(plan: ScoringPlan, encode: Encode[T]) -> dict[str, _Results[T]]:
    """A table of results for each scale, and its shares in the scales that come after it."""
    found: dict[str, _Results[T]] = {}
    denominators: dict[str, int] = {}
    for scale in plan.scales:
        unit = lcm(1, *(denominators[part] for part in scale.scales))
        denominators[scale.name] = unit * _denominator(scale)
        found[scale.name] = _Results(scale, unit, encode)
        for part in scale.scales:
            found[part].shares[scale.name] = _Shares(scale, part, unit, found[part])
    return found


def _denominator(scale: ScalePlan) -> int:
    """A number that makes every possible score of the scale whole, beside the unit of its parts."""
    counts = lcm(*range(scale.minimum, len(scale.parts) + 1))
    return counts * (scale.high - scale.low) if scale.method == "linear" else counts


def _patterns(plan: ScoringPlan, scales: Iterable[ScalePlan]) -> int:
    """How many patterns of cells the items of the scales can have together."""
    return prod(len(plan.answers[item]) + 1 for item in {item for scale in scales for item in scale.items})


def _in_blocks(plan: ScoringPlan) -> list[list[ScalePlan]]:
    """The scales made of items, in order; neighbours together as long as their patterns are few."""
    blocks: list[list[ScalePlan]] = []
    for scale in plan.scales:
        if scale.scales:
            continue
        if blocks and _patterns(plan, [*blocks[-1], scale]) <= MOST_IN_A_BLOCK:
            blocks[-1].append(scale)
        else:
            blocks.append([scale])
    return blocks


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

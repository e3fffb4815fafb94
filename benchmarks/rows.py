"""One row of the table: a figure, what it is measured against, and the target it has."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A measured figure. `floor` is what was measured beside it in the same run; `ratio` is value / floor.

    `target` is the most (or, with `at_least`, the least) that `judged` may be; `judged` is the ratio when
    there is a floor, else the value.
    """

    name: str
    value: float
    unit: str
    floor: float | None = None
    floor_name: str = ""
    target: float | None = None
    at_least: bool = False

    @property
    def ratio(self) -> float | None:
        return None if self.floor is None else self.value / self.floor

    @property
    def judged(self) -> float:
        return self.value if self.ratio is None else self.ratio

    @property
    def met(self) -> bool | None:
        if self.target is None:
            return None
        return self.judged >= self.target if self.at_least else self.judged <= self.target

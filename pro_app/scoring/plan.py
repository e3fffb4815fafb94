"""How an instrument is scored, as data: what the definition file says, checked and frozen.

A plan holds no wording and no formulas in words; `engine` carries it out. Every scale is one
of four methods, so an instrument whose scales fit them needs no Python of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Method = Literal["mean", "sum", "linear", "mean_of_scales"]
Better = Literal["high", "low"]


@dataclass(frozen=True, slots=True)
class Band:
    """A named class of a score, both ends included; only whole-number scores have a class."""

    code: str
    low: int
    high: int
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class ScalePlan:
    """One scale.

    name: the SAS-style name, e.g. `PF2`.
    method: `mean` = mean of the answered items; `sum` = their sum (with `prorate`, the mean of
      the answered items times the number of items); `linear` = (mean - low) / (high - low) x 100,
      or 100 minus that with `reverse`; `mean_of_scales` = mean of other scales, each of
      `reversed_scales` put in as 100 minus its value.
    items: the item ids (for `mean_of_scales`: empty, and `scales` holds the names).
    minimum: the number of items (or scales) that must be there, 1..len.
    low, high: the lowest and the highest answer code of every item of the scale.
    range: lowest and highest value the score can take.
    better: whether a high or a low value is the good one.
    provisional: the source itself calls the scale provisional.
    """

    name: str
    method: Method
    items: tuple[str, ...]
    minimum: int
    low: int
    high: int
    range: tuple[int, int]
    better: Better
    source: str
    scales: tuple[str, ...] = ()
    reversed_scales: tuple[str, ...] = ()
    reverse: bool = False
    prorate: bool = False
    provisional: bool = False
    note: str = ""
    bands: tuple[Band, ...] = ()
    codes: Mapping[str, str] = field(default_factory=dict)

    @property
    def parts(self) -> tuple[str, ...]:
        """What the score is made of: item ids, or scale names for a derived score."""
        return self.scales or self.items


@dataclass(frozen=True, slots=True, eq=False)
class ScoringPlan:
    """All scales of one version of an instrument, in the order in which they are reported.

    answers: for every scored item its answer codes. An item that is not in here is foreign.
    algorithm: names this plan among its successors; a changed rule needs a new name.
    citation: the publication of the rules.
    """

    instrument: str
    version: str
    algorithm: str
    citation: str
    answers: Mapping[str, tuple[int, ...]]
    scales: tuple[ScalePlan, ...]

    def scale(self, name: str) -> ScalePlan:
        """The scale called `name`; KeyError when there is none."""
        for scale in self.scales:
            if scale.name == name:
                return scale
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the scales, in order."""
        return tuple(scale.name for scale in self.scales)

"""The plans under test, read once from the files that ship."""

from functools import cache

from pro_app.config import ROOT
from pro_app.instruments.catalogue import load_instrument
from pro_app.instruments.definition import Instrument
from pro_app.scoring.plan import ScalePlan, ScoringPlan


@cache
def instrument(name: str) -> Instrument:
    """One of the instruments that ship."""
    return load_instrument(ROOT / "questionnaires", name)


def plan(name: str) -> ScoringPlan:
    """Its scoring."""
    return instrument(name).scoring


def scale(**changes: object) -> ScalePlan:
    """A scale of three items with the codes 1-4 that needs two, changed as asked."""
    values: dict[str, object] = {
        "name": "S",
        "method": "mean",
        "items": ("a", "b", "c"),
        "minimum": 2,
        "low": 1,
        "high": 4,
        "range": (1, 4),
        "better": "low",
        "source": "us",
    }
    return ScalePlan(**{**values, **changes})  # type: ignore[arg-type]


def small_plan(*scales: ScalePlan) -> ScoringPlan:
    """A plan of items a, b, c with the codes 1-4."""
    codes = (1, 2, 3, 4)
    return ScoringPlan("small", "1", "small/1", "us", {"a": codes, "b": codes, "c": codes}, scales)

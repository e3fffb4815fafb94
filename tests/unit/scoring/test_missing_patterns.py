"""Every way to leave out items of a scale, for every scale of every instrument that ships."""

from fractions import Fraction
from itertools import combinations

import pytest

from pro_app.scoring.engine import score
from pro_app.scoring.plan import ScalePlan
from tests.unit.scoring.plans import plan

SCALES = [
    (name, scale)
    for name in ("qlq-c30", "bpi-sf", "phq-9")
    for scale in plan(name).scales
    if not scale.scales
]
# The minimum each scale needs, from the manuals and not from our files.
NEEDED = {
    **{"QL2": 1, "PF2": 3, "RF2": 1, "EF": 2, "CF": 1, "SF": 1, "FA": 2, "NV": 1, "PA": 1},
    **dict.fromkeys(("DY", "SL", "AP", "CO", "DI", "FI"), 1),
    **{"SEVERITY": 4, "INTERFERENCE": 4, "WORST": 1, "AFFECTIVE": 3, "ACTIVITY": 4, "PHQ9": 9},
}


@pytest.mark.parametrize(("name", "scale"), SCALES, ids=[scale.name for _, scale in SCALES])
def test_a_scale_is_scored_exactly_when_enough_items_are_answered(name: str, scale: ScalePlan) -> None:
    codes = plan(name).answers
    for count in range(len(scale.items) + 1):
        for answered in combinations(scale.items, count):
            # A different code for every item, so that a wrong divisor or a wrong item shows.
            answers = {item: codes[item][place % len(codes[item])] for place, item in enumerate(answered)}
            line = score(plan(name), answers).scores[scale.name]
            assert line.used == answered
            assert set(line.used) | set(line.missing) == set(scale.items)
            if count < NEEDED[scale.name]:
                assert (line.value, line.reason) == (None, "too_few_answered" if count else "none_answered")
            else:
                assert line.reason is None
                assert line.value == pytest.approx(_by_hand(scale, list(answers.values())), abs=1e-9)


def _by_hand(scale: ScalePlan, values: list[int]) -> float:
    mean = Fraction(sum(values), len(values))
    if scale.name in ("PF2", "RF2", "EF", "CF", "SF"):
        return float((1 - (mean - 1) / 3) * 100)
    if scale.name == "QL2":
        return float((mean - 1) / 6 * 100)
    if scale.name == "PHQ9":
        return float(sum(values))
    return float(mean if scale.method == "mean" else (mean - 1) / 3 * 100)


def test_the_half_rule_holds_for_every_scale_of_the_c30() -> None:
    for scale in plan("qlq-c30").scales[:-1]:
        assert scale.minimum == next(n for n in range(1, 9) if 2 * n >= len(scale.items))

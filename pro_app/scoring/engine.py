"""Scores of one response, by the plan, in exact arithmetic.

Steps, for each scale:
1. Refuse what is not one of the item's codes: 17, 2.5, "3" and true are errors that name the
   item and the value.
2. Count the answered items. None: reason `none_answered`; fewer than the plan's minimum:
   reason `too_few_answered`.
3. Take the mean of the answered items (never of all items), as a fraction.
4. Apply the plan's method. `mean`: the mean. `sum`: the sum, or mean x number of items with
   `prorate`. `linear`: (mean - low) / (high - low) x 100, or 100 minus that with `reverse`.
5. `mean_of_scales`: the mean of the named scales, 100 - value for the reversed ones; fewer than
   the minimum there: reason `scale_missing`.
6. Turn the fraction into the nearest float, once. So the order of items can't matter.

Sources: EORTC QLQ-C30 Scoring Manual, 3rd edition (Fayers et al. 2001); Giesinger et al. 2016
(summary score); BPI User Guide (Cleeland 2009). Each scale of a plan carries its own.
"""

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from math import lcm

from pro_app.scoring.faults import ForeignItem, NotAnAnswer, OtherInstrument
from pro_app.scoring.plan import ScalePlan, ScoringPlan
from pro_app.scoring.result import (
    NONE_ANSWERED,
    SCALE_MISSING,
    TOO_FEW_ANSWERED,
    ScaleScore,
    ScoreSheet,
)


def score(
    plan: ScoringPlan,
    answers: Mapping[str, int | None],
    *,
    instrument: str | None = None,
    version: str | None = None,
) -> ScoreSheet:
    """Score one response.

    answers: item id -> code, or None for an item without an answer; an item that is left out
      counts as not answered.
    instrument, version: what the answers were given to, when known; checked against the plan.

    Raises `NotAnAnswer`, `ForeignItem` or `OtherInstrument`; each names what is wrong.
    """
    check_identity(plan, instrument, version)
    check_answers(plan, answers)
    lines: dict[str, ScaleScore] = {}
    exact: dict[str, Fraction | None] = {}
    for scale in plan.scales:
        if scale.scales:
            values = tuple(exact[part] for part in scale.scales)
            lines[scale.name], exact[scale.name] = _score(scale, values)
        else:
            codes = tuple(map(answers.get, scale.items))
            lines[scale.name], exact[scale.name] = _remembered(scale, codes)
    return ScoreSheet(plan.instrument, plan.version, plan.algorithm, plan.citation, lines)


def _score(scale: ScalePlan, values: tuple[int | Fraction | None, ...]) -> tuple[ScaleScore, Fraction | None]:
    """Steps 2-6 for one scale; `values` belong to its parts, one for each."""
    given = list(zip(scale.parts, values, strict=True))
    answered = [(part, each) for part, each in given if each is not None]
    value = exact_value(scale, len(answered), _total(scale, answered))
    line = ScaleScore(
        scale=scale.name,
        value=None if value is None else float(value),
        reason=reason_for(scale, len(answered)),
        used=tuple(part for part, each in given if each is not None),
        missing=tuple(part for part, each in given if each is None),
        band=band_of(scale, value),
    )
    return line, value


# Answers repeat: most patterns of a scale have been scored before. Only for codes that were checked:
# a key of True would find what 1 left behind.
_remembered = lru_cache(maxsize=1 << 14)(_score)


def _total(scale: ScalePlan, answered: list[tuple[str, int | Fraction]]) -> Fraction:
    """The exact sum of what `share` gives for each part, over one common denominator: adding and taking away
    fractions one by one costs ten times as much."""
    unit, total = lcm(*[value.denominator for _, value in answered]), 0
    for part, value in answered:
        over_unit = value.numerator * (unit // value.denominator)
        total += 100 * unit - over_unit if part in scale.reversed_scales else over_unit
    return Fraction(total, unit)


def check_identity(plan: ScoringPlan, instrument: str | None, version: str | None) -> None:
    """Raise `OtherInstrument` unless the names given (None = unknown) are the plan's."""
    asked = (instrument or plan.instrument, version or plan.version)
    if asked != (plan.instrument, plan.version):
        raise OtherInstrument(instrument=plan.instrument, version=plan.version, other=" ".join(asked))


def check_answers(plan: ScoringPlan, answers: Mapping[str, int | None]) -> None:
    """Raise `ForeignItem` or `NotAnAnswer` at the first answer that can't be one."""
    known = plan.answers
    for item, value in answers.items():
        if item not in known or (value is not None and (type(value) is not int or value not in known[item])):
            check_answer(plan, item, value)


def check_answer(plan: ScoringPlan, item: str, value: object) -> None:
    """Raise unless `value` is None or an int (not a bool) among the codes of `item`."""
    codes = plan.answers.get(item)
    if codes is None:
        raise ForeignItem(instrument=plan.instrument, item=item, value=repr(value))
    if value is not None and (type(value) is not int or value not in codes):
        raise NotAnAnswer(instrument=plan.instrument, item=item, value=repr(value))


def share(scale: ScalePlan, part: str, value: int | Fraction) -> int | Fraction:
    """What a part puts into the sum of its scale: its value, or 100 - value when it is reversed."""
    return 100 - value if part in scale.reversed_scales else value


def exact_value(scale: ScalePlan, answered: int, total: Fraction) -> Fraction | None:
    """The score as an exact fraction, or None when too little is there.

    answered: how many parts have a value. total: the sum of their shares.
    """
    if answered < scale.minimum:
        return None
    mean = total / answered
    if scale.method == "linear":
        upward = (mean - scale.low) / (scale.high - scale.low) * 100
        return 100 - upward if scale.reverse else upward
    if scale.method == "sum":
        return mean * len(scale.items) if scale.prorate else total
    return mean


def reason_for(scale: ScalePlan, answered: int) -> str | None:
    """Why a scale with `answered` parts has no score; None when it has one."""
    if answered >= scale.minimum:
        return None
    if scale.scales:
        return SCALE_MISSING
    return TOO_FEW_ANSWERED if answered else NONE_ANSWERED


def band_of(scale: ScalePlan, value: Fraction | None) -> str | None:
    """The class of a whole-number score; a score between whole numbers has no class."""
    if value is None or value.denominator != 1:
        return None
    return next((band.code for band in scale.bands if band.low <= value <= band.high), None)

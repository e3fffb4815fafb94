"""Which scores staff must look at once, by the rules of the study file: pure, and told all it needs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pro_app.instruments.definition import Instrument
from pro_app.instruments.meaning import important
from pro_app.schedule.attention_file import Scored
from pro_app.schedule.outreach import AlertRule
from pro_app.scoring.result import ScaleScore

Scores = Mapping[str, ScaleScore]


@dataclass(frozen=True, slots=True)
class Alarm:
    """One score that a rule points at. `compared`: the threshold, or for a rise the value before."""

    rule: str
    scale: str
    value: float
    compared: float


def scored(instruments: Mapping[str, Instrument]) -> Scored:
    """What a study file's alerts may name."""
    return {
        name: {
            scale.name: any(one.scale == scale.name for one in instrument.thresholds)
            for scale in instrument.scoring.scales
        }
        for name, instrument in instruments.items()
    }


def must_know_before(rules: Iterable[AlertRule], instrument: Instrument, scores: Scores) -> frozenset[str]:
    """The scales whose value at the visit before decides: none when no score can have risen that far."""
    return frozenset(
        scale
        for rule in _rising(rules, instrument)
        for scale, value in _values(rule, scores)
        if value - min(instrument.scoring.scale(scale).range) >= (rule.value or 0)
    )


def alarms(
    rules: Iterable[AlertRule], instrument: Instrument, scores: Scores, before: Mapping[str, float]
) -> tuple[Alarm, ...]:
    """What one response sets off. `before`: scale -> its value at the visit before, where there is one.

    A score that can't be computed sets off nothing: it is no number that could be compared.
    """
    found = []
    for rule in rules:
        if rule.instrument != instrument.id:
            continue
        for scale, value in _values(rule, scores):
            compared = _compared(rule, instrument, scale, value, before)
            if compared is not None:
                found.append(Alarm(rule.id, scale, value, compared))
    return tuple(found)


def _rising(rules: Iterable[AlertRule], instrument: Instrument) -> list[AlertRule]:
    return [rule for rule in rules if rule.kind == "rise" and rule.instrument == instrument.id]


def _values(rule: AlertRule, scores: Scores) -> list[tuple[str, float]]:
    """The scales that the rule looks at and that have a value; no scales means all."""
    return [
        (name, score.value)
        for name, score in scores.items()
        if score.value is not None and (name in rule.scales or not rule.scales)
    ]


def _compared(
    rule: AlertRule, instrument: Instrument, scale: str, value: float, before: Mapping[str, float]
) -> float | None:
    """What the value is compared with when the rule points at it, else None."""
    if rule.kind == "threshold":
        threshold = important(instrument, scale, value)
        return threshold.value if threshold else None
    limit = rule.value or 0.0
    if rule.kind == "at_least":
        return limit if value >= limit else None
    former = before.get(scale)
    # Scores are exact to the last bits only: a rise of 2 must not fail for 1.9999999999.
    return former if former is not None and round(value - former, 9) >= limit else None

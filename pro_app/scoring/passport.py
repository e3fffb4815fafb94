"""The passport of a score: its arithmetic step by step, so that anybody can do it again by hand.

Pure data, made from the same answers and the same plan as the score itself; the page and the
JSON only show it. `differences` compares what is stored with what comes out now.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction

from pro_app.scoring.engine import exact_value, score, share
from pro_app.scoring.plan import ScalePlan, ScoringPlan
from pro_app.scoring.result import ScaleScore, ScoreSheet

# Two doubles that differ by less came from the same fraction by different roundings.
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Part:
    """What one item (or one scale of a derived score) put in.

    value: the answer's code, or the scale's exact value as a fraction; None when there is none.
    share: what went into the sum; 100 - value for a reversed scale.
    """

    name: str
    value: str | None
    share: str | None


@dataclass(frozen=True, slots=True)
class Steps:
    """One scale, computed by hand.

    sum, mean: exact, as fractions (`7/3`), None when nothing was answered. formula: the
    transformation with its numbers put in, e.g. `(1 - (7/3 - 1) / 3) x 100`. exact: the result as
    a fraction; value: the float nearest to it. minimum: how many parts the scale needs.
    """

    scale: str
    method: str
    parts: tuple[Part, ...]
    answered: int
    minimum: int
    sum: str | None
    mean: str | None
    formula: str | None
    exact: str | None
    value: float | None
    reason: str | None
    band: str | None
    better: str
    range: tuple[int, int]
    provisional: bool
    source: str
    note: str


@dataclass(frozen=True, slots=True)
class Passport:
    """All scores of one response with everything needed to repeat them."""

    instrument: str
    version: str
    algorithm: str
    citation: str
    language: str
    pack: str
    answers_hash: str
    scales: tuple[Steps, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """A stored score that is not what comes out now; None = not computable, or not there."""

    scale: str
    stored: float | None
    stored_reason: str | None
    computed: float | None
    computed_reason: str | None


def passport(
    plan: ScoringPlan,
    answers: Mapping[str, int | None],
    *,
    language: str,
    pack: str,
    answers_hash: str,
) -> Passport:
    """The passport of one response.

    answers: as for `engine.score`. pack: the hash of the wording it was answered in.
    answers_hash: the content hash of the response.

    Raises what `engine.score` raises.
    """
    sheet = score(plan, answers)
    exact: dict[str, Fraction] = {}
    steps = []
    for scale in plan.scales:
        given: Mapping[str, int | Fraction | None] = exact if scale.scales else answers
        step, value = _steps(scale, given, sheet.scores[scale.name])
        steps.append(step)
        if value is not None:
            exact[scale.name] = value
    return Passport(
        instrument=plan.instrument,
        version=plan.version,
        algorithm=plan.algorithm,
        citation=plan.citation,
        language=language,
        pack=pack,
        answers_hash=answers_hash,
        scales=tuple(steps),
    )


def as_json(made: Passport) -> str:
    """The passport as JSON; the same passport gives the same text."""
    return json.dumps(asdict(made), ensure_ascii=False, indent=2, sort_keys=True)


def differences(stored: Iterable[ScaleScore], computed: ScoreSheet) -> list[Difference]:
    """Every scale whose stored score is not what was computed: value, reason, or being there at all.

    Both must come from the same algorithm version; a newer one gives scores of its own.
    """
    found = []
    kept = {line.scale: line for line in stored}
    for name in dict.fromkeys([*computed.scores, *kept]):
        old, new = kept.get(name), computed.scores.get(name)
        if old is None or new is None or not _same(old, new):
            found.append(
                Difference(
                    scale=name,
                    stored=old.value if old else None,
                    stored_reason=old.reason if old else "not_stored",
                    computed=new.value if new else None,
                    computed_reason=new.reason if new else "not_defined",
                )
            )
    return found


def _same(old: ScaleScore, new: ScaleScore) -> bool:
    if old.value is None or new.value is None:
        return old.value is None and new.value is None and old.reason == new.reason
    return abs(old.value - new.value) <= TOLERANCE


def _steps(
    scale: ScalePlan, given: Mapping[str, int | Fraction | None], line: ScaleScore
) -> tuple[Steps, Fraction | None]:
    parts, total = [], Fraction(0)
    for name in scale.parts:
        value = given.get(name)
        put_in = None if value is None else share(scale, name, value)
        total += put_in or 0
        parts.append(Part(name, _text(value), _text(put_in)))
    answered = len(line.used)
    mean = total / answered if answered else None
    value = exact_value(scale, answered, total)
    steps = Steps(
        scale=scale.name,
        method=scale.method,
        parts=tuple(parts),
        answered=answered,
        minimum=scale.minimum,
        sum=_text(total) if answered else None,
        mean=_text(mean),
        formula=None if value is None or mean is None else _formula(scale, total, mean),
        exact=_text(value),
        value=line.value,
        reason=line.reason,
        band=line.band,
        better=scale.better,
        range=scale.range,
        provisional=scale.provisional,
        source=scale.source,
        note=scale.note,
    )
    return steps, value


def _formula(scale: ScalePlan, total: Fraction, mean: Fraction) -> str:
    if scale.method == "sum":
        return f"{mean} x {len(scale.items)}" if scale.prorate else f"{total}"
    if scale.method == "linear":
        part = f"({mean} - {scale.low}) / {scale.high - scale.low}"
        return f"(1 - {part}) x 100" if scale.reverse else f"{part} x 100"
    return f"{mean}"


def _text(value: int | Fraction | None) -> str | None:
    return None if value is None else str(value)

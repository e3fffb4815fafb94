"""A score over time: how far it has come since the first one, and whether that matters by the sources.

Nothing is judged here that the definition does not say: a scale without published changes has none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pro_app.instruments.definition import Change, Instrument, Threshold
from pro_app.instruments.meaning import changes, is_beyond
from pro_app.scoring.plan import ScalePlan
from pro_app.scoring.result import ScaleScore


@dataclass(frozen=True, slots=True)
class Since:
    """From the first timepoint's value to the latest.

    points: the difference. percent: of the first value, None when that is 0. better: whether the patient's
    state is better, None when nothing changed. matters: the published sizes it reaches, each with its source.
    """

    first: str
    last: str
    points: float
    percent: float | None
    better: bool | None
    matters: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Trend:
    """One scale. `results` holds a result, or None where no response came, for each of `timepoints`."""

    scale: ScalePlan
    threshold: Threshold | None
    timepoints: tuple[str, ...]
    results: tuple[ScaleScore | None, ...]
    since: Since | None

    def important(self, value: float | None) -> bool:
        """Whether `value` lies beyond the threshold of clinical importance."""
        return value is not None and self.threshold is not None and is_beyond(self.threshold, value)

    @property
    def values(self) -> tuple[float | None, ...]:
        return tuple(result.value if result else None for result in self.results)


def trends(
    instrument: Instrument, timepoints: Sequence[str], scores: Mapping[str, Mapping[str, ScaleScore]]
) -> tuple[Trend, ...]:
    """Every scale of `instrument` over `timepoints`; `scores` is timepoint -> scale name -> result."""
    return tuple(_trend(instrument, scale, tuple(timepoints), scores) for scale in instrument.scoring.scales)


def _trend(
    instrument: Instrument,
    scale: ScalePlan,
    timepoints: tuple[str, ...],
    scores: Mapping[str, Mapping[str, ScaleScore]],
) -> Trend:
    results = tuple(scores.get(timepoint, {}).get(scale.name) for timepoint in timepoints)
    threshold = next((one for one in instrument.thresholds if one.scale == scale.name), None)
    return Trend(scale, threshold, timepoints, results, _since(instrument, scale, timepoints, results))


def _since(
    instrument: Instrument,
    scale: ScalePlan,
    timepoints: tuple[str, ...],
    results: tuple[ScaleScore | None, ...],
) -> Since | None:
    """None unless the first timepoint and a later one have a value: a later start is no baseline."""
    values = [
        (timepoint, result.value)
        for timepoint, result in zip(timepoints, results, strict=True)
        if result is not None and result.value is not None
    ]
    if len(values) < 2 or values[0][0] != timepoints[0]:
        return None
    (first, start), (last, end) = values[0], values[-1]
    points = end - start
    percent = points / start * 100 if start else None
    better = None if points == 0 else (points > 0) == (scale.better == "high")
    return Since(first, last, points, percent, better, changes(instrument, scale.name, start, end))

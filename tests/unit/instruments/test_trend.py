"""A scale over time: the change since the first timepoint, or nothing to say."""

from pro_app.instruments.trend import Trend, trends
from pro_app.scoring.result import ScaleScore
from tests.unit.instruments.builders import shipped

TIMES = ("baseline", "2w", "1m")


def _trend(instrument: str, scale: str, *values: float | None) -> Trend:
    scores = {
        timepoint: {scale: ScaleScore(scale, value, None if value is not None else "none_answered", (), ())}
        for timepoint, value in zip(TIMES, values, strict=False)
    }
    found = trends(shipped().instrument(instrument), TIMES, scores)
    return next(trend for trend in found if trend.scale.name == scale)


def test_every_scale_has_a_trend_with_a_place_for_each_timepoint() -> None:
    found = trends(shipped().instrument("bpi-sf"), TIMES, {})
    assert [trend.scale.name for trend in found] == list(shipped().instrument("bpi-sf").scoring.names)
    assert {trend.values for trend in found} == {(None, None, None)}
    assert {trend.since for trend in found} == {None}


def test_falling_pain_is_better_and_by_how_much() -> None:
    since = _trend("bpi-sf", "WORST", 8.0, None, 4.0).since
    assert since is not None
    assert (since.first, since.last, since.points, since.percent, since.better) == (
        "baseline",
        "1m",
        -4.0,
        -50.0,
        True,
    )
    assert {change.size for change in since.matters} == {"important", "substantial"}


def test_without_a_first_value_or_a_later_one_there_is_no_change() -> None:
    assert _trend("bpi-sf", "WORST", None, 5.0, 4.0).since is None
    assert _trend("bpi-sf", "WORST", 5.0).since is None


def test_from_nothing_there_is_no_percentage_and_from_the_same_no_better() -> None:
    since = _trend("bpi-sf", "WORST", 0.0, 3.0).since
    assert since is not None
    assert (since.percent, since.better) == (None, False)
    same = _trend("bpi-sf", "WORST", 3.0, 3.0).since
    assert same is not None
    assert (same.better, same.matters) == (None, ())


def test_a_value_beyond_the_threshold_is_important() -> None:
    trend = _trend("qlq-c30", "PF2", 80.0)
    assert [trend.important(value) for value in (80.0, 83.0, None)] == [True, False, False]
    assert not _trend("qlq-c30", "QL2", 0.0).important(0.0)

"""What a change means, by the definitions' own sources."""

import pytest

from pro_app.instruments.trend import Trend, trends
from pro_app.scoring.result import TOO_FEW_ANSWERED, ScaleScore
from tests.integration.clinic.people import the_catalogue

VISITS = ("baseline", "2w", "1m")
CATALOGUE = the_catalogue()


def trend_of(instrument: str, scale: str, *values: float | None) -> Trend:
    """The trend of one scale over the first visits; None is a visit whose score can't be computed."""
    scores = {
        visit: {scale: ScaleScore(scale, value, None if value is not None else TOO_FEW_ANSWERED, (), ())}
        for visit, value in zip(VISITS, values, strict=False)
    }
    found = trends(CATALOGUE.instrument(instrument), VISITS, scores)
    return next(trend for trend in found if trend.scale.name == scale)


def sizes(trend: Trend) -> set[tuple[str, str]]:
    assert trend.since is not None
    return {(change.size, change.source.split()[0]) for change in trend.since.matters}


def test_five_points_less_worst_pain_is_important_and_substantial() -> None:
    trend = trend_of("bpi-sf", "WORST", 8, 4, 3)
    assert trend.since is not None
    assert (trend.since.points, trend.since.percent, trend.since.better) == (-5, -62.5, True)
    assert sizes(trend) == {("important", "Mathias"), ("substantial", "Dworkin")}


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (10, 9, set()),
        (10, 8, {("important", "Mathias")}),
        (10, 7, {("important", "Mathias"), ("moderate", "Dworkin")}),
        (10, 5, {("important", "Mathias"), ("substantial", "Dworkin")}),
        (5, 7, {("important", "Mathias")}),
        (5, 10, {("important", "Mathias")}),
        (0, 3, {("important", "Mathias")}),
    ],
)
def test_percentages_count_for_improvement_only_and_need_a_first_value(
    first: float, last: float, expected: set[tuple[str, str]]
) -> None:
    assert sizes(trend_of("bpi-sf", "WORST", first, last)) == expected


@pytest.mark.parametrize(
    ("change", "size"), [(4.9, None), (5, "small"), (10, "moderate"), (20, "moderate"), (20.1, "large")]
)
@pytest.mark.parametrize("sign", [1, -1])
def test_global_health_changes_by_osobas_sizes_in_both_directions(
    change: float, size: str | None, sign: int
) -> None:
    trend = trend_of("qlq-c30", "QL2", 50, 50 + sign * change)
    assert trend.since is not None
    assert trend.since.better is (sign > 0)
    assert sizes(trend) == ({(size, "Osoba")} if size else set())


def test_without_a_first_value_there_is_no_baseline_to_compare_with() -> None:
    assert trend_of("bpi-sf", "WORST", None, 5, 3).since is None
    assert trend_of("bpi-sf", "WORST", 5).since is None
    assert trend_of("bpi-sf", "WORST").since is None


def test_a_gap_in_between_is_kept_as_a_gap() -> None:
    trend = trend_of("bpi-sf", "WORST", 8, None, 8)
    assert trend.values == (8, None, 8)
    assert trend.since is not None
    assert (trend.since.points, trend.since.better, trend.since.matters) == (0, None, ())


@pytest.mark.parametrize(
    ("scale", "value", "important"),
    [("PF2", 82.9, True), ("PF2", 83, False), ("FA", 39, False), ("FA", 39.1, True), ("QL2", 0, False)],
)
def test_the_threshold_itself_is_not_beyond_it(scale: str, value: float, important: bool) -> None:
    assert trend_of("qlq-c30", scale, value).important(value) is important


def test_a_scale_nobody_could_compute_is_never_important() -> None:
    assert trend_of("qlq-c30", "PF2", None).important(None) is False

"""What scores and changes mean, by the figures in the definitions."""

import pytest

from pro_app.instruments.meaning import changes, direction_of, important
from tests.unit.instruments.builders import shipped

C30 = shipped().instrument("qlq-c30")
BPI = shipped().instrument("bpi-sf")


def test_a_score_beyond_the_threshold_is_important_and_the_threshold_itself_is_not() -> None:
    assert important(C30, "PF2", 82.9) is not None
    assert important(C30, "PF2", 83.0) is None
    found = important(C30, "PA", 25.1)
    assert found is not None
    assert (found.value, found.side) == (25.0, "above")
    assert important(C30, "PA", 25.0) is None


def test_there_is_no_threshold_for_global_health_and_the_summary() -> None:
    assert important(C30, "QL2", 0.0) is None
    assert important(C30, "SUMMARY", 0.0) is None


def test_less_pain_and_more_function_are_both_improvements() -> None:
    assert direction_of(C30, "PA", 50.0, 33.0) == "improvement"
    assert direction_of(C30, "PF2", 50.0, 33.0) == "decline"
    assert direction_of(BPI, "WORST", 5.0, 5.0) == "same"


@pytest.mark.parametrize(
    ("points", "size"),
    [(4.9, None), (5.0, "small"), (9.9, "small"), (10.0, "moderate"), (20.0, "moderate"), (20.1, "large")],
)
def test_osoba_has_a_size_for_a_change_in_either_direction(points: float, size: str | None) -> None:
    for after in (50.0 + points, 50.0 - points):
        assert [each.size for each in changes(C30, "QL2", 50.0, after)] == ([size] if size else [])


def test_worst_pain_has_a_size_by_points_and_one_by_percent() -> None:
    found = {each.unit: each.size for each in changes(BPI, "WORST", 8.0, 4.0)}
    assert found == {"points": "important", "percent": "substantial"}
    assert [each.unit for each in changes(BPI, "WORST", 4.0, 8.0)] == ["points"]


def test_thirty_percent_is_reached_in_spite_of_the_last_bits() -> None:
    assert 100 * (7.0 - 4.9) / 7.0 < 30
    assert [each.size for each in changes(BPI, "SEVERITY", 7.0, 4.9)] == ["moderate"]


def test_a_percentage_of_nothing_has_no_size() -> None:
    assert [each.unit for each in changes(BPI, "WORST", 0.0, 3.0)] == ["points"]
    assert changes(BPI, "SEVERITY", 0.0, 0.0) == ()


def test_a_change_says_whose_figure_it_is() -> None:
    assert all("Mathias" in each.source for each in changes(BPI, "WORST", 5.0, 7.0))

"""Which scores set off an alert: the edges of each kind of rule."""

import pytest

from pro_app.instruments.catalogue import Catalogue
from pro_app.schedule.alarming import alarms, must_know_before, scored
from pro_app.schedule.elements import Study
from pro_app.schedule.outreach import AlertRule
from pro_app.scoring.engine import score
from pro_app.scoring.result import ScaleScore

FUNCTIONS = ("PF2", "RF2", "EF", "CF", "SF")


def rule(kind: str, value: float | None = None, *scales: str, instrument: str = "bpi-sf") -> AlertRule:
    return AlertRule(kind, {"en": kind}, kind, instrument, scales, value, 24)


def value(scale: str, number: float | None) -> dict[str, ScaleScore]:
    return {scale: ScaleScore(scale, number, None if number is not None else "none_answered", (), ())}


@pytest.mark.parametrize(("worst", "points"), [(6, False), (7, True), (10, True), (None, False)])
def test_worst_pain_of_seven_and_more_is_pointed_at(
    catalogue: Catalogue, worst: float | None, points: bool
) -> None:
    bpi = catalogue.instrument("bpi-sf")
    found = alarms([rule("at_least", 7, "WORST")], bpi, value("WORST", worst), {})
    assert [(one.value, one.compared) for one in found] == ([(worst, 7.0)] if points else [])


@pytest.mark.parametrize(
    ("before", "now", "points"),
    [(3.0, 5.0, True), (3.0, 4.9, False), (2.7, 4.7, True), (5.0, 3.0, False), (None, 9.0, False)],
)
def test_a_rise_counts_from_the_value_before_and_without_one_says_nothing(
    catalogue: Catalogue, before: float | None, now: float, points: bool
) -> None:
    bpi = catalogue.instrument("bpi-sf")
    former = {} if before is None else {"WORST": before}
    found = alarms([rule("rise", 2, "WORST")], bpi, value("WORST", now), former)
    assert [one.compared for one in found] == ([before] if points else [])


def test_the_value_before_is_asked_for_only_where_a_rise_is_possible(catalogue: Catalogue) -> None:
    bpi, rising = catalogue.instrument("bpi-sf"), [rule("rise", 2, "WORST")]
    assert must_know_before(rising, bpi, value("WORST", 1)) == set()
    assert must_know_before(rising, bpi, value("WORST", 2)) == {"WORST"}
    assert must_know_before([rule("at_least", 7, "WORST")], bpi, value("WORST", 9)) == set()


@pytest.mark.parametrize(
    ("scale", "number", "points"),
    [("PF2", 83.0, False), ("PF2", 82.9, True), ("FA", 39.0, False), ("FA", 39.1, True), ("QL2", 0.0, False)],
)
def test_a_threshold_is_passed_on_its_own_side_and_not_by_itself(
    catalogue: Catalogue, scale: str, number: float, points: bool
) -> None:
    qlq = catalogue.instrument("qlq-c30")
    found = alarms([rule("threshold", instrument="qlq-c30")], qlq, value(scale, number), {})
    assert bool(found) is points


def test_a_rule_about_few_scales_leaves_the_others_alone(catalogue: Catalogue) -> None:
    qlq = catalogue.instrument("qlq-c30")
    worst = {item.id: (max(item.codes) if item.codes else None) for item in qlq.items}
    scores = score(qlq.scoring, worst).scores
    every = alarms([rule("threshold", instrument="qlq-c30")], qlq, scores, {})
    few = alarms([rule("threshold", None, "PA", "FA", instrument="qlq-c30")], qlq, scores, {})
    assert {one.scale for one in few} == {"PA", "FA"}
    assert {one.scale for one in every} > {"PA", "FA", "PF2"}


def test_a_study_file_may_name_every_scale_that_is_computed(catalogue: Catalogue) -> None:
    known = scored(catalogue.instruments)
    assert known["bpi-sf"]["WORST"] is False
    assert known["qlq-c30"]["PF2"] is True
    assert known["qlq-c30"]["QL2"] is False


def test_the_studys_rule_covers_every_published_threshold(catalogue: Catalogue, study: Study) -> None:
    qlq = catalogue.instrument("qlq-c30")
    worst = {
        one.name: ScaleScore(one.name, 0.0 if one.name in FUNCTIONS else 100.0, None, (), ())
        for one in qlq.scoring.scales
    }
    found = {one.scale for one in alarms(study.alerts, qlq, worst, {})}
    assert found == {one.scale for one in qlq.thresholds}
    assert len(found) == 14, "all scales but global health"

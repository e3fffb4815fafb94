"""The report's figures, counted a second time by pandas from the exported file."""

import math
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas
import pytest

from pro_app.actions import report
from pro_app.actions.report import Report, Summary
from tests.integration.exports.ward import Ward


def made(ward: Ward, arms: bool = True) -> Report:
    sites = tuple(site.code for site in ward.study.sites)
    with ward.store.reading() as tx:
        return report.report(tx, ward.study, ward.catalogue, sites, ward.now, arms=arms)


def line(found: Report, scale: str, visit: str, arm: str = "") -> Summary:
    return next(one for one in found.scores if (one.scale, one.timepoint, one.arm) == (scale, visit, arm))


def test_missing_forms_are_counted_by_reason_once_their_window_is_over(ward: Ward) -> None:
    found = made(ward)
    counted = {(t.site, t.timepoint, t.instrument): t for t in found.completion}
    base = counted["P3", "baseline", "qlq-c30"]
    assert (base.due, base.expected, base.received, base.missing["not_answered"]) == (1, 1, 0, 1)
    late = counted["P3", "1m", "qlq-c30"]
    assert (late.late, late.in_window, late.completion) == (1, 0, 100.0)
    # Mary left 30 days ago: her visit after 12 months is not due yet.
    year = counted["P3", "12m", "qlq-c30"]
    assert (year.due, year.completion) == (0, None)
    everybody = counted["", "baseline", "bpi-sf"]
    assert (everybody.expected, everybody.received, everybody.completion) == (2, 2, 100.0)


def test_who_withdrew_before_a_window_closed_was_due_but_not_expected(
    empty_ward: Ward, now: datetime
) -> None:
    from pro_app.actions import change_status
    from pro_app.records import participants
    from tests.integration.exports.ward import CHEN

    person = empty_ward.enrol("CZ-001", "CZ", date(2026, 8, 1), "en-bloc")
    left = datetime(2026, 8, 5, 4, tzinfo=now.tzinfo)
    with empty_ward.store.writing() as tx:
        person = participants.by_id(tx, person.id)
        change_status.change_status(
            tx, empty_ward.study, person, person.row_version, "withdrawn", "consent_withdrawn", CHEN, left
        )
    found = next(t for t in made(empty_ward).of_site("CZ") if t.timepoint == "2w")
    assert (found.due, found.expected, found.missing["withdrawn"]) == (1, 0, 1)
    assert (found.completion, found.availability) == (None, 0.0)


def test_summaries_are_those_of_pandas(empty_ward: Ward, tmp_path: Path) -> None:
    for number in range(9):
        arm = ("en-bloc", "separation")[number % 2]
        person = empty_ward.enrol(f"CZ-{number:03}", "CZ", date(2026, 11, 17), arm)
        missing = {"bpi3": "skipped"} if number == 8 else {}
        empty_ward.answered(
            person, "2w", "bpi-sf", empty_ward.now, missing, bpi3=number, bpi4=number // 2, bpi9a=9
        )
    found = made(empty_ward)
    empty_ward.export(tmp_path / "out", "csv-wide", arms=True)
    data = pandas.read_csv(tmp_path / "out" / "bpi-sf.csv", encoding="utf-8-sig")
    data = data[data["timepoint"] == "2w"]
    for scale in ("WORST", "SEVERITY", "INTERFERENCE"):
        for arm in ("", "en-bloc", "separation"):
            mine = data if arm == "" else data[data["arm"] == arm]
            values, ours = mine[scale].dropna(), line(found, scale, "2w", arm)
            assert ours.n == len(values) > 2
            assert ours.without == len(mine) - len(values)
            for name, theirs in (
                ("mean", values.mean()),
                ("sd", values.std()),
                ("median", values.median()),
                ("q1", values.quantile(0.25)),
                ("q3", values.quantile(0.75)),
            ):
                assert math.isclose(getattr(ours, name), theirs, abs_tol=1e-12), (scale, arm, name)


def test_one_value_has_no_deviation_and_none_has_no_mean(ward: Ward) -> None:
    found = made(ward)
    one, none = line(found, "PF2", "2w"), line(found, "PF2", "12m")
    assert (one.n, one.sd, one.median) == (1, None, one.mean)
    assert (none.n, none.mean, none.q1) == (0, None, None)


def test_without_the_right_no_line_tells_arms_apart(ward: Ward) -> None:
    assert {one.arm for one in made(ward, arms=False).scores} == {""}
    assert {one.arm for one in made(ward).scores} == {"", "en-bloc", "separation"}


def test_provisional_scales_are_left_out(ward: Ward) -> None:
    assert not {"AFFECTIVE", "ACTIVITY"} & {one.scale for one in made(ward).scores}


@pytest.mark.parametrize("days", [0, 1])
def test_a_form_is_missing_from_the_day_after_its_window(empty_ward: Ward, days: int) -> None:
    """The two-week window ends three days after the due day."""
    operated = empty_ward.now.date() - timedelta(days=14 + 3 + days)
    empty_ward.enrol("CZ-001", "CZ", operated, "en-bloc")
    found = next(t for t in made(empty_ward).of_site("CZ") if t.timepoint == "2w")
    assert found.due == days

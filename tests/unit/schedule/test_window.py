"""The state of a visit: one table for the page, the clock, the export and the dry run."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pro_app.schedule.plan import Anchors, Visit, Window, plan
from pro_app.schedule.status import MEANING, Status
from pro_app.schedule.window import VisitState, assess, end_of, in_time, start_of, today, visit_state
from tests.unit.schedule.cast import BOTH, beijing, changzheng, nct, planned, visit

TZ = ZoneInfo("Asia/Shanghai")
# Two weeks after 8 December 2026: opens 19, due 22, closes 25, a begun form may be finished on 26 December.
TWO_WEEKS = visit("2w")


def state(
    now: str,
    *,
    of: Visit = TWO_WEEKS,
    status: str = "active",
    bpi: str = "",
    qlq: str = "",
    excused: str | None = None,
    since: str = "",
    opened: str = "",
) -> str:
    done = {name: beijing(text) for name, text in (("bpi-sf", bpi), ("qlq-c30", qlq)) if text}
    return visit_state(
        of,
        TZ,
        status,
        done,
        beijing(now),
        excused,
        since=beijing(since) if since else None,
        opened={"qlq-c30": beijing(opened)} if opened else {},
    )


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-12-08 12:00", "upcoming"),
        ("2026-12-18 23:59:59", "upcoming"),
        ("2026-12-19 00:00", "open"),
        ("2026-12-22 23:59:59", "open"),
        ("2026-12-23 00:00", "overdue"),
        ("2026-12-25 23:59:59", "overdue"),
        ("2026-12-26 00:00", "closed"),
        ("2027-06-01 00:00", "closed"),
    ],
)
def test_an_unanswered_visit_goes_by_the_calendar_at_the_site(now: str, expected: str) -> None:
    assert state(now) == expected


def test_midnight_in_beijing_is_midnight_in_beijing_and_not_in_greenwich() -> None:
    before, after = datetime(2026, 12, 18, 15, 59, 59, tzinfo=UTC), datetime(2026, 12, 18, 16, 0, tzinfo=UTC)
    assert visit_state(TWO_WEEKS, TZ, "active", {}, before) == "upcoming"
    assert visit_state(TWO_WEEKS, TZ, "active", {}, after) == "open"
    # Urumqi's own clock is two hours behind: the same instant is still the day before.
    assert visit_state(TWO_WEEKS, ZoneInfo("Asia/Urumqi"), "active", {}, after) == "upcoming"


@pytest.mark.parametrize(
    ("now", "bpi", "qlq", "expected"),
    [
        ("2026-12-20 12:00", "2026-12-20 11:00", "", "partial"),
        ("2026-12-24 12:00", "2026-12-20 11:00", "", "partial"),
        ("2026-12-26 00:00", "2026-12-20 11:00", "", "incomplete"),
        ("2026-12-20 12:00", "2026-12-20 11:00", "2026-12-20 11:30", "done"),
        ("2027-12-20 12:00", "2026-12-20 11:00", "2026-12-25 23:59", "done"),
        ("2027-12-20 12:00", "2026-12-20 11:00", "2026-12-26 00:00", "done_late"),
        # Answered for an older date of the operation, so before the window of today: not late.
        ("2026-12-18 12:00", "2026-12-01 11:00", "2026-12-01 11:30", "done"),
        ("2026-12-18 12:00", "2026-12-01 11:00", "", "upcoming"),
    ],
)
def test_what_is_in_decides_before_the_calendar(now: str, bpi: str, qlq: str, expected: str) -> None:
    assert state(now, bpi=bpi, qlq=qlq) == expected


@pytest.mark.parametrize(
    ("now", "opened", "expected"),
    [
        ("2026-12-26 12:00", "2026-12-25 23:50", "grace"),
        ("2026-12-26 23:59:59", "2026-12-25 23:50", "grace"),
        ("2026-12-27 00:00", "2026-12-25 23:50", "closed"),
        ("2026-12-26 12:00", "2026-12-26 00:01", "closed"),
        ("2026-12-24 12:00", "2026-12-24 11:50", "overdue"),
    ],
)
def test_a_form_opened_in_time_has_its_grace(now: str, opened: str, expected: str) -> None:
    assert state(now, opened=opened) == expected


def test_grace_is_open_to_the_form_that_is_still_missing_when_the_other_is_in() -> None:
    assert state("2026-12-26 12:00", bpi="2026-12-25 12:00", opened="2026-12-25 23:50") == "grace"
    assert state("2026-12-26 12:00", qlq="2026-12-25 12:00", opened="2026-12-25 11:00") == "incomplete"


def test_a_form_finished_in_grace_is_done_in_time_and_one_begun_late_is_not() -> None:
    arrived = "2026-12-26 09:00"
    assert state("2027-01-01 00:00", bpi="2026-12-20 11:00", qlq=arrived, opened="2026-12-25 23:00") == "done"
    late = state("2027-01-01 00:00", bpi="2026-12-20 11:00", qlq=arrived, opened="2026-12-26 08:00")
    assert late == "done_late"
    after_grace = state(
        "2027-01-01 00:00", bpi="2026-12-20 11:00", qlq="2026-12-27 00:00", opened="2026-12-25 23:00"
    )
    assert after_grace == "done_late"


@pytest.mark.parametrize(
    ("now", "status", "since", "expected"),
    [
        # Over before the status began: a plain miss stays one.
        ("2027-02-01 12:00", "withdrawn", "2027-01-15 12:00", "closed"),
        ("2027-02-01 12:00", "too_ill", "2027-01-15 12:00", "closed"),
        # Final: what is still to come is not expected any more, at once.
        ("2026-12-20 12:00", "withdrawn", "2026-12-20 11:00", "excused"),
        ("2026-12-10 12:00", "deceased", "2026-12-10 11:00", "excused"),
        ("2026-12-25 12:00", "deceased", "2026-12-25 11:00", "excused"),
        # It may end: open as long as the window is, excused when it closed meanwhile.
        ("2026-12-20 12:00", "too_ill", "2026-12-18 12:00", "open"),
        ("2026-12-24 12:00", "paused", "2026-12-18 12:00", "overdue"),
        ("2026-12-26 12:00", "too_ill", "2026-12-18 12:00", "excused"),
        ("2026-12-26 12:00", "paused", "2026-12-18 12:00", "excused"),
        ("2026-12-26 12:00", "paused", "", "excused"),
        ("2026-12-26 12:00", "active", "2026-12-01 12:00", "closed"),
    ],
)
def test_a_status_says_what_a_missing_form_means(now: str, status: str, since: str, expected: str) -> None:
    assert state(now, status=status, since=since) == expected


def test_the_reason_of_an_excused_visit_is_the_status_or_what_a_nurse_put_on_record() -> None:
    now = beijing("2026-12-26 12:00")
    ill = assess(TWO_WEEKS, TZ, Status.TOO_ILL, {}, now)
    assert (ill.state, ill.reason, ill.missing) == (VisitState.EXCUSED, "too_ill", BOTH)
    refused = assess(TWO_WEEKS, TZ, "active", {}, beijing("2026-12-20 12:00"), "refused")
    assert (refused.state, refused.reason) == (VisitState.EXCUSED, "refused")


def test_answers_count_more_than_any_reason_or_status() -> None:
    bpi, qlq = "2026-12-20 11:00", "2026-12-20 11:30"
    assert state("2026-12-21 12:00", status="deceased", since="2026-12-21 10:00", bpi=bpi, qlq=qlq) == "done"
    assert state("2026-12-21 12:00", excused="refused", bpi=bpi, qlq=qlq) == "done"


def test_an_assessment_names_the_forms_that_are_in_missing_and_late() -> None:
    done = {"qlq-c30": beijing("2026-12-28 12:00"), "other": beijing("2026-12-20 12:00")}
    found = assess(TWO_WEEKS, TZ, "active", done, beijing("2026-12-29 12:00"))
    assert (found.state, found.done, found.missing, found.late) == (
        "incomplete",
        ("qlq-c30",),
        ("bpi-sf",),
        ("qlq-c30",),
    )


def test_without_a_day_a_visit_is_unscheduled_unless_it_is_in_or_never_to_come() -> None:
    nowhere = visit("2w", Anchors(None, date(2026, 12, 8), None, "cancelled"))
    assert state("2026-12-20 12:00", of=nowhere) == "unscheduled"
    assert state("2026-12-20 12:00", of=nowhere, opened="2026-12-20 11:00") == "unscheduled"
    assert state("2026-12-20 12:00", of=nowhere, status="too_ill") == "unscheduled"
    assert state("2026-12-20 12:00", of=nowhere, status="withdrawn") == "excused"
    assert state("2026-12-20 12:00", of=nowhere, bpi="2026-12-19 12:00") == "unscheduled"
    assert state("2026-12-20 12:00", of=nowhere, bpi="2026-12-19 12:00", qlq="2026-12-19 12:00") == "done"


def test_a_form_finished_for_the_old_date_stays_done_when_the_operation_is_moved() -> None:
    kept = {"baseline": Window(date(2026, 12, 7), date(2026, 11, 30), date(2026, 12, 7))}
    done = {"bpi-sf": beijing("2026-12-07 20:00"), "qlq-c30": beijing("2026-12-07 20:10")}
    for moved in (date(2026, 12, 1), date(2027, 3, 1)):
        baseline = plan(nct(), planned(moved), "CZ", kept)[0]
        assert visit_state(baseline, TZ, "active", done, beijing("2027-03-02 12:00")) == "done"


@pytest.mark.parametrize(
    ("word", "answerable", "finished", "missing"),
    [
        ("unscheduled", False, False, False),
        ("upcoming", False, False, False),
        ("open", True, False, False),
        ("overdue", True, False, False),
        ("grace", True, False, False),
        ("partial", True, False, False),
        ("closed", False, False, True),
        ("incomplete", False, False, True),
        ("done", False, True, False),
        ("done_late", False, True, False),
        ("excused", False, False, True),
    ],
)
def test_every_state_says_what_can_be_done(
    word: str, answerable: bool, finished: bool, missing: bool
) -> None:
    one = VisitState(word)
    assert (one.answerable, one.finished, one.missing) == (answerable, finished, missing)


def test_every_status_has_a_meaning_and_only_the_active_are_contacted() -> None:
    assert {status for status, meaning in MEANING.items() if meaning.contact} == {Status.ACTIVE}
    assert set(MEANING) == set(Status)


@pytest.mark.parametrize(
    ("zone", "day", "begins", "hours"),
    [
        ("Asia/Shanghai", "2026-12-08", "2026-12-07T16:00", 24),
        ("Asia/Urumqi", "2026-12-08", "2026-12-07T18:00", 24),
        ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00", 23),
        ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00", 25),
        # The clock of Beirut goes from 00:00 to 01:00: the day has no midnight and begins all the same.
        ("Asia/Beirut", "2026-03-29", "2026-03-28T22:00", 23),
    ],
)
def test_a_day_begins_and_ends_by_the_clock_of_its_place(
    zone: str, day: str, begins: str, hours: int
) -> None:
    tz, one = ZoneInfo(zone), date.fromisoformat(day)
    assert start_of(one, tz) == datetime.fromisoformat(f"{begins}+00:00")
    assert end_of(one, tz) - start_of(one, tz) == timedelta(hours=hours)
    assert today(start_of(one, tz), tz) == one
    assert today(end_of(one, tz) - timedelta(seconds=1), tz) == one


def test_a_form_for_a_visit_without_days_is_never_late() -> None:
    nowhere = visit("2w", Anchors())
    assert in_time(nowhere, TZ, beijing("2030-01-01 00:00"))


@settings(deadline=None)
@given(
    st.datetimes(datetime(2026, 11, 1), datetime(2027, 3, 1)),
    st.sampled_from(list(Status)),
    st.dictionaries(st.sampled_from(BOTH), st.datetimes(datetime(2026, 11, 1), datetime(2027, 3, 1))),
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "Pacific/Apia", "America/Adak"]),
)
def test_the_state_agrees_with_the_window_whatever_happens(
    now: datetime, status: Status, done: dict[str, datetime], zone: str
) -> None:
    tz, instant = ZoneInfo(zone), now.replace(tzinfo=UTC)
    received = {name: moment.replace(tzinfo=UTC) for name, moment in done.items()}
    found = visit_state(TWO_WEEKS, tz, status, received, instant)
    assert TWO_WEEKS.opens and TWO_WEEKS.closes
    assert found.finished == (set(done) == set(BOTH))
    if found.answerable:
        assert start_of(TWO_WEEKS.opens, tz) <= instant < end_of(TWO_WEEKS.closes, tz)
    if found.missing and not MEANING[status].final:
        assert instant >= end_of(TWO_WEEKS.closes, tz)


def test_changzheng_is_on_the_clock_of_shanghai() -> None:
    assert changzheng().tz == TZ

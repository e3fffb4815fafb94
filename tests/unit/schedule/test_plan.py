"""When each visit is: every edge of the calendar, as a table."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pro_app.schedule.elements import Anchor, Offset, UnknownName, read_offset
from pro_app.schedule.plan import Anchors, Window, plan
from tests.unit.schedule.cast import changzheng, nct, planned, visit, walking

DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("text", "start", "expected"),
    [
        ("0d", "2026-12-08", "2026-12-08"),
        ("-1d", "2026-03-01", "2026-02-28"),
        ("-1d", "2028-03-01", "2028-02-29"),
        ("2w", "2026-12-25", "2027-01-08"),
        ("+2w", "2028-02-20", "2028-03-05"),
        ("1m", "2026-12-08", "2027-01-08"),
        ("1m", "2027-01-31", "2027-02-28"),
        ("1m", "2028-01-31", "2028-02-29"),
        ("1m", "2026-02-28", "2026-03-28"),
        ("3m", "2026-11-30", "2027-02-28"),
        ("6m", "2026-08-31", "2027-02-28"),
        ("12m", "2028-02-29", "2029-02-28"),
        ("12m", "2027-02-28", "2028-02-28"),
        ("12m", "2026-12-31", "2027-12-31"),
        ("-1m", "2027-03-31", "2027-02-28"),
        ("-1m", "2027-01-15", "2026-12-15"),
        ("-13m", "2027-01-15", "2025-12-15"),
    ],
)
def test_an_offset_leads_to_the_day_a_calendar_shows(text: str, start: str, expected: str) -> None:
    offset = read_offset(text)
    assert offset is not None
    assert offset.from_(date.fromisoformat(start)).isoformat() == expected


@pytest.mark.parametrize("text", ["", "1", "m", "1y", "1.5m", "2 w", "--1d", "1M", "99999d", "１d", "1d "])
def test_what_is_no_offset_is_not_guessed_at(text: str) -> None:
    assert read_offset(text) is None


@settings(deadline=None)
@given(DAYS, st.integers(-40, 40), st.integers(1, 60))
def test_a_later_anchor_never_gives_an_earlier_visit(day: date, months: int, gap: int) -> None:
    offset = Offset(months=months)
    assert offset.from_(day) <= offset.from_(day + timedelta(days=gap))


@settings(deadline=None)
@given(DAYS, st.integers(-40, 40))
def test_a_month_keeps_the_day_of_the_month_or_takes_the_last_one(day: date, months: int) -> None:
    reached = Offset(months=months).from_(day)
    assert reached.day == day.day or (reached.day < day.day and (reached + timedelta(days=1)).day == 1)
    assert (reached.year * 12 + reached.month) - (day.year * 12 + day.month) == months


def test_the_first_study_has_the_visits_of_its_record() -> None:
    rows = [
        (one.timepoint, one.due and one.due.isoformat(), one.opens and one.opens.isoformat(), str(one.closes))
        for one in plan(nct(), planned(date(2026, 12, 8)), "CZ")
    ]
    assert rows == [
        ("baseline", "2026-12-07", "2026-11-30", "2026-12-07"),
        ("2w", "2026-12-22", "2026-12-19", "2026-12-25"),
        ("1m", "2027-01-08", "2027-01-01", "2027-01-15"),
        ("3m", "2027-03-08", "2027-02-22", "2027-03-22"),
        ("6m", "2027-06-08", "2027-05-25", "2027-06-22"),
        ("12m", "2027-12-08", "2027-11-08", "2028-01-07"),
    ]


def test_an_operation_on_29_february_has_its_year_on_28_february() -> None:
    assert visit("12m", planned(date(2028, 2, 29))).due == date(2029, 2, 28)


def test_grace_follows_closing() -> None:
    assert visit("baseline").finish_by == visit("baseline").closes
    assert visit("2w").finish_by == date(2026, 12, 26)


@pytest.mark.parametrize(
    ("anchors", "expected"),
    [
        (Anchors(None, None, None, "planned"), (None, None, None)),
        (Anchors(None, date(2026, 12, 8), None, "planned"), (date(2026, 12, 8), None, date(2026, 12, 8))),
        # A done day that was typed before somebody says "done" does not count yet.
        (
            Anchors(None, date(2026, 12, 8), date(2026, 12, 9), "planned"),
            (date(2026, 12, 8), None, date(2026, 12, 8)),
        ),
        (
            Anchors(None, date(2026, 12, 8), date(2026, 12, 9), "done"),
            (date(2026, 12, 8), date(2026, 12, 9), date(2026, 12, 9)),
        ),
        # Never planned, as in an emergency: the form before surgery counts from the day itself.
        (Anchors(None, None, date(2026, 12, 9), "done"), (date(2026, 12, 9),) * 3),
        (Anchors(None, date(2026, 12, 8), None, "done"), (date(2026, 12, 8), None, None)),
        (Anchors(None, date(2026, 12, 8), date(2026, 12, 9), "cancelled"), (None, None, None)),
        (Anchors(None, date(2026, 12, 8), None, "unknown"), (None, None, None)),
    ],
)
def test_what_is_known_of_the_operation_decides_the_anchor(
    anchors: Anchors, expected: tuple[date | None, date | None, date | None]
) -> None:
    asked = (Anchor.SURGERY_PLANNED, Anchor.SURGERY_DONE, Anchor.SURGERY)
    assert tuple(anchors.day(anchor) for anchor in asked) == expected


def test_enrolment_counts_whatever_becomes_of_the_operation() -> None:
    assert Anchors(date(2026, 11, 1), None, None, "cancelled").day(Anchor.ENROLMENT) == date(2026, 11, 1)


def test_the_form_before_surgery_counts_for_the_last_planned_day_even_if_surgery_was_another_day() -> None:
    done = Anchors(None, date(2026, 12, 8), date(2026, 12, 11), "done")
    assert visit("baseline", done).due == date(2026, 12, 7)
    assert visit("2w", done).due == date(2026, 12, 25)


def test_without_an_operation_the_visits_have_no_days() -> None:
    cancelled = plan(nct(), Anchors(date(2026, 11, 1), date(2026, 12, 8), None, "cancelled"), "CZ")
    assert [(one.due, one.opens, one.closes, one.finish_by) for one in cancelled] == [(None,) * 4] * 6
    assert not any(one.scheduled for one in cancelled)


def test_a_finished_visit_keeps_its_window_when_the_operation_moves_or_is_cancelled() -> None:
    window = Window(date(2026, 12, 7), date(2026, 11, 30), date(2026, 12, 7))
    for anchors in (planned(date(2027, 1, 20)), Anchors(None, date(2027, 1, 20), None, "cancelled")):
        visits = plan(nct(), anchors, changzheng(), {"baseline": window})
        assert (visits[0].due, visits[0].opens, visits[0].closes) == (window.due, window.opens, window.closes)
        assert visits[0].kept and not visits[1].kept


def test_a_site_runs_its_own_exceptions_and_another_site_does_not() -> None:
    anchors = Anchors(date(2026, 9, 1), None, date(2026, 9, 8), "done")
    berlin, urumqi = (visit("week-6", anchors, walking(), code) for code in ("BER", "URC"))
    assert (berlin.opens, berlin.due, berlin.closes) == (
        date(2026, 10, 18),
        date(2026, 10, 20),
        date(2026, 10, 22),
    )
    assert (urumqi.opens, urumqi.due, urumqi.closes) == (
        date(2026, 10, 19),
        date(2026, 10, 20),
        date(2026, 10, 30),
    )


def test_a_name_that_the_study_does_not_have_is_named_with_those_it_has() -> None:
    study = nct()
    for ask in (
        study.site,
        study.step,
        study.timepoint,
        changzheng().timepoint,
    ):
        with pytest.raises(UnknownName) as caught:
            ask("nowhere")
        assert caught.value.params["name"] == "nowhere"
        assert caught.value.params["known"]
    assert changzheng().timepoint("2w").after == 3
    assert study.timepoint("2w").after == 3

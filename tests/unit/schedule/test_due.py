"""The clock starts from a range of anchor days: it must miss nobody and sweep in few."""

from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pro_app.schedule.due import due_ranges
from pro_app.schedule.elements import Anchor, Study
from pro_app.schedule.plan import Anchors, plan
from pro_app.schedule.window import today, visit_state
from tests.unit.schedule.cast import WANG, beijing, decided, nct, walking

INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2029, 1, 1)).map(lambda one: one.replace(tzinfo=UTC))


def test_the_first_study_on_a_known_day() -> None:
    ranges = {one.timepoint: one for one in due_ranges(nct(), beijing("2026-12-22 12:00"), tail=0)}
    # Two weeks: open from 11 to 17 days after surgery, and one day of grace.
    assert (ranges["2w"].first, ranges["2w"].last) == (date(2026, 12, 4), date(2026, 12, 11))
    # Before surgery: the due day is today or within seven days, so surgery is tomorrow at the earliest.
    assert (ranges["baseline"].first, ranges["baseline"].last) == (date(2026, 12, 23), date(2026, 12, 30))
    assert (ranges["baseline"].anchor, ranges["2w"].anchor) == (Anchor.SURGERY_PLANNED, Anchor.SURGERY)


@pytest.mark.parametrize(("study", "codes"), [(nct(), ("CZ",)), (walking(), ("BER", "URC"))])
@settings(max_examples=60, deadline=None)
@given(now=INSTANTS, gap=st.integers(-420, 420))
def test_a_visit_that_can_be_answered_is_never_outside_its_range(
    study: Study, codes: tuple[str, ...], now: datetime, gap: int
) -> None:
    day = now.date() + timedelta(days=gap)
    ranges = {one.timepoint: one for one in due_ranges(study, now, tail=0)}
    for anchors in (Anchors(day, day, None, "planned"), Anchors(day, day, day, "done")):
        for code in codes:
            site = study.site(code)
            for visit in plan(study, anchors, site):
                span = ranges[visit.timepoint]
                inside = span.first <= day <= span.last
                opened = {name: datetime(1990, 1, 1, tzinfo=UTC) for name in visit.instruments}
                state = visit_state(visit, site.tz, "active", {}, now, opened=opened)
                assert inside or not state.answerable


@settings(deadline=None)
@given(now=INSTANTS)
def test_a_range_holds_only_days_whose_window_is_there(now: datetime) -> None:
    study, site = nct(), nct().sites[0]
    for span in due_ranges(study, now, tail=0):
        for day in (span.first, span.last):
            visit = next(
                one for one in plan(study, Anchors(day, day), site) if one.timepoint == span.timepoint
            )
            assert visit.opens and visit.finish_by
            assert visit.opens <= today(now, site.tz) <= visit.finish_by


def test_on_every_day_of_two_years_the_range_is_exactly_what_counting_gives() -> None:
    study, site = nct(), nct().sites[0]
    anchors = [date(2025, 10, 1) + timedelta(days=number) for number in range(1300)]
    plans = [plan(study, Anchors(day, day), site) for day in anchors]
    opens = [[visits[place].opens or date.max for visits in plans] for place in range(6)]
    ends = [[visits[place].finish_by or date.max for visits in plans] for place in range(6)]
    for number in range(731):
        day = date(2027, 1, 1) + timedelta(days=number)
        spans = due_ranges(study, datetime(day.year, day.month, day.day, tzinfo=UTC), tail=0)
        for place, span in enumerate(spans):
            first, last = bisect_left(ends[place], day), bisect_right(opens[place], day) - 1
            assert (span.first, span.last) == (anchors[first], anchors[last]), (span.timepoint, day)


def test_where_it_is_tomorrow_already_the_range_is_ready() -> None:
    # 23:30 in Berlin in summer is 03:30 of the next day in Urumqi.
    now = datetime(2026, 7, 1, 21, 30, tzinfo=UTC)
    span = due_ranges(walking(), now, tail=0)[0]
    assert (span.timepoint, span.last) == ("screening", date(2026, 7, 2))
    assert span.first == date(2026, 6, 29)


def test_a_site_with_a_wider_window_widens_the_range() -> None:
    now = datetime(2026, 11, 1, 10, 0, tzinfo=UTC)
    span = due_ranges(walking(), now, tail=0)[1]
    # Urumqi: up to 10 days after the due day and 3 of grace; Berlin: from 2 days before.
    assert (span.first, span.last) == (
        date(2026, 11, 1) - timedelta(days=42 + 10 + 3),
        date(2026, 11, 1) - timedelta(days=42 - 2),
    )


def test_the_tail_keeps_a_visit_in_sight_that_an_outage_swallowed() -> None:
    now = beijing("2026-12-27 09:00")
    assert {held.timepoint for held in decided(now, WANG).held} == {"2w"}
    span = next(one for one in due_ranges(nct(), now) if one.timepoint == "2w")
    assert span.first <= date(2026, 12, 8) <= span.last
    without = next(one for one in due_ranges(nct(), now, tail=0) if one.timepoint == "2w")
    assert not without.first <= date(2026, 12, 8) <= without.last

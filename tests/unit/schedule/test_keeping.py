"""From which day on name and contact are to be gone; and that a query for them leaves nobody out."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as some

from pro_app.schedule import keeping
from pro_app.schedule.elements import Study
from pro_app.schedule.plan import Anchors, plan

KEPT = 90


@settings(max_examples=60, deadline=None)
@given(
    operated=some.dates(date(2020, 1, 1), date(2030, 12, 31)),
    planned=some.integers(-40, 40),
    site=some.integers(0, 9),
)
def test_whoever_is_due_is_among_those_that_the_query_looks_at(
    study: Study, operated: date, planned: int, site: int
) -> None:
    place = study.sites[site]
    anchors = Anchors(operated - timedelta(days=60), operated + timedelta(days=planned), operated, "done")
    due = keeping.due_on(plan(study, anchors, place), None, KEPT)
    assert due is not None
    bound = keeping.no_later_than(place, due, KEPT)
    assert bound is not None
    anchor, latest = bound
    day = anchors.day(anchor)
    assert day is not None
    assert day <= latest


def test_whoever_left_is_due_so_many_days_after_that(study: Study) -> None:
    visits = plan(study, Anchors(date(2026, 1, 1)), study.sites[0])
    assert keeping.due_on(visits, date(2026, 12, 1), KEPT) == date(2027, 3, 2)
    assert keeping.due_on(visits, None, KEPT) is None, "surgery has no date"
    assert keeping.due_on((), None, KEPT) is None

"""The lists against everybody's own journey: what a filter shows, in which order, and what it costs."""

from datetime import date, datetime, timedelta
from typing import get_args

import pytest
from flask import Flask
from sqlalchemy import text

from pro_app import journey
from pro_app.actions import lists
from pro_app.actions.change_status import change_status
from pro_app.actions.lists import Order
from pro_app.journey import Journey
from pro_app.records import missing_reasons, participants
from pro_app.records.clinic_lists import Filter, Place, Sort
from pro_app.schedule.window import VisitState
from pro_app.wiring import Service
from tests.integration.clinic.following import LI, answered, operated
from tests.integration.clinic.people import enrolled, wang
from tests.integration.clinic.test_overview import counted
from tests.integration.clinic.test_pages import signed_in

TODAY = date(2026, 12, 1)


@pytest.fixture
def everybody(house: Service, now: datetime) -> list[Journey]:
    """A dozen at CZ, operated over a year, with all there is: answers, reasons, other statuses, no date."""
    for number in range(10):
        operated(house, f"CZ-{number:03}", now, date(2026, 11, 28) - timedelta(days=31 * number))
    for number, timepoint in ((1, "baseline"), (1, "2w"), (2, "baseline"), (4, "3m"), (8, "6m")):
        answered(house, f"CZ-{number:03}", timepoint, now)
        if number != 2:
            answered(house, f"CZ-{number:03}", timepoint, now, "qlq-c30")
    enrolled(house.store, house.study, house.links, wang(study_number="CZ-010", surgery_planned_on=None), now)
    command = wang(study_number="CZ-011", surgery_planned_on=date(2026, 12, 5), arm=None)
    enrolled(house.store, house.study, house.links, command, now)
    with house.store.writing() as tx:
        person = participants.by_study_number(tx, "CZ-003")
        missing_reasons.put(tx, person.id, "baseline", {"bpi-sf": "forgot", "qlq-c30": "forgot"}, "li", now)
        person = participants.by_study_number(tx, "CZ-005")
        change_status(tx, house.study, person, 2, "withdrawn", "moved_away", LI, now)
        people = participants.page(tx, ("CZ",), limit=100)
        return list(journey.of_many(tx, house.study, people, now))


def fits(way: Journey, show: str, visit: str, day: date) -> bool:
    """What the page promises, said once more and plainly."""
    for stop in way.stops:
        state, closes = stop.assessment.state, stop.visit.closes
        over = closes is not None and closes < day
        if (not visit or stop.timepoint.id == visit) and {
            "all": True,
            "unexplained": over and bool(stop.unexplained),
            "missing": over and state.missing,
            "open": state.answerable,
            "done": state.finished,
            "coming": state is VisitState.UPCOMING,
        }[show]:
            return True
    return False


def shown(house: Service, now: datetime, **wish: str) -> list[str]:
    """The study numbers of all pages of the matrix."""
    numbers: list[str] = []
    order = Order()
    while True:
        with house.store.reading() as tx:
            found = lists.matrix(tx, house.study, house.study.site("CZ"), now, order=order, **wish)  # type: ignore[arg-type]
        numbers += [way.person.study_number for way in found.journeys]
        if found.after is None:
            return numbers
        order = Order(after=found.after)


def test_each_filter_of_the_matrix_shows_exactly_whom_their_journeys_say(
    house: Service, everybody: list[Journey], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "MATRIX_SIZE", 3)
    monkeypatch.setattr(lists, "LOOKED_AT", 4)
    for visit in ("", "baseline", "3m", "12m"):
        for show in lists.SHOWS:
            wanted = [way.person.study_number for way in everybody if fits(way, show, visit, TODAY)]
            assert shown(house, now, show=show, visit=visit) == wanted, (show, visit)
            assert wanted or visit, "a filter that shows nobody proves nothing"


def test_the_foot_counts_windows_that_are_over_and_what_came_of_them(
    house: Service, everybody: list[Journey], now: datetime
) -> None:
    with house.store.reading() as tx:
        counts = lists.matrix(tx, house.study, house.study.site("CZ"), now).counts
    for name, count in counts.items():
        over = [
            stop
            for way in everybody
            for stop in way.stops
            if stop.timepoint.id == name and stop.visit.closes and stop.visit.closes < date(2026, 12, 1)
        ]
        assert count.over == len(over), name
        assert count.complete == sum(stop.assessment.state.finished for stop in over), name
        assert count.explained == sum(bool(stop.excused) for stop in over), name


def test_every_order_shows_everybody_once_and_the_undated_last(
    house: Service, everybody: list[Journey], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PAGE_SIZE", 5)
    people = {way.person.study_number: way.person for way in everybody}
    for sort in get_args(Sort):
        for descending in (False, True):
            numbers = in_order(house, now, sort, descending)
            assert sorted(numbers) == sorted(people), (sort, descending)
            if sort == "surgery":
                assert numbers[-1] == "CZ-010"
                days = [people[one].surgery_planned_on or date.min for one in numbers[:-1]]
                assert days == sorted(days, reverse=descending)
            elif sort == "number":
                assert numbers == sorted(people, reverse=descending)


def in_order(house: Service, now: datetime, sort: Sort, descending: bool) -> list[str]:
    """The study numbers of all pages of the list."""
    numbers: list[str] = []
    after: Place | None = None
    while True:
        with house.store.reading() as tx:
            page = lists.people(tx, house.study, ("CZ",), now, Filter(), Order(sort, descending, after))
        numbers += [way.person.study_number for way in page.journeys]
        after = page.after
        if after is None:
            return numbers


def test_the_participants_are_filtered(
    clinic: Flask, house: Service, team: None, everybody: list[Journey]
) -> None:
    client = signed_in(clinic, "hua")
    for query, there, gone in (
        ("status=withdrawn", "CZ-005", "CZ-004"),
        ("surgery=unknown", "CZ-010", "CZ-011"),
        ("arm=-", "CZ-011", "CZ-010"),
        ("search=z-00", "CZ-005", "CZ-010"),
    ):
        page = client.get(f"/staff/participants?{query}").text
        assert f'participants/{there}"' in page, query
        assert f'participants/{gone}"' not in page, query


def test_the_arm_filters_nothing_for_who_may_not_know_it(
    clinic: Flask, house: Service, team: None, everybody: list[Journey]
) -> None:
    for path in ("/staff/participants", "/staff/completion"):
        page = signed_in(clinic, "li").get(f"{path}?arm=-").text
        assert "CZ-010" in page
        assert 'name="arm"' not in page


def test_an_address_typed_by_hand_is_no_fault(clinic: Flask, team: None, everybody: list[Journey]) -> None:
    client = signed_in(clinic, "hua")
    odd = "?site=XX&show=odd&visit=9y&arm=x&sort=up&down=2&value=never&after=%27&start=-1&state=no&status=x"
    for path in ("", "/participants", "/completion", "/alerts", "/calls"):
        assert client.get(f"/staff{path}{odd}").status_code == 200, path
        assert client.get(f"/staff{path}{odd}&sort=surgery").status_code == 200, path


def test_all_sites_together_are_narrowed_to_one_when_they_are_too_many(
    clinic: Flask, house: Service, team: None, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pro_app.actions import today

    monkeypatch.setattr(today, "MOST", 3)
    for number in ("CZ-1", "CZ-2", "P3-1", "P3-2"):
        operated(house, number, now)
    page = signed_in(clinic, "chen").get("/staff").text
    assert "too many for one list. This is site CZ" in page
    assert "CZ-1" in page
    assert "P3-1" not in page
    assert "P3-1" in signed_in(clinic, "chen").get("/staff?site=P3").text


_MORE = """
INSERT INTO participant (uuid, study_number, site, language, handle, link_epoch, code_epoch, code_hash,
  identity_sealed, status, status_since, enrolled_on, surgery_state, surgery_planned_on, surgery_done_on,
  surgery_on, row_version, created_at)
SELECT 'x' || {number}, 'X-' || {number}, 'CZ', language, 'x' || {number}, 0, 0, 'x' || {number},
  identity_sealed, status, status_since, enrolled_on, surgery_state, surgery_planned_on, surgery_done_on,
  surgery_on, 1, created_at
FROM participant CROSS JOIN ({numbers}) AS n WHERE study_number = 'CZ-000'
"""
PAGES = {
    "/staff": 12,
    "/staff?show=open": 12,
    "/staff/participants": 6,
    "/staff/participants?sort=surgery": 7,
    "/staff/completion": 10,
    "/staff/completion?show=unexplained": 10,
    "/staff/alerts": 5,
    "/staff/calls": 10,
    "/staff/participants/CZ-000": 20,
    "/staff/participants/CZ-000/missing/baseline": 8,
    "/staff/enrol": 4,
}


def test_no_page_asks_more_of_the_database_for_a_thousand_participants_than_for_ten(
    clinic: Flask, house: Service, team: None, everybody: list[Journey], now: datetime
) -> None:
    client = signed_in(clinic, "hua")

    def statements() -> dict[str, int]:
        found = {}
        for path in PAGES:
            assert client.get(path).status_code == 200
            with counted(house.store) as seen:
                client.get(path)
            found[path] = len(seen)
        return found

    before = statements()
    postgres = house.store.url.get_backend_name() != "sqlite"
    numbers = (
        "SELECT i FROM generate_series(1, 1000) AS i"
        if postgres
        else "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT i FROM n"
    )
    with house.store.writing() as tx:
        added = tx.conn.execute(text(_MORE.format(number="n.i", numbers=numbers)))
    assert added.rowcount == 1000
    after = statements()
    assert {path: count for path, count in after.items() if count > before[path]} == {}
    assert {path: count for path, count in before.items() if count > PAGES[path]} == {}

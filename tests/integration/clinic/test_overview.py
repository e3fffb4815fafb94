"""What today's page holds."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from sqlalchemy import event

from pro_app import journey
from pro_app.actions import answer, lists
from pro_app.actions.change_status import change_status
from pro_app.actions.change_surgery import SurgeryChange, change_surgery
from pro_app.actions.remind import remind
from pro_app.actions.today import Today
from pro_app.actions.today import today as today_at
from pro_app.records import clinic_lists, participants, responses
from pro_app.records.audit import Actor
from pro_app.records.clinic_lists import Filter
from pro_app.records.responses import NewResponse
from pro_app.records.store import Store
from pro_app.schedule.window import VisitState
from pro_app.wiring import Service
from tests.integration.clinic.people import LI, enrolled, wang
from tests.people import sheet

SITE = ("CZ",)


@contextmanager
def counted(store: Store) -> Iterator[list[str]]:
    """The statements that reach the database meanwhile."""
    seen: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
            seen.append(statement)

    event.listen(store.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(store.engine, "before_cursor_execute", note)


def operated(house: Service, number: str, day: date, now: datetime) -> participants.Participant:
    """A participant of CZ whose surgery was done on `day`."""
    enrolled(house.store, house.study, house.links, wang(study_number=number, surgery_planned_on=day), now)
    with house.store.writing() as tx:
        person = participants.by_study_number(tx, number)
        change_surgery(tx, house.study, person, 1, SurgeryChange("done", day), LI, now)
        return participants.by_study_number(tx, number)


def answered(house: Service, person: participants.Participant, timepoint: str, at: datetime) -> None:
    """Both instruments of a visit are in; the answers don't matter here."""
    with house.store.writing() as tx:
        for name in ("bpi-sf", "qlq-c30"):
            new = NewResponse(
                uuid=f"{person.study_number}-{timepoint}-{name}"[:36],
                participant_id=person.id,
                timepoint=timepoint,
                instrument=name,
                version="1",
                language="en",
                pack="p",
                mode="own_phone",
                helper=None,
                standing="current",
                reason=None,
                revision=1,
                started_at=at,
                finished_at=at,
                received_at=at,
                opened_at=None,
                window=None,
                answers={},
                free_text=frozenset(),
                content_hash="h",
            )
            responses.add(tx, new)


def sent(house: Service, number: str, timepoint: str, at: datetime, form: str) -> None:
    """One form as a participant sends it at that moment."""
    with house.store.writing() as tx:
        person = participants.by_study_number(tx, number)
        filled, who = sheet(house.catalogue, form, at), Actor("patient", number)
        answer.submit(tx, house.study, house.catalogue, person, timepoint, filled, who, at)


def today(house: Service, now: datetime) -> Today:
    with house.store.reading() as tx:
        return today_at(tx, house.study, SITE, now)


def test_completion_counts_visits_that_closed_in_the_period_and_came_in_time(
    house: Service, now: datetime
) -> None:
    # "2 weeks" closes 17 days after surgery: 26 November for surgery on 9 November.
    day = date(2026, 11, 9)
    for number, done_on in (("CZ-1", date(2026, 11, 24)), ("CZ-2", date(2026, 11, 29)), ("CZ-3", None)):
        person = operated(house, number, day, now)
        if done_on:
            answered(house, person, "2w", datetime.combine(done_on, now.timetz()))
    found = today(house, now).in_time
    # The visits before surgery of the three closed on 8 November, with nothing in.
    assert (found.done, found.expected) == (1, 6)


def test_excused_visits_are_not_expected(house: Service, now: datetime) -> None:
    person = operated(house, "CZ-1", date(2026, 11, 9), now - timedelta(days=15))
    assert today(house, now).in_time.expected == 2
    with house.store.writing() as tx:
        change_status(
            tx,
            house.study,
            person,
            person.row_version,
            "withdrawn",
            "moved_away",
            LI,
            now - timedelta(days=10),
        )
    found = today(house, now)
    assert found.in_time.expected == 1  # the visit before surgery was over before
    assert found.open_now == ()


def test_a_period_without_visits_has_no_percentage(house: Service, now: datetime) -> None:
    assert today(house, now).in_time.percent is None


def test_what_is_told_from_one_row_is_what_the_journeys_say(house: Service, now: datetime) -> None:
    # Every day of a window, and days after it; both visits before surgery are missed.
    for late in range(-8, 4):
        came = datetime.combine(date(2026, 11, 24) + timedelta(days=late), now.timetz())
        person = operated(house, f"CZ-{late + 20}", date(2026, 11, 7), now)
        for form in ("bpi-sf", "qlq-c30")[: 1 if late == 2 else 2]:
            sent(house, person.study_number, "2w", came, form)
    found = today(house, now)
    with house.store.reading() as tx:
        everybody = clinic_lists.page(tx, SITE, Filter(), "number", False, None, 50)[0]
        stops = [stop for way in journey.of_many(tx, house.study, everybody, now) for stop in way.stops]
    over = [one for one in stops if one.visit.closes and one.visit.closes < now.date()]
    done = [one for one in over if one.assessment.state is VisitState.DONE]
    assert 5 < len(done) < 12
    assert (found.in_time.done, found.in_time.expected) == (len(done), len(over))
    missed = {(line.person.study_number, line.stop.timepoint.id) for line in found.missed}
    assert len(missed) == len([one for one in over if one.unexplained]) == 13


def test_the_counts_of_a_site_are_kept_only_while_nothing_has_happened_there(
    house: Service, now: datetime
) -> None:
    person = operated(house, "CZ-1", date(2026, 11, 9), now)

    def asked() -> tuple[int, int]:
        """How many visits "2w" are complete, and how many statements it took to know."""
        with counted(house.store) as seen, house.store.reading() as tx:
            found = lists.matrix(tx, house.study, house.study.site("CZ"), now).counts["2w"]
        return found.complete, len(seen)

    first, again = asked(), asked()
    assert (first[0], again[0]) == (0, 0)
    assert again[1] == first[1] - 3
    for form in ("bpi-sf", "qlq-c30"):
        sent(house, person.study_number, "2w", now - timedelta(days=6), form)
    assert asked() == (1, first[1])


def test_the_call_list_comes_from_the_clocks_own_decisions(house: Service, now: datetime) -> None:
    # Open until today; the study's call-list step is at 13:00, in an hour.
    operated(house, "CZ-1", date(2026, 11, 14), now)
    for hours, called in ((0, 0), (2, 1)):
        at = now + timedelta(hours=hours)
        with house.store.writing() as tx:
            remind(tx, house.study, at)
        assert len(today(house, at).calls) == called


def test_today_lists_by_closing_day_and_leaves_other_sites_out(house: Service, now: datetime) -> None:
    operated(house, "CZ-1", date(2026, 11, 17), now)
    operated(house, "CZ-2", date(2026, 11, 14), now)
    command = wang(study_number="P3-1", site="P3", surgery_planned_on=date(2026, 12, 2))
    enrolled(house.store, house.study, house.links, command, now)
    lines = today(house, now).open_now
    assert [(line.person.study_number, line.days) for line in lines] == [
        ("CZ-2", 0),
        ("CZ-1", 3),
    ]

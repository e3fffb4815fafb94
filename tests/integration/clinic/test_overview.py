"""What today's page holds."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from sqlalchemy import event

from pro_app.actions.change_status import change_status
from pro_app.actions.change_surgery import SurgeryChange, change_surgery
from pro_app.actions.remind import remind
from pro_app.actions.today import Today
from pro_app.actions.today import today as today_at
from pro_app.records import participants, responses
from pro_app.records.responses import NewResponse
from pro_app.records.store import Store
from pro_app.wiring import Service
from tests.integration.clinic.people import LI, enrolled, wang

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

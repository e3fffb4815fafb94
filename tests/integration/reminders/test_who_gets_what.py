"""A whole visit as Wang and his daughter see it, and somebody enrolled when much has passed already."""

from datetime import UTC, date, datetime

import pytest

from pro_app.records import deliveries, participants
from pro_app.records.store import Store
from tests.integration.reminders.scene import DAY, HOUR, NOON, Scene

DAUGHTER = "+8613900000009"


def through(first: date, last: date) -> list[datetime]:
    """At seven, nine, ten, one and nine o'clock in Beijing on each of these days."""
    midnight = datetime(first.year, first.month, first.day, tzinfo=UTC) - 8 * HOUR
    return [
        midnight + day * DAY + hour * HOUR
        for day in range((last - first).days + 1)
        for hour in (7, 9, 10, 13, 21)
    ]


@pytest.fixture
def database_kind() -> str:
    """SQLite is enough: nothing here hangs on the kind of database."""
    return "sqlite"


@pytest.fixture
def scene(store: Store) -> Scene:
    return Scene(store)


def test_a_visit_nobody_answers_brings_its_steps_each_to_whom_it_is_for(scene: Scene) -> None:
    wang = scene.enrol(3, family_phone=DAUGHTER)

    for moment in through(date(2026, 11, 30), date(2026, 12, 7)):
        scene.tick(moment)

    to_family = [message.to == DAUGHTER for message in scene.sms.taken]
    assert to_family == [False, False, False, True, False]
    assert "您的家人" in scene.sms.taken[3].text
    days = [(row.step, row.sent_at.date()) for row in scene.rows(wang) if row.sent_at]
    assert days == [
        ("opens", date(2026, 11, 30)),
        ("plus-2d", date(2026, 12, 2)),
        ("plus-5d", date(2026, 12, 5)),
        ("family", date(2026, 12, 6)),
        ("last-day", date(2026, 12, 7)),
    ]
    hours_of_day = {(row.sent_at + 8 * HOUR).hour for row in scene.rows(wang) if row.sent_at}
    assert hours_of_day <= set(range(8, 20))
    with scene.store.reading() as tx:
        (call,) = deliveries.calls(tx, ("CZ",))
    assert (call.participant_id, call.step) == (wang.id, "call-list")
    for message in scene.sms.taken:
        assert "王" not in message.text and "肿瘤" not in message.text and "http" not in message.text


def test_whoever_finishes_is_left_in_peace_from_that_moment_and_so_is_the_family(scene: Scene) -> None:
    wang = scene.enrol(3, family_phone=DAUGHTER)
    scene.tick()
    scene.remind(NOON + 26 * HOUR)
    scene.finish(wang, now=NOON + 26 * HOUR)

    for moment in through(date(2026, 12, 5), date(2026, 12, 8)):
        scene.tick(moment)

    assert len(scene.sms.taken) == 1
    with scene.store.reading() as tx:
        assert deliveries.calls(tx, ("CZ",)) == ()


def test_a_participant_enrolled_late_gets_one_message_and_none_for_what_has_passed(scene: Scene) -> None:
    wang = scene.enrol(3, surgery_planned_on=date(2026, 11, 16))
    with scene.store.writing() as tx:
        found = participants.by_id(tx, wang.id)
        # The visit before surgery is over, the one after two weeks has been open for four days.
        participants.set_surgery(tx, found, "done", date(2026, 11, 16), date(2026, 11, 16))

    for hours in range(0, 6):
        scene.tick(NOON + hours * HOUR)

    assert [(row.timepoint, row.step) for row in scene.rows(wang) if row.state == "sent"] == [
        ("2w", "plus-2d")
    ]
    assert len(scene.sms.taken) == 1


@pytest.mark.parametrize("status", ["paused", "too_ill", "withdrawn", "deceased"])
def test_the_one_switch_ends_messages_to_everybody_at_once(scene: Scene, status: str) -> None:
    wang = scene.enrol(3, family_phone=DAUGHTER)
    scene.remind()
    scene.turn(wang, status)

    for days in (0, 6):
        scene.tick(NOON + days * DAY)

    assert scene.sms.taken == scene.email.taken == []
    with scene.store.reading() as tx:
        assert deliveries.calls(tx, ("CZ",)) == ()

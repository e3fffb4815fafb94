"""What fails steps aside and comes back by itself; what is poisoned holds up nobody."""

from datetime import datetime, timedelta

import pytest

from pro_app.actions import send
from pro_app.letters.carriers import DOUBLES_EVERY, Carriers
from pro_app.ports import Message, Outcome
from pro_app.records.schema import delivery
from pro_app.records.store import Store
from tests.integration.reminders.scene import DAY, HOUR, NOON, Provider, Scene

LATER = Outcome("later", "inbox", detail="busy")


@pytest.fixture
def database_kind() -> str:
    """SQLite is enough: what claims do on both databases is tested in `test_send`."""
    return "sqlite"


class Poisoned(Provider):
    """Stumbles over the messages to one number, every time."""

    def send(self, message: Message, now: datetime) -> Outcome:
        if message.to == "+8613800010000":
            raise RuntimeError("a reply nobody has ever seen")
        return super().send(message, now)


def test_a_message_over_which_the_provider_stumbles_holds_up_no_other(store: Store) -> None:
    scene = Scene(store, Poisoned("sms"))
    people = [scene.enrol(number) for number in range(1, 31)]

    for days in range(0, 3):
        scene.tick(NOON + days * DAY)

    states = [scene.rows(person)[0].state for person in people]
    assert states == ["unknown"] + ["sent"] * 29


def test_a_row_waits_longer_each_time_and_is_given_up_in_the_end(store: Store) -> None:
    sms = Provider("sms", script=[LATER] * 1000)
    scene = Scene(store, sms)
    wang = scene.wang()
    scene.remind()
    now, minutes = NOON, []
    for _ in range(8):
        scene.carriers = Carriers([sms])
        scene.send(now)
        (row,) = scene.rows(wang)
        minutes.append(round((row.next_at - now) / timedelta(minutes=1)))
        now = row.next_at

    assert minutes == [1, 2, 4, 8, 16, 32, 60, 60]
    with store.writing() as tx:
        tx.conn.execute(delivery.update().values(attempts=send.MOST_TRIES - 1))
    scene.send(now)
    assert scene.states(wang) == [("opens", "sms", "failed", "delivery_given_up")]


def test_the_second_provider_takes_over_and_the_first_comes_back_by_itself(store: Store) -> None:
    first, second = Provider("sms", "aliyun"), Provider("sms", "tencent")
    scene = Scene(store, first, second)
    for number in range(1, 4):
        scene.enrol(number)
    first.script = [Outcome("later", "aliyun")] * 4
    scene.remind()

    assert scene.send().sent == 3
    assert (len(first.taken), len(second.taken)) == (0, 3)

    for number in range(4, 7):
        scene.enrol(number)
    first.script = []
    later = NOON + HOUR
    scene.remind(later)
    assert later - NOON > 10 * DOUBLES_EVERY
    assert scene.send(later).sent == 3
    assert (len(first.taken), len(second.taken)) == (3, 3), "nobody had to repair anything"


def test_after_three_days_without_a_clock_everybody_gets_one_message(store: Store) -> None:
    scene = Scene(store)
    people = [scene.enrol(number) for number in range(1, 21)]
    for hours in (0, 1, 2):
        scene.tick(NOON + hours * HOUR)
    before = len(scene.sms.taken)

    for hours in (72, 73, 74):
        scene.tick(NOON + hours * HOUR)

    assert before == 20
    assert len(scene.sms.taken) == 40
    assert {message.to for message in scene.sms.taken[20:]} == {f"+86138{n:04d}0000" for n in range(1, 21)}
    assert all(len([row for row in scene.rows(one) if row.state == "sent"]) == 2 for one in people)

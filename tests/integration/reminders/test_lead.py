"""One of several clocks leads."""

from datetime import timedelta

from pro_app.actions.lead import last_beat, lead, step_down
from pro_app.records.store import Store
from tests.integration.reminders.scene import NOON

FIFTEEN = timedelta(seconds=15)


def leads(store: Store, holder: str, seconds: int = 0) -> bool:
    with store.writing() as tx:
        return lead(tx, holder, NOON + timedelta(seconds=seconds), FIFTEEN)


def test_the_first_clock_leads_and_the_second_waits(store: Store) -> None:
    assert leads(store, "one")
    assert not leads(store, "two", 14)
    assert leads(store, "one", 14)
    assert not leads(store, "two", 28)


def test_another_clock_takes_over_when_the_leader_falls_silent(store: Store) -> None:
    assert leads(store, "one")

    assert leads(store, "two", 15)
    assert not leads(store, "one", 16)


def test_a_clock_that_steps_down_lets_the_next_lead_at_once(store: Store) -> None:
    assert leads(store, "one")
    with store.writing() as tx:
        step_down(tx, "two", NOON)
    assert not leads(store, "two", 1)
    with store.writing() as tx:
        step_down(tx, "one", NOON + timedelta(seconds=1))

    assert leads(store, "two", 1)


def test_the_heartbeat_is_when_a_clock_last_led(store: Store) -> None:
    with store.reading() as tx:
        assert last_beat(tx) is None
    leads(store, "one", 3)

    with store.reading() as tx:
        assert last_beat(tx) == NOON + timedelta(seconds=3)

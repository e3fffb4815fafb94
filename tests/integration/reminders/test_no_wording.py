"""In production nobody is written to about questions that exist only in demonstration wording."""

from datetime import datetime

import pytest

from pro_app.actions import remind, send
from pro_app.messages import sentence
from pro_app.records.store import Store
from tests.integration.reminders.scene import BASE_URL, DAY, HOUR, NOON, Scene

NO_WORDS = frozenset({"baseline"})


@pytest.fixture
def scene(store: Store) -> Scene:
    return Scene(store)


def decide(scene: Scene, now: datetime = NOON, unworded: frozenset[str] = NO_WORDS) -> remind.Tally:
    with scene.store.writing() as tx:
        return remind.remind(tx, scene.study, now, unworded)


def test_a_reminder_is_decided_against_with_its_reason_and_only_once(scene: Scene) -> None:
    wang = scene.wang()
    assert decide(scene).to_send == 0
    assert scene.states(wang) == [("opens", "sms", "not_sent", "held_no_wording")]
    assert sentence("held_no_wording").startswith("Not sent: the owner's wording")
    (row,) = scene.rows(wang)

    assert decide(scene, NOON + HOUR).held == 0
    assert scene.rows(wang) == (row,)


def test_once_the_wording_is_installed_the_message_goes_out(scene: Scene) -> None:
    wang = scene.wang()
    decide(scene)
    decide(scene, NOON + HOUR, frozenset())
    assert scene.send(NOON + HOUR).sent == 1
    assert scene.states(wang) == [("opens", "sms", "sent", None)]


def test_another_visits_missing_words_hold_nothing_up(scene: Scene) -> None:
    scene.wang()
    assert decide(scene, unworded=frozenset({"12m"})).to_send == 1


def test_what_was_decided_before_is_withheld_inside_the_claim(scene: Scene) -> None:
    wang = scene.wang()
    scene.remind()
    post = send.Post(scene.study, scene.carriers, scene.links, BASE_URL, NO_WORDS)
    assert send.send(scene.store, post, NOON).withheld == 1
    assert scene.sms.taken == []
    assert scene.states(wang) == [("opens", "sms", "not_sent", "held_no_wording")]


def test_a_call_is_taken_off_the_list(scene: Scene) -> None:
    wang = scene.wang()
    last_day = NOON + 6 * DAY + 2 * HOUR
    scene.tick(NOON)
    scene.tick(last_day)
    assert ("call-list", "call", "due", None) in scene.states(wang)

    decide(scene, last_day + HOUR)
    assert ("call-list", "call", "not_sent", "held_no_wording") in scene.states(wang)

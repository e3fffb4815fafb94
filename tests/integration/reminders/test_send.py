"""Sending: asked again inside the claim, once, and what became of it."""

from datetime import date, datetime

import pytest

from pro_app.actions import send
from pro_app.letters.carriers import Carriers
from pro_app.ports import Outcome
from pro_app.records import delivery_claims as claims
from pro_app.records import participants
from pro_app.records.participants import Identity
from pro_app.records.schema import participant
from pro_app.records.store import Store
from tests.integration.reminders.scene import BASE_URL, DAY, HOUR, NOON, Provider, Scene


@pytest.fixture
def scene(store: Store) -> Scene:
    return Scene(store)


def test_a_text_message_carries_the_short_address_and_the_code_but_no_link(scene: Scene) -> None:
    wang = scene.wang()
    scene.tick()

    (message,) = scene.sms.taken
    code = scene.links.code(wang.handle, wang.code_epoch)
    assert message.to == "+8613800030000"
    assert code in message.text
    assert "follow.example.cn" in message.text
    assert "/v/" not in message.text
    assert message.html == ""
    assert message.template is not None
    assert dict(message.template.variables) == {"closes": "12月7日", "code": code}
    assert "王" not in message.text


def test_an_e_mail_in_english_carries_the_personal_link_as_text_and_html(scene: Scene) -> None:
    mary = scene.mary()
    scene.tick()

    (message,) = scene.email.taken
    link = f"{BASE_URL}/v/{scene.links.token(mary.handle, 'baseline', mary.link_epoch)}"
    assert message.to == "mary@example.org"
    assert message.language == "en"
    assert link in message.text
    assert f'href="{link}"' in message.html
    assert "Mary" not in message.text


def test_what_was_sent_is_not_sent_again(scene: Scene) -> None:
    scene.wang()
    assert scene.tick().sent == 1

    assert scene.tick(NOON + HOUR) == send.Result()
    assert len(scene.sms.taken) == 1


@pytest.mark.parametrize("status", ["withdrawn", "deceased", "too_ill", "paused"])
def test_whoever_may_not_be_contacted_gets_nothing_that_was_decided_before(scene: Scene, status: str) -> None:
    wang = scene.wang()
    scene.remind()
    scene.turn(wang, status)

    assert scene.send().withheld == 1
    assert scene.sms.taken == []
    assert scene.states(wang) == [("opens", "sms", "not_sent", f"held_{status}")]


def test_who_has_answered_meanwhile_gets_nothing(scene: Scene) -> None:
    wang = scene.wang()
    scene.remind()
    scene.finish(wang)

    assert scene.send().withheld == 1
    assert scene.states(wang) == [("opens", "sms", "not_sent", "held_finished")]


def test_what_was_decided_for_an_old_date_is_not_sent(scene: Scene) -> None:
    wang = scene.wang()
    scene.remind()
    scene.move(wang, date(2026, 12, 20))

    scene.send()

    assert scene.sms.taken == []
    assert scene.states(wang) == [("opens", "sms", "not_sent", "held_moved")]


def test_what_could_not_leave_in_the_evening_leaves_in_the_morning(scene: Scene) -> None:
    wang = scene.wang()
    scene.remind()

    scene.send(NOON + 9 * HOUR)
    assert scene.states(wang) == [("opens", "sms", "not_sent", "held_quiet_hours")]

    scene.tick(NOON + 21 * HOUR)
    assert len(scene.sms.taken) == 1


def test_a_provider_that_is_busy_is_asked_again_later(scene: Scene) -> None:
    wang = scene.wang()
    scene.sms.script = [Outcome("later", "inbox", detail="busy")]

    assert scene.tick().later == 1
    assert scene.send(NOON) == send.Result()
    (row,) = scene.rows(wang)
    assert (row.state, row.attempts, row.detail) == ("due", 1, "busy")

    assert scene.send(NOON + HOUR).sent == 1
    assert scene.rows(wang)[0].attempts == 2


def test_the_next_provider_takes_over_at_once_when_the_first_is_busy(store: Store) -> None:
    first, second = Provider("sms", "aliyun"), Provider("sms", "tencent")
    first.script = [Outcome("later", "aliyun")]
    scene = Scene(store, first, second)
    wang = scene.wang()

    assert scene.tick().sent == 1

    assert [message.template.template_id for message in second.taken if message.template] == ["0000000"]
    assert scene.rows(wang)[0].provider == "tencent"


def test_a_refused_text_message_is_followed_by_an_e_mail(scene: Scene) -> None:
    wang = scene.wang()
    scene.sms.script = [Outcome("refused", "inbox", detail="blocked by the carrier")]

    assert scene.tick().failed == 1
    assert scene.tick(NOON + HOUR).sent == 1

    assert scene.states(wang) == [
        ("opens", "sms", "failed", "delivery_refused"),
        ("opens", "email", "sent", None),
    ]


def test_a_refused_address_is_never_used_again_until_it_is_corrected(scene: Scene) -> None:
    wang = scene.wang()
    scene.sms.script = [Outcome("address_refused", "inbox", detail="no such number +8613800030000")]
    scene.tick()

    scene.tick(NOON + 2 * DAY)
    assert scene.sms.taken == []
    assert [message.to for message in scene.email.taken] == ["wang3@example.org"]
    assert "1380003" not in str(scene.rows(wang)[0].detail)

    with scene.store.writing() as tx:
        corrected = Identity("王建国", "+8613900030000", "", "", 1961)
        participants.set_identity(tx, participants.by_id(tx, wang.id), corrected, "zh-Hans")
    scene.tick(NOON + 5 * DAY)
    assert [message.to for message in scene.sms.taken] == ["+8613900030000"]


def test_an_unknown_outcome_is_looked_up_and_not_sent_again(scene: Scene) -> None:
    wang = scene.wang()
    scene.sms.script = [Outcome("unknown", "inbox", detail="timed out")]
    assert scene.tick().unknown == 1
    reference = scene.rows(wang)[0].reference
    scene.sms.known = {reference: Outcome("delivered", "inbox", "id-9")}

    scene.tick(NOON + HOUR)

    assert len(scene.sms.taken) == 1
    (row,) = scene.rows(wang)
    assert (row.state, row.remote_id) == ("delivered", "id-9")


def test_a_message_that_the_provider_never_got_is_sent_after_all(scene: Scene) -> None:
    wang = scene.wang()
    scene.sms.script = [TimeoutError()]
    assert scene.tick().unknown == 1
    scene.sms.known = {}

    assert scene.tick(NOON + HOUR).sent == 1
    assert [message.reference for message in scene.sms.taken] == [scene.rows(wang)[0].reference]


def test_a_provider_that_can_t_tell_is_never_given_the_message_twice(scene: Scene) -> None:
    wang = scene.wang()
    scene.sms.script = [Outcome("unknown", "inbox")]
    scene.tick()

    for hours in range(1, 100, 7):
        scene.send(NOON + hours * HOUR)

    assert len(scene.sms.taken) == 1
    (row,) = scene.rows(wang)
    assert row.state == "unknown"
    assert row.resolved_at is not None


def test_a_claim_whose_holder_died_before_the_call_is_sent_by_the_next(scene: Scene) -> None:
    scene.wang()
    scene.remind()
    with scene.store.writing() as tx:
        assert len(claims.claim(tx, NOON, 10)) == 1

    assert scene.send(NOON) == send.Result()
    assert scene.send(NOON + claims.CLAIM_FOR).sent == 1


def test_a_claim_whose_holder_died_during_the_call_is_unknown(scene: Scene) -> None:
    wang = scene.wang()
    scene.remind()
    with scene.store.writing() as tx:
        (mine,) = claims.claim(tx, NOON, 10)
    with scene.store.writing() as tx:
        claims.hand_over(tx, mine, "inbox", NOON)

    scene.send(NOON + claims.CLAIM_FOR)

    assert scene.sms.taken == []
    assert scene.rows(wang)[0].state == "unknown"


def test_two_claimers_never_get_the_same_delivery(scene: Scene) -> None:
    scene.wang()
    scene.enrol(4)
    scene.remind()

    with scene.store.writing() as tx:
        first = claims.claim(tx, NOON, 1)
    with scene.store.writing() as tx:
        second = claims.claim(tx, NOON, 10)

    assert len(first) == len(second) == 1
    assert first[0].delivery.id != second[0].delivery.id


def test_an_outcome_that_comes_after_the_claim_was_lost_to_another_is_not_written(scene: Scene) -> None:
    wang = scene.wang()
    scene.remind()
    with scene.store.writing() as tx:
        (slow,) = claims.claim(tx, NOON, 1)
    with scene.store.writing() as tx:
        claims.expire(tx, NOON + claims.CLAIM_FOR)
        (other,) = claims.claim(tx, NOON + claims.CLAIM_FOR, 1)
        assert not claims.holds(tx, slow, NOON + claims.CLAIM_FOR)
        assert not claims.settle(tx, slow, Outcome("refused", "inbox"), "", NOON)
        assert claims.settle(tx, other, Outcome("accepted", "inbox", "7"), "", NOON)

    assert scene.rows(wang)[0].state == "sent"


def test_a_delivery_that_can_t_be_written_steps_aside_with_growing_delay(scene: Scene) -> None:
    broken, wang = scene.enrol(1), scene.wang()
    scene.remind()
    with scene.store.writing() as tx:
        spoiled = participant.update().where(participant.c.id == broken.id)
        tx.conn.execute(spoiled.values(identity_sealed="k1.AAAA"))

    result = scene.send()

    assert (result.sent, result.later) == (1, 1)
    assert scene.states(wang) == [("opens", "sms", "sent", None)]
    (row,) = scene.rows(broken)
    assert (row.state, row.attempts, row.detail) == ("due", 1, "seal_broken")
    assert row.next_at > NOON


def test_without_a_provider_for_text_messages_the_e_mail_goes_out(store: Store) -> None:
    email = Provider("email")
    scene = Scene(store, email)
    wang = scene.wang()

    scene.tick()
    scene.tick(NOON + HOUR)

    assert ("opens", "sms", "failed", "delivery_no_provider") in scene.states(wang)
    assert len(email.taken) == 1


def test_an_outage_costs_a_few_tries_and_not_one_for_each_message(scene: Scene) -> None:
    for number in range(1, 31):
        scene.enrol(number)
    scene.sms.script = [Outcome("later", "inbox")] * 1000

    scene.tick()

    tried = 1000 - len(scene.sms.script)
    assert tried <= 3 + send.SIDE_BY_SIDE
    scene.sms.script = []
    scene.carriers = Carriers([scene.sms, scene.email])
    assert scene.send(NOON + HOUR).sent == 30


def test_two_open_visits_share_one_day_s_message(scene: Scene) -> None:
    wang = scene.wang()
    with scene.store.writing() as tx:
        found = participants.by_id(tx, wang.id)
        # Operated earlier than planned: the visit before surgery and the one two weeks after are both open.
        participants.set_surgery(tx, found, "done", date(2026, 12, 8), date(2026, 11, 19))

    for hours in range(0, 6):
        scene.tick(NOON + hours * HOUR)

    assert len(scene.sms.taken) == 1
    assert [state for state in scene.states(wang) if state[3] == "held_cap_day"]


class Clerk(Provider):
    """Looks messages up by number and day, as the big SMS providers do."""

    def find(self, reference: str, to: str, sent_at: datetime, now: datetime) -> Outcome | None:
        self.asked = (reference, to, sent_at)
        return Outcome("delivered", self.name)


def test_a_provider_that_looks_up_by_number_is_told_number_and_time(store: Store) -> None:
    clerk = Clerk("sms", script=[Outcome("unknown", "inbox")])
    scene = Scene(store, clerk)
    wang = scene.wang()
    scene.tick()
    (row,) = scene.rows(wang)

    scene.send(NOON + HOUR)

    assert clerk.asked == (row.reference, "+8613800030000", row.sent_at)
    assert scene.states(wang) == [("opens", "sms", "delivered", None)]

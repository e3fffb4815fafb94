"""Who is written to, as rows that a nurse can read."""

from datetime import date

import pytest

from pro_app.actions import remind
from pro_app.records import audit, deliveries
from pro_app.records.schema import participant
from pro_app.records.store import Store
from tests.integration.reminders.scene import DAY, HOUR, NOON, Scene


@pytest.fixture
def scene(store: Store) -> Scene:
    return Scene(store)


def test_wang_whose_visit_has_opened_gets_one_text_message(scene: Scene) -> None:
    wang = scene.wang()

    tally = scene.remind()

    assert (tally.to_send, tally.problems) == (1, 0)
    assert ("opens", "sms", "due", None) in scene.states(wang)


def test_deciding_again_changes_nothing(scene: Scene) -> None:
    wang = scene.wang()
    scene.remind()
    before = scene.rows(wang)

    again = scene.remind(NOON + HOUR)

    assert (again.to_send, again.held) == (0, 0)
    assert scene.rows(wang) == before


def test_mary_without_a_telephone_gets_an_e_mail(scene: Scene) -> None:
    mary = scene.mary()

    scene.remind()

    assert ("opens", "email", "due", None) in scene.states(mary)


def test_somebody_without_any_address_is_shown_with_the_reason(scene: Scene) -> None:
    nobody = scene.enrol(phone="", email="")

    scene.remind()

    assert ("opens", "sms", "not_sent", "held_no_address") in scene.states(nobody)


def test_at_night_the_message_waits_and_leaves_in_the_morning(scene: Scene) -> None:
    wang = scene.wang()
    at_night = NOON - 14 * HOUR

    scene.remind(at_night)
    assert scene.states(wang) == [("opens", "sms", "not_sent", "held_quiet_hours")]

    scene.tick(at_night + 12 * HOUR)
    assert scene.states(wang) == [("opens", "sms", "sent", None)]


def test_a_visit_that_is_finished_is_not_reminded_of(scene: Scene) -> None:
    wang = scene.wang()
    scene.finish(wang)

    assert scene.remind().to_send == 0
    assert all(state == "not_sent" for _, _, state, _ in scene.states(wang))


def test_who_said_no_to_the_privacy_notice_is_never_written_to(scene: Scene) -> None:
    wang = scene.wang()
    with scene.store.writing() as tx:
        tx.conn.execute(participant.update().values(privacy_answer=False))

    assert scene.tick().sent == 0
    assert scene.states(wang) == [("opens", "sms", "not_sent", "held_no_consent")]


def test_a_moved_operation_is_another_occasion(scene: Scene) -> None:
    wang = scene.wang()
    scene.tick()
    scene.move(wang, date(2026, 12, 20))

    scene.tick(NOON + 12 * DAY)

    sent = [(row.opens_on, row.step) for row in scene.rows(wang) if row.state == "sent"]
    assert sent == [(date(2026, 11, 30), "opens"), (date(2026, 12, 12), "opens")]


def test_after_three_days_down_a_person_gets_one_message(scene: Scene) -> None:
    wang = scene.wang()

    # The steps of 30 November, 2 and 5 December have all come due by the 6th.
    assert scene.tick(NOON + 5 * DAY).sent == 1

    assert [message.reference for message in scene.sms.taken] == [
        row.reference for row in scene.rows(wang) if row.step == "plus-5d"
    ]
    assert ("opens", "sms", "not_sent", "held_superseded") in scene.states(wang)


def test_a_participant_whose_identity_is_broken_steps_aside(scene: Scene) -> None:
    broken, wang = scene.enrol(1), scene.wang()
    with scene.store.writing() as tx:
        spoiled = participant.update().where(participant.c.id == broken.id)
        tx.conn.execute(spoiled.values(identity_sealed="k1.AAAA"))

    tally = scene.remind()
    scene.remind(NOON + HOUR)

    assert (tally.to_send, tally.problems) == (1, 1)
    assert ("opens", "sms", "due", None) in scene.states(wang)
    with scene.store.reading() as tx:
        noted = [event.detail for event in audit.history(tx, "CZ-001") if event.action == remind.PROBLEM]
    assert noted == [{"problem": "seal_broken"}]


def test_a_participant_of_an_unknown_site_steps_aside(scene: Scene) -> None:
    lost, wang = scene.enrol(1), scene.wang()
    with scene.store.writing() as tx:
        tx.conn.execute(participant.update().where(participant.c.id == lost.id).values(site="NOWHERE"))

    assert scene.remind().problems == 1
    assert ("opens", "sms", "due", None) in scene.states(wang)


def test_many_participants_are_judged_page_by_page(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remind, "PAGE", 3)
    people = [scene.enrol(number) for number in range(1, 9)]

    tally = scene.remind()

    assert (tally.looked_at, tally.to_send) == (8, 8)
    assert all(("opens", "sms", "due", None) in scene.states(person) for person in people)


def test_who_is_far_from_every_visit_is_not_even_looked_at(scene: Scene) -> None:
    scene.enrol(1, surgery_planned_on=date(2027, 3, 1))
    scene.enrol(2, surgery_planned_on=None)

    assert scene.remind().looked_at == 0


def test_on_the_last_day_wang_is_put_on_the_call_list_and_taken_off_when_he_answers(scene: Scene) -> None:
    wang = scene.wang()
    last_day = NOON + 6 * DAY + 2 * HOUR
    scene.tick(NOON)
    scene.tick(last_day)
    with scene.store.reading() as tx:
        listed = deliveries.calls(tx, ["CZ"])
        elsewhere = deliveries.calls(tx, ["P3"])
    assert [(row.participant_id, row.audience) for row in listed] == [(wang.id, "call_list")]
    assert elsewhere == ()

    scene.finish(wang, now=last_day)
    scene.remind(last_day + HOUR)

    assert ("call-list", "call", "not_sent", "held_finished") in scene.states(wang)


def test_a_call_is_never_sent_to_a_provider(scene: Scene) -> None:
    scene.wang()
    scene.tick(NOON + 6 * DAY + 2 * HOUR)

    assert {message.channel for message in scene.sms.taken + scene.email.taken} <= {"sms", "email"}
    assert len(scene.sms.taken) == 1

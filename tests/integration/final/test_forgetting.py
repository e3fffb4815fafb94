"""Name and contact go when their time is over, or on request; answers and the audit trail stay."""

from datetime import UTC, date, datetime, timedelta

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select, update

from pro_app.actions import answer, forget_contact, remind
from pro_app.cli import doctor_data
from pro_app.cli import tidy as tidy_word
from pro_app.records import audit, participants, responses
from pro_app.records.audit import CLOCK
from pro_app.records.participants import Identity, Participant
from pro_app.records.schema import delivery, participant
from pro_app.wiring import Service
from tests.integration.clinic.test_pages import signed_in
from tests.integration.exports.ward import CHEN, Ward
from tests.people import sheet

PAGE = "/staff/participants/CZ-001/contact/delete"
# Operated on 17 November 2026: the last visit closes on 17 December 2027, and 3 + 90 days follow.
LAST_DAY = date(2028, 3, 19)


def fresh(ward: Ward, number: str = "CZ-001") -> Participant:
    with ward.store.reading() as tx:
        return participants.by_study_number(tx, number)


def identity(ward: Ward, number: str = "CZ-001") -> Identity:
    with ward.store.reading() as tx:
        return participants.identity_of(tx, participants.by_study_number(tx, number))


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)


def test_the_day_is_counted_from_the_last_day_of_the_last_visit(ward: Ward, wang: Participant) -> None:
    assert forget_contact.due_day(ward.study, wang) == LAST_DAY
    assert forget_contact.daily(ward.store, ward.study, noon(LAST_DAY - timedelta(days=1))) == 0
    assert identity(ward).name == "王秀英"
    assert forget_contact.daily(ward.store, ward.study, noon(LAST_DAY)) == 1
    assert identity(ward) == Identity()
    assert fresh(ward).contact_deleted_at == noon(LAST_DAY)


def test_a_withdrawal_or_death_counts_from_its_day_and_no_date_of_surgery_means_no_day(
    ward: Ward, wang: Participant
) -> None:
    with ward.store.writing() as tx:
        participants.set_status(tx, wang, "withdrawn", "consent_withdrawn", ward.now)
    assert forget_contact.due_day(ward.study, fresh(ward)) == date(2026, 12, 1) + timedelta(days=91)
    other = ward.enrol("CZ-002", "CZ", date(2026, 11, 17), "en-bloc")
    with ward.store.writing() as tx:
        participants.set_surgery(tx, other, "cancelled", None, None)
    assert forget_contact.due_day(ward.study, fresh(ward, "CZ-002")) is None
    with ward.store.reading() as tx:
        later = list(forget_contact.due(tx, ward.study, noon(date(2029, 1, 1))))
    assert [one.person.study_number for one in later] == ["CZ-001"]


def test_everything_that_names_or_reaches_her_is_gone_and_nothing_else(
    ward: Ward, wang: Participant, response: str
) -> None:
    clock_decides(ward)
    with ward.store.writing() as tx:
        sealed = fresh(ward).identity_sealed
        tx.conn.execute(update(delivery).values(refused_address="a" * 64, detail="no such number"))
        assert tx.conn.execute(select(delivery.c.id)).first()
    with ward.store.reading() as tx:
        answers, scores = responses.answers_of(tx, response), responses.scores_of(tx, wang.id)
        trail = [(one.number, one.detail) for one in audit.history(tx, "CZ-001")]
    forget_contact.daily(ward.store, ward.study, noon(LAST_DAY))
    with ward.store.reading() as tx:
        row = tx.conn.execute(select(participant).where(participant.c.id == wang.id)).one()
        assert row.identity_sealed != sealed
        assert row.phone_lookup is None
        assert {*tx.conn.execute(select(delivery.c.refused_address, delivery.c.detail))} == {(None, None)}
        assert responses.answers_of(tx, response) == answers
        assert responses.scores_of(tx, wang.id) == scores
        newest, *older = audit.history(tx, "CZ-001")
        assert [(one.number, one.detail) for one in older] == trail
        assert audit.verify(tx) == ()
    assert (newest.action, newest.actor) == ("contact_deleted", CLOCK)
    assert newest.detail == {"reason": "kept_long_enough", "status": "active"}


def clock_decides(ward: Ward) -> list[str]:
    """One round of the clock's decisions; the reasons of what is not sent."""
    place: remind.Place | None = remind.START
    while place is not None:
        with ward.store.writing() as tx:
            found = remind.survey(tx, ward.study, ward.now, place, frozenset())
            remind.record(tx, found, ward.now)
        place = found.next
    with ward.store.reading() as tx:
        rows = tx.conn.execute(select(delivery.c.state, delivery.c.reason)).all()
    return [row.reason for row in rows if row.state == "not_sent"]


def test_on_request_the_sites_coordinator_deletes_them_at_once_and_no_reminder_goes(
    clinic: Flask, team: None, ward: Ward, wang: Participant
) -> None:
    hua, base = signed_in(clinic, "hua"), "/staff/participants/CZ-001"
    assert "They are deleted by themselves on" in hua.get(base).text
    page = hua.get(PAGE).text
    assert "can't be brought back" in page
    version = str(wang.row_version)
    for wrong, status in (
        ({"reason": "participant_asked", "version": version}, 422),
        ({"reason": "", "sure": "yes", "version": version}, 422),
        ({"reason": "participant_asked", "sure": "yes", "version": "77"}, 409),
    ):
        assert hua.post(PAGE, data=wrong).status_code == status
    for login in ("li", "sun", "chen", "mo"):
        assert signed_in(clinic, login).get(PAGE).status_code == 403
    assert identity(ward).phone
    good = {"reason": "participant_asked", "sure": "yes", "version": version}
    assert hua.post(PAGE, data=good).status_code == 303
    assert identity(ward) == Identity()
    page = hua.get(base).text
    assert "Name and contact were deleted on" in page
    assert "Show name and contact" not in page
    assert hua.post(PAGE, data=good).status_code == 422
    with ward.store.reading() as tx:
        (row,) = (one for one in audit.history(tx, "CZ-001") if one.action == "contact_deleted")
    assert (row.actor.name, row.detail["reason"]) == ("hua", "participant_asked")
    assert set(clock_decides(ward)) == {"held_contact_deleted"}


def test_she_may_still_answer_by_her_link_and_contact_can_be_entered_again(
    ward: Ward, wang: Participant
) -> None:
    with ward.store.writing() as tx:
        forget_contact.forget(tx, wang, wang.row_version, "participant_asked", CHEN, ward.now)
    with ward.store.writing() as tx:
        person = participants.by_handle(tx, wang.handle, lock=True)
        assert person is not None
        sent = sheet(ward.catalogue, "bpi-sf", ward.now)
        receipt = answer.submit(tx, ward.study, ward.catalogue, person, "2w", sent, CHEN, ward.now)
    assert receipt.standing == "current"
    with ward.store.writing() as tx:
        participants.set_identity(tx, fresh(ward), Identity(name="王秀英"), "zh-Hans")
    assert fresh(ward).contact_deleted_at is None


def test_the_daily_round_looks_once_a_day_and_stops_after_so_many(
    ward: Ward, wang: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in ("CZ-002", "CZ-003"):
        ward.enrol(number, "CZ", date(2026, 11, 17), "en-bloc")
    monkeypatch.setattr(forget_contact, "A_TICK", 2)
    monkeypatch.setattr(forget_contact, "PAGE", 2)
    rounds = [forget_contact.daily(ward.store, ward.study, noon(LAST_DAY)) for _ in range(3)]
    assert rounds == [2, 1, 0]
    ward.enrol("CZ-004", "CZ", date(2026, 11, 17), "en-bloc")
    assert forget_contact.daily(ward.store, ward.study, noon(LAST_DAY) + timedelta(hours=1)) == 0
    assert forget_contact.daily(ward.store, ward.study, noon(LAST_DAY) + timedelta(days=1)) == 1


def test_the_word_lists_and_deletes_and_the_doctor_sees_when_nobody_does(
    house: Service, ward: Ward, wang: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tidy_word, "open_migrated", lambda: house)
    for module in (tidy_word, doctor_data):
        monkeypatch.setattr(module, "utc_now", lambda: noon(LAST_DAY + timedelta(days=2)))

    def doctor() -> tuple[bool, str]:
        (found,) = (
            one for check in doctor_data.CHECKS for one in check(house) if one.check == "contact details"
        )
        return found.good, found.says

    assert doctor() == (
        False,
        "1 participants should have been forgotten: run `pro-app tidy`, look at the clock",
    )
    listed = CliRunner().invoke(tidy_word.tidy, ["--dry-run"])
    assert listed.output == "CZ-001\tCZ\tdue since 2028-03-19\n1 due; nothing was deleted.\n"
    assert identity(ward).name
    done = CliRunner().invoke(tidy_word.tidy, [])
    assert done.output.endswith("Name and contact of 1 participants are deleted.\n")
    assert identity(ward) == Identity()
    assert doctor()[0]

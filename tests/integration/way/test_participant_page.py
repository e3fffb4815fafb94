"""The participant's page and what hangs on it: answers, bodies, contact, arm."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from pro_app.actions import look_up
from pro_app.records import audit, deliveries, participants
from pro_app.records.audit import Actor
from pro_app.records.participants import Identity, Participant
from pro_app.records.schema import delivery
from pro_app.records.store import Store
from pro_app.wiring import Service
from tests.conftest import NOON_IN_BEIJING
from tests.integration.clinic.test_pages import signed_in
from tests.integration.exports.ward import SECRET, Ward
from tests.integration.way.test_interview import hidden

ONE = "/staff/participants/CZ-001"
ANSWERS = f"{ONE}/answers/2w"


@contextmanager
def counted(store: Store) -> Iterator[list[str]]:
    """The statements that the database was asked meanwhile."""
    asked: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(store.engine, "before_cursor_execute", note)
    yield asked
    event.remove(store.engine, "before_cursor_execute", note)


def test_the_page_asks_a_bounded_number_of_questions_however_much_has_come(
    li: FlaskClient, house: Service, ward: Ward, wang: Participant
) -> None:
    def questions() -> int:
        with counted(house.store) as asked:
            assert li.get(ONE).status_code == 200
        return len([one for one in asked if not one.startswith("PRAGMA")])

    questions()  # the first page of a session asks a little more
    before = questions()
    for name in ("bpi-sf", "qlq-c30"):
        for timepoint in ("baseline", "2w"):
            ward.answered(wang, timepoint, name, ward.now - timedelta(hours=1))
    assert questions() == before <= 20


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_answers_are_read_in_the_readers_language_and_as_they_were_asked(
    li: FlaskClient, house: Service, ward: Ward, wang: Participant
) -> None:
    missing = {"q5": "skipped", "q6": "not_reached"}
    ward.answered(wang, "2w", "qlq-c30", ward.now, missing=missing, q1=3)
    english, chinese = (house.catalogue.pack("qlq-c30", tag) for tag in ("en", "zh-Hans"))
    page = li.get(ANSWERS).text
    assert english.items["q1"].labels[3] in page
    assert "answered in 中文, shown in English" in page
    assert "skipped" in page
    assert "not reached" in page
    asked = li.get(f"{ANSWERS}?words=own").text
    assert chinese.items["q1"].labels[3] in asked
    assert english.items["q1"].question not in asked
    assert "Nothing has come to this visit yet" in li.get(f"{ONE}/answers/6m").text
    assert li.get(f"{ONE}/answers/9w").status_code == 404


def test_own_words_are_opened_for_the_own_hospital_only_and_each_look_is_on_the_trail(
    clinic: Flask, house: Service, ward: Ward, wang: Participant, team: None
) -> None:
    ward.answered(wang, "2w", "bpi-sf", ward.now, bpi7=SECRET)
    for login in ("chen", "mo"):
        client = signed_in(clinic, login)
        page = client.get(ANSWERS)
        assert page.status_code == 200
        assert SECRET not in page.text
        assert "kept sealed" in page.text
        assert client.post(ANSWERS).status_code == 403
    nurse = signed_in(clinic, "li")
    assert SECRET not in nurse.get(ANSWERS).text
    assert SECRET in nurse.post(ANSWERS).text
    assert SECRET not in nurse.get(ANSWERS).text
    with house.store.reading() as tx:
        event_ = audit.history(tx, "CZ-001")[0]
    assert (event_.action, event_.actor.name) == ("free_text_read", "li")
    assert SECRET not in str(event_.detail)
    assert signed_in(clinic, "zhao").post(ANSWERS).status_code == 404
    assert signed_in(clinic, "ad").get(ANSWERS).status_code == 403


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_the_body_is_drawn_visit_by_visit_with_its_places_in_words(
    li: FlaskClient, ward: Ward, wang: Participant
) -> None:
    sacrum = {"regions": ["back-sacrum", "front-chest-left"], "worst": "back-sacrum"}
    ward.answered(wang, "baseline", "bpi-sf", ward.now - timedelta(days=20), bpi2=sacrum)
    ward.answered(wang, "2w", "bpi-sf", ward.now, missing={"bpi2": "skipped"})
    page = li.get(ONE).text
    names = ward.catalogue.pack("bpi-sf", "en").regions
    label = f"{names['back-sacrum']} (hurts most), {names['front-chest-left']}"
    assert re.search(rf'role="img" aria-label="Base: {re.escape(label)}"', page)
    assert page.count('class="worst"') == 1
    assert page.count('class="shaded"') == 1
    assert re.search(r"<figcaption>2 w</figcaption>.*?<p>skipped</p>", page, re.DOTALL)


def test_the_page_says_where_the_registry_stands_with_each_response(
    li: FlaskClient, ward: Ward, wang: Participant
) -> None:
    ward.answered(wang, "2w", "bpi-sf", ward.now)
    section = li.get(ONE).text.split('id="responses-title"')[1].split("</section>")[0]
    assert "waiting" in section


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_in_chinese_the_day_of_surgery_has_a_chinese_comma(
    clinic: Flask, team: None, wang: Participant
) -> None:
    for path in (ONE, f"{ONE}/print"):
        page = signed_in(clinic, "li", "zh-Hans").get(path).text
        assert "2026年11月17日，已完成" in page
        assert "2026年11月17日, " not in page


def contact(client: FlaskClient, step: str, version: str | None = None, **changes: object) -> TestResponse:
    page = client.get(f"{ONE}/contact").text
    sent = {
        "name": "王秀英",
        "phone": "138 0000 0001",
        "email": "wang@example.org",
        "family_phone": "",
        "birth_year": "",
        "version": version or hidden(page, "version"),
    }
    return client.post(f"{ONE}/contact", data={**sent, "step": step, **changes})


def identity(house: Service, person: Participant) -> Identity:
    with house.store.writing() as tx:
        return look_up.identity(tx, participants.by_id(tx, person.id), Actor("cli", "test"), NOON_IN_BEIJING)


def test_a_wrong_number_is_corrected_after_a_look_at_before_and_after(
    li: FlaskClient, house: Service, wang: Participant
) -> None:
    page = contact(li, "preview", phone="139 0000 0002")
    assert "+86 138 0000 0001" in page.text
    assert "+86 139 0000 0002" in page.text
    assert identity(house, wang).phone == "+8613800000001"
    assert contact(li, "save", phone="139 0000 0002").status_code == 303
    assert identity(house, wang).phone == "+8613900000002"
    with house.store.reading() as tx:
        events = audit.history(tx, "CZ-001")
    saved = next(one for one in events if one.action == "contact_changed")
    assert saved.detail == {"fields": ["phone"], "tried_again": []}
    assert "139" not in str([one.detail for one in events])
    assert len([one for one in events if one.action == "identity_read"]) >= 3


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_what_is_no_number_or_no_change_is_said_and_nothing_is_lost(
    li: FlaskClient, wang: Participant
) -> None:
    for step in ("preview", "save"):
        page = contact(li, step, phone="12", birth_year="61")
        assert page.status_code == 422
        assert 'value="12"' in page.text
        assert "four digits" in page.text
        assert contact(li, step).status_code == 422
    assert "Nothing is different yet" in contact(li, "save").text
    assert "can't be dialled" in contact(li, "preview", phone="12").text


def test_who_saves_an_outdated_form_is_told(li: FlaskClient, wang: Participant) -> None:
    stale = contact(li, "save", version="1", phone="139 0000 0002")
    assert stale.status_code == 409
    assert "changed this participant meanwhile" in stale.text


def test_a_refused_address_is_tried_again_when_corrected_or_confirmed(
    li: FlaskClient, house: Service, wang: Participant, now: datetime
) -> None:
    def refuse(address: str, step: str) -> None:
        with house.store.writing() as tx:
            tx.conn.execute(
                delivery.insert().values(
                    participant_id=wang.id, timepoint="2w", opens_on=date(2026, 11, 28), step=step,
                    channel="email", audience="patient", state="address_refused", reference=step,
                    decided_at=now, next_at=now, attempts=1,
                    refused_address=deliveries.address_hash(tx, address),
                )
            )  # fmt: skip

    def refused(address: str) -> bool:
        with house.store.reading() as tx:
            return deliveries.is_refused(tx, deliveries.of_participant(tx, wang.id), "email", address)

    refuse("wang@example.org", "a")
    refuse("wang@new.example.org", "b")
    assert "does not exist" in li.get(f"{ONE}/contact").text
    assert "sent to again" in contact(li, "preview", again="email").text
    assert contact(li, "save", again="email").status_code == 303
    assert not refused("wang@example.org")
    assert refused("wang@new.example.org")
    contact(li, "save", email="wang@new.example.org")
    assert not refused("wang@new.example.org")
    assert "does not exist" not in li.get(f"{ONE}/contact").text


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_the_contact_is_the_own_hospitals_and_the_arm_is_for_who_may_see_it(
    clinic: Flask, team: None, wang: Participant
) -> None:
    allowed = {
        "contact": {"li": 200, "hua": 200, "sun": 200, "chen": 403, "mo": 403, "zhao": 404, "ad": 403},
        "arm": {"li": 403, "hua": 200, "sun": 200, "chen": 200, "mo": 403, "zhao": 403, "ad": 403},
    }  # fmt: skip
    for word, expected in allowed.items():
        for login, status in expected.items():
            assert signed_in(clinic, login).get(f"{ONE}/{word}").status_code == status, (word, login)


def arm(client: FlaskClient, chosen: str, reason: str, step: str = "save") -> TestResponse:
    page = client.get(f"{ONE}/arm").text
    sent = {"arm": chosen, "reason": reason, "step": step, "version": hidden(page, "version")}
    return client.post(f"{ONE}/arm", data=sent)


def test_the_arm_is_recorded_with_its_reason_and_a_change_needs_an_error(
    hua: FlaskClient, house: Service, wang: Participant
) -> None:
    other = next(one.id for one in house.study.arms if one.id != wang.arm)
    assert arm(hua, wang.arm or "", "randomised").status_code == 422
    assert "Choose why" in arm(hua, other, "randomised").text
    assert arm(hua, "nowhere", "randomised").status_code == 422
    assert "What this would change" in arm(hua, other, "arm_in_error", "preview").text
    assert arm(hua, other, "arm_in_error").status_code == 303
    with house.store.reading() as tx:
        assert participants.by_id(tx, wang.id).arm == other
        event_ = audit.history(tx, "CZ-001")[0]
    assert event_.detail == {"was": {"arm": wang.arm}, "is": {"arm": other}, "reason": "arm_in_error"}
    assert arm(hua, "", "arm_in_error").status_code == 303
    assert arm(hua, other, "randomised").status_code == 303


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_the_history_does_not_tell_the_arm_to_who_may_not_see_it(
    clinic: Flask, team: None, hua: FlaskClient, house: Service, wang: Participant
) -> None:
    other = next(one for one in house.study.arms if one.id != wang.arm)
    arm(hua, other.id, "arm_in_error")
    for login in ("li", "mo"):
        page = signed_in(clinic, login).get(ONE).text
        assert "Arm recorded" in page
        assert other.id not in page
        assert other.label["en"] not in page

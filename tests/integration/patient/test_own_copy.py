"""Mrs Wang keeps a copy of what she sent: she alone, in her own words, and the trail has it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import time_machine

from pro_app.actions import answer
from pro_app.records import audit, participants
from pro_app.records.audit import Actor
from pro_app.records.participants import Identity
from tests.integration.patient.conftest import Phone
from tests.people import sheet

BORN, LINK = "1956", "Keep a copy of my answers"
ONE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


def sends(phone: Phone, *instruments: str, **chosen: object) -> None:
    """Her answers arrive, as from her telephone."""
    now = datetime.now(phone.wang.status_since.tzinfo)
    with phone.house.store.writing() as tx:
        person = participants.by_id(tx, phone.wang.id)
        for name in instruments:
            one = sheet(phone.house.catalogue, name, now, **(chosen if name == "bpi-sf" else {}))
            actor = Actor("patient", person.study_number)
            study, catalogue = phone.house.study, phone.house.catalogue
            answer.submit(tx, study, catalogue, person, "2w", one, actor, now)


@pytest.fixture
def sent(ready: Phone) -> Phone:
    sends(ready, "bpi-sf", "qlq-c30", bpi7="热敷\n阿司匹林", bpi3=7)
    return ready


def copy_of(phone: Phone) -> str:
    return f"/v/{phone.token()}/copy"


def fetched(phone: Phone, typed: str = BORN, how: str = "page") -> str:
    phone.get(copy_of(phone))
    return phone.send(copy_of(phone), answer=typed, how=how).text


def test_after_a_question_only_she_can_answer_her_answers_stand_there_in_her_words(sent: Phone) -> None:
    asked = sent.get(copy_of(sent))
    assert asked.status_code == 200
    assert "热敷" not in asked.text
    page = fetched(sent)
    assert sent.page.status_code == 200
    assert "热敷\n阿司匹林" in page
    for stored in sent.stored():
        assert answer.receipt_number(stored.content_hash) in page
        assert sent.house.catalogue.pack(stored.instrument, "zh-Hans").title in page
    words = sent.house.catalogue.pack("qlq-c30", "zh-Hans")
    assert all(item.question in page for item in words.items.values())
    assert "王秀英" not in page
    assert "13800000001" not in page
    assert sent.page.headers["Cache-Control"] == "no-store"


def test_it_is_on_the_trail_each_time_and_a_wrong_answer_gives_nothing(sent: Phone) -> None:
    refused = fetched(sent, "1957")
    assert sent.page.status_code == 403
    assert "热敷" not in refused
    assert "own_copy_fetched" not in sent.trail()
    fetched(sent)
    fetched(sent, how="file")
    with sent.house.store.reading() as tx:
        rows = [one for one in audit.history(tx, "CZ-001") if one.action == "own_copy_fetched"]
    assert [dict(one.detail) for one in rows] == [
        {"timepoint": "2w", "count": 2, "how": "as_file"},
        {"timepoint": "2w", "count": 2, "how": "as_page"},
    ]
    assert {one.actor.kind for one in rows} == {"patient"}


@ONE
def test_guessing_has_to_wait_and_then_even_the_right_answer(
    sent: Phone, at_noon: time_machine.Traveller
) -> None:
    for year in range(1940, 1945):
        fetched(sent, str(year))
    assert "热敷" not in fetched(sent)
    assert sent.page.status_code == 429
    assert int(sent.page.headers["Retry-After"]) > 0
    at_noon.shift(timedelta(minutes=11))
    assert "热敷" in fetched(sent)


@ONE
def test_the_file_is_plain_text_that_names_nobody(sent: Phone) -> None:
    text = fetched(sent, how="file")
    assert sent.page.mimetype == "text/plain"
    assert sent.page.headers["Content-Disposition"] == "attachment; filename=answers-2w-2026-12-01.txt"
    assert sent.page.headers["Cache-Control"] == "no-store"
    assert text.startswith("\ufeff")
    assert "阿司匹林" in text
    assert answer.receipt_number(sent.stored()[0].content_hash) in text
    assert "王秀英" not in text


@ONE
@pytest.mark.parametrize("guard", ["none", "birth_year", "phone_last4"])
def test_something_is_asked_whatever_the_study_asks_before_the_questions(sent: Phone, guard: str) -> None:
    """A link is the right to write; reading needs more than a link."""
    object.__setattr__(sent.house, "study", replace(sent.house.study, guard=guard))
    right = "0001" if guard == "phone_last4" else BORN
    assert "热敷" not in fetched(sent, "")
    assert "热敷" in fetched(sent, right)


@ONE
def test_where_nothing_is_on_record_to_ask_for_she_is_told_whom_to_ask(sent: Phone) -> None:
    with sent.house.store.writing() as tx:
        fresh = participants.by_id(tx, sent.wang.id)
        participants.set_identity(tx, fresh, Identity("王秀英"), "zh-Hans")
    told = sent.get(copy_of(sent))
    assert told.status_code == 410
    assert sent.send(copy_of(sent), answer="").status_code in (400, 410)
    assert "热敷" not in sent.page.text


@ONE
def test_the_pages_after_sending_have_the_link_and_the_pages_before_have_not(ready: Phone) -> None:
    address = copy_of(ready)
    assert address not in ready.inside().get("/visit?lang=en").text
    sends(ready, "bpi-sf", bpi7="热敷")
    assert f'href="{address}">{LINK}' in ready.get("/visit?lang=en").text
    assert address not in ready.get("/visit/sent/bpi-sf").text, "the next questionnaire comes first"
    sends(ready, "qlq-c30")
    for path in ("/visit", "/visit/sent/qlq-c30"):
        assert address in ready.get(path).text
    # Opened again from the message, in a browser that is in no visit.
    stranger = ready.client.application.test_client()
    assert address in stranger.get(f"/v/{ready.token()}").text


@ONE
def test_before_anything_was_sent_there_is_nothing_to_fetch(ready: Phone) -> None:
    assert ready.get(copy_of(ready)).status_code == 404


@ONE
def test_when_the_visit_is_over_it_says_kindly_whom_to_ask(
    sent: Phone, at_noon: time_machine.Traveller
) -> None:
    at_noon.move_to(datetime(2026, 12, 20, 4, tzinfo=sent.wang.status_since.tzinfo))
    told = sent.get(copy_of(sent) + "?lang=en")
    assert told.status_code == 410
    assert "the follow-up nurse can give you one" in told.text
    assert sent.house.study.sites[0].contact_phone in told.text
    assert copy_of(sent) not in sent.get(f"/v/{sent.token()}").text


@ONE
def test_a_link_that_was_replaced_or_invented_leads_to_the_code(sent: Phone) -> None:
    handle, timepoint, mac = sent.token().split(".")
    for token in (f"{handle}.{timepoint}.{mac[::-1]}", f"{handle}.12m.{mac}", "nonsense"):
        for method in ("get", "post"):
            sent.get("/c")
            told = sent.get(f"/v/{token}/copy") if method == "get" else sent.send(f"/v/{token}/copy")
            assert told.status_code == 404
            assert "热敷" not in told.text


@ONE
def test_a_form_that_was_open_for_too_long_asks_once_more(sent: Phone) -> None:
    told = sent.client.post(copy_of(sent), data={"answer": BORN, "csrf_token": "old"})
    assert told.status_code == 400
    assert 'name="answer"' in told.text
    assert "热敷" not in told.text


@ONE
def test_what_the_hospital_corrected_is_said(sent: Phone) -> None:
    with sent.house.store.writing() as tx:
        tx.conn.exec_driver_sql("UPDATE response SET revision = 2 WHERE instrument = 'bpi-sf'")
    sent.get(copy_of(sent) + "?lang=en")
    page = sent.send(copy_of(sent) + "?lang=en", answer=BORN, how="page").text
    assert page.count("Your hospital has corrected this") == 1
    assert "what you sent" not in page

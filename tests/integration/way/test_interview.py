"""An interview, told by Nurse Li who asks and Mrs Wang who answers on the telephone."""

import re
from datetime import date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pro_app.actions import answer
from pro_app.records import audit, drafts, outbox_tally, responses
from pro_app.records.participants import Participant
from pro_app.wiring import Service
from tests.integration.clinic.test_pages import signed_in
from tests.integration.exports.ward import Ward

START = "/staff/participants/CZ-001/interview/2w"
BPI = f"{START}/bpi-sf"
SAID = {"bpi1": "1", "bpi3": "8", "bpi4": "2", "bpi5": "4", "bpi6": "", "bpi8": "50", "bpi9a": "3"}
PLACES = {"bpi2": ["back-lumbar-spine", "back-sacrum"], "bpi2_worst": "back-sacrum"}


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


def fill(client: FlaskClient, action: str = "review", **more: object) -> TestResponse:
    page = client.get(BPI).text
    sent = {**SAID, **PLACES, "response": hidden(page, "response"), "words": "zh-Hans", "action": action}
    return client.post(BPI, data={**sent, **more})


def store_it(client: FlaskClient, helper: str = "filled") -> TestResponse:
    page = client.get(f"{BPI}/review").text
    return client.post(f"{BPI}/review", data={"left": hidden(page, "left"), "helper": helper})


def test_what_li_hears_is_stored_as_an_interview_entered_by_her(
    li: FlaskClient, house: Service, wang: Participant
) -> None:
    page = li.get(START)
    assert page.status_code == 200
    assert "Ask these questions" in page.text
    form = li.get(BPI).text
    assert house.catalogue.pack("bpi-sf", "zh-Hans").items["bpi3"].question in form
    assert "checked" not in form, "nothing is chosen beforehand"
    assert fill(li).location == f"{BPI}/review"
    review = li.get(f"{BPI}/review").text
    assert "needs somebody today" in review
    answer_ = store_it(li)
    assert answer_.location == f"{START}/qlq-c30", "the other form of the visit comes next"
    with house.store.reading() as tx:
        stored = responses.current(tx, wang.id, "2w", "bpi-sf")
        answers = responses.answers_of(tx, stored.uuid)
        event = audit.history(tx, "CZ-001")[0]
        waits = outbox_tally.tally(tx, house.study.registries[0].id)
        scores = {one.result.scale: one.result.value for one in responses.scores_of(tx, wang.id)}
    assert (stored.mode, stored.helper, stored.entered_by) == ("interview", "filled", "li")
    assert stored.completed_on == date(2026, 12, 1)
    assert stored.language == "zh-Hans"
    assert answers["bpi2"] == {"value": {"regions": PLACES["bpi2"], "worst": "back-sacrum"}}
    assert answers["bpi6"] == answers["bpi9b"] == {"missing": "skipped"}
    assert (event.action, event.actor.name) == ("response_received", "li")
    assert waits.waiting == 1
    assert scores["WORST"] == 8


def test_a_call_that_breaks_off_loses_nothing_and_the_page_saves_without_a_word(
    li: FlaskClient, wang: Participant
) -> None:
    assert fill(li, "quietly").status_code == 204
    again = li.get(BPI).text
    assert re.search(r'name="bpi3" value="8" checked', again)
    assert re.search(r'name="bpi6" value="" checked', again), "a refusal is kept as one"
    assert "of 15 entered" in li.get(START).text


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_how_it_was_asked_must_be_said(li: FlaskClient, wang: Participant) -> None:
    fill(li)
    answer_ = store_it(li, "")
    assert answer_.status_code == 422
    assert "Choose how it was asked" in answer_.text


def test_an_answer_that_is_none_is_shown_and_the_others_are_kept(li: FlaskClient, wang: Participant) -> None:
    answer_ = fill(li, bpi3="77", bpi7="x" * 1001)
    assert answer_.status_code == 422
    assert "2 answers need another look" in answer_.text
    assert re.search(r'name="bpi4" value="2" checked', li.get(BPI).text)


def test_the_review_is_shown_again_when_the_draft_changed_meanwhile(
    li: FlaskClient, wang: Participant
) -> None:
    fill(li)
    left = hidden(li.get(f"{BPI}/review").text, "left")
    fill(li, bpi9b="2")
    answer_ = li.post(f"{BPI}/review", data={"left": left, "helper": "filled"})
    assert answer_.status_code == 409
    assert "changed in another window" in answer_.text


def test_pressing_store_twice_stores_once(li: FlaskClient, house: Service, wang: Participant) -> None:
    fill(li)
    left = hidden(li.get(f"{BPI}/review").text, "left")
    for _ in range(2):
        assert li.post(f"{BPI}/review", data={"left": left, "helper": "read"}).status_code == 303
    with house.store.reading() as tx:
        assert len(responses.of_participant(tx, wang.id)) == 1


def test_what_the_patient_began_is_not_shown_until_it_is_taken_over_on_purpose(
    li: FlaskClient, house: Service, wang: Participant, now: datetime
) -> None:
    begun = {"bpi1": {"value": True}, "bpi3": {"value": 6}, "bpi7": {"value": "our secret"}}
    with house.store.writing() as tx:
        answer.keep_draft(
            tx, house.study, house.catalogue, wang, "2w", instrument="bpi-sf",
            response="0b7c5a52-6d1f-4b53-9f10-0d7a3a1f2b11", language="zh-Hans",
            pack=house.catalogue.pack("bpi-sf", "zh-Hans").hash, position=None, answers=begun, now=now,
        )  # fmt: skip
    form = li.get(BPI).text
    assert "answered 3 questions" in form
    assert "checked" not in form
    assert "our secret" not in form
    assert li.post(f"{BPI}/take-over").status_code == 303
    form = li.get(BPI).text
    assert re.search(r'name="bpi3" value="6" checked', form)
    assert "our secret" not in form
    with house.store.reading() as tx:
        assert audit.history(tx, "CZ-001")[0].action == "draft_taken_over"
    fill(li)
    store_it(li)
    with house.store.reading() as tx:
        kept = drafts.of_visit(tx, wang.id, "2w")
    assert set(kept) == {"bpi-sf"}, "hers stays, the interview's is gone"


def test_nothing_is_asked_before_the_privacy_notice_is_agreed_to(
    li: FlaskClient, house: Service, ward: Ward
) -> None:
    mary = ward.enrol("CZ-002", "CZ", date(2026, 11, 17), "en-bloc")
    start = "/staff/participants/CZ-002/interview/2w"
    page = li.get(start).text
    assert "First the privacy notice" in page
    assert "Ask these questions" not in page
    assert li.get(f"{start}/bpi-sf").location == start
    li.post(start, data={"read_out": "yes"})
    assert "Tick both boxes" in li.get(start).text
    li.post(start, data={"read_out": "yes", "health_data": "yes"})
    assert "Ask these questions" in li.get(start).text
    with house.store.reading() as tx:
        event = audit.history(tx, mary.study_number)[0]
    assert (event.action, event.actor.name) == ("privacy_agreed", "li")


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_visit_that_is_not_open_or_a_participant_who_left_is_not_asked(
    li: FlaskClient, clinic: Flask, wang: Participant
) -> None:
    early = li.get("/staff/participants/CZ-001/interview/6m").text
    assert "Before that nothing is asked" in early
    assert "Ask these questions" not in early
    for step in ("preview", "save"):
        sent = {"status": "withdrawn", "reason": "moved_away", "step": step}
        page = li.get("/staff/participants/CZ-001/status").text
        sent["version"] = hidden(page, "version")
        li.post("/staff/participants/CZ-001/status", data=sent)
    assert "Nothing more is asked" in li.get(START).text
    assert li.get(BPI).status_code == 303


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_who_may_only_read_and_other_sites_do_not_come_in(
    clinic: Flask, team: None, wang: Participant
) -> None:
    assert signed_in(clinic, "mo").get(START).status_code == 403
    assert signed_in(clinic, "zhao").get(BPI).status_code == 404
    assert clinic.test_client().get(START).status_code == 303
    assert signed_in(clinic, "li").get("/staff/participants/CZ-001/interview/9w").status_code == 404
    assert signed_in(clinic, "li").get(f"{START}/phq-9").status_code == 404


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_the_questions_can_be_asked_in_another_language_and_the_response_says_so(
    li: FlaskClient, house: Service, wang: Participant
) -> None:
    english = house.catalogue.pack("bpi-sf", "en")
    assert fill(li, "words:en").location == f"{BPI}?words=en"
    page = li.get(f"{BPI}?words=en").text
    assert english.items["bpi3"].question in page
    li.post(BPI, data={**SAID, "words": "en", "action": "review"})
    store_it(li)
    with house.store.reading() as tx:
        stored = responses.current(tx, wang.id, "2w", "bpi-sf")
    assert (stored.language, stored.pack) == ("en", english.hash)

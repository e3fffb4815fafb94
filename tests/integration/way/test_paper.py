"""Forms on paper: Li types them in, Sun types them in again, Hua settles where the two differ."""

import re
from datetime import date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from pro_app import journey
from pro_app.actions import second_entry
from pro_app.records import audit, participants, responses, second_entries
from pro_app.records.audit import Actor
from pro_app.records.participants import Participant
from pro_app.records.schema import audit as audit_rows
from pro_app.records.schema_clinic import second_entry as entry_rows
from pro_app.records.second_entries import SecondEntryThere
from pro_app.wiring import Service
from tests.integration.clinic.test_pages import signed_in
from tests.integration.exports.ward import Ward
from tests.integration.way.test_interview import hidden

START = "/staff/participants/CZ-001/paper/2w"
BPI = f"{START}/bpi-sf"
NRS = {f"bpi{number}": "3" for number in ("3", "4", "5", "6", "9a", "9b", "9c", "9d", "9e", "9f", "9g")}
ON_PAPER = {"bpi1": "1", "bpi8": "50", **NRS, "bpi2": ["back-sacrum"], "bpi2_worst": "back-sacrum"}


def typed(client: FlaskClient, step: str = "save", day: str = "2026-12-01", **more: object) -> TestResponse:
    page = client.get(BPI).text
    sent = {**ON_PAPER, "response": hidden(page, "response"), "completed_on": day, "helper": "alone"}
    return client.post(BPI, data={**sent, "step": step, **more})


def stored(house: Service, person: Participant) -> responses.Stored:
    with house.store.reading() as tx:
        found = responses.current(tx, person.id, "2w", "bpi-sf")
    assert found
    return found


def test_a_form_is_looked_over_and_then_stored_with_both_days(
    li: FlaskClient, house: Service, wang: Participant
) -> None:
    page = typed(li, "preview", "2026-11-30", bpi6="", bpi7="paracetamol")
    assert page.status_code == 200
    assert "lies in the window" in page.text
    assert "1 question is empty and will be recorded as skipped:</p>" in page.text.replace(": 6</p>", ":</p>")
    assert typed(li, day="2026-11-30", bpi6="", bpi7="paracetamol").location == START
    assert "Receipt" in li.get(START).text
    one = stored(house, wang)
    assert (one.mode, one.helper, one.entered_by) == ("paper", "alone", "li")
    assert one.completed_on == date(2026, 11, 30)
    with house.store.reading() as tx:
        answers = responses.answers_of(tx, one.uuid)
        event = audit.history(tx, "CZ-001")[0]
    assert answers["bpi6"] == {"missing": "skipped"}
    assert answers["bpi7"] == {"value": "paracetamol"}
    assert answers["bpi8"] == {"value": 50}
    assert "paracetamol" not in str(event.detail)


def test_a_form_filled_in_within_the_window_and_typed_in_long_after_is_in_time(
    li: FlaskClient, house: Service, ward: Ward, clinic: Flask, wang: Participant
) -> None:
    early = ward.enrol("CZ-009", "CZ", date(2026, 8, 1), "en-bloc")
    with house.store.writing() as tx:
        participants.set_privacy(tx, early, "1", True, ward.now)
    closed = "/staff/participants/CZ-009/paper/2w"
    for name, day, state in (("qlq-c30", "2026-08-16", "incomplete"), ("bpi-sf", "2026-08-15", "done")):
        page = li.post(f"{closed}/{name}", data={"completed_on": day, "step": "save"})
        assert page.status_code == 303
        with house.store.reading() as tx:
            stop = journey.of(tx, house.study, participants.by_id(tx, early.id), ward.now).at("2w")
        assert stop.assessment.state == state
        assert stop.assessment.late == ()
    with house.store.reading() as tx:
        assert {one.reason for one in responses.of_participant(tx, early.id)} == {None}


STANDS = {
    "2026-11-20": "before the window opens",
    "2026-11-27": "before the window opens",
    "2026-11-28": "counts as in time",
    "2026-12-01": "counts as in time",
}
CANNOT_BE = {
    "": "Give the day on which the form was filled in",
    "1.12.2026": "year-month-day",
    "2026-12-02": "has not come yet",
    "2026-11-07": "before the enrolment",
}


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_how_a_day_stands_is_said_before_the_form_is_stored(li: FlaskClient, wang: Participant) -> None:
    for day, words in STANDS.items():
        page = typed(li, "preview", day)
        assert page.status_code == 200
        assert words in page.text, day


def test_a_day_that_cannot_be_is_refused_and_nothing_typed_is_lost(
    li: FlaskClient, house: Service, wang: Participant
) -> None:
    for day, words in CANNOT_BE.items():
        for step in ("preview", "save"):
            page = typed(li, step, day)
            assert page.status_code == 422
            assert words in page.text, day
            assert re.search(r'name="bpi8" value="50"', page.text)
    with house.store.reading() as tx:
        assert responses.of_participant(tx, wang.id) == ()


def test_before_the_window_and_after_it_are_kept_with_their_mark(
    li: FlaskClient, house: Service, wang: Participant
) -> None:
    typed(li, day="2026-11-20")
    assert stored(house, wang).reason == "before_window"
    assert "came before the window" in li.get("/staff/participants/CZ-001").text


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_what_is_no_code_is_said_at_its_item_and_wide_digits_are_digits(
    li: FlaskClient, house: Service, wang: Participant
) -> None:
    page = typed(li, "save", bpi3="12", bpi8="55", bpi1="yes")
    assert page.status_code == 422
    assert "3 fields need another look" in page.text
    assert "Type one of 0–10, or leave it empty." in page.text
    assert "Type one of 0–100 in steps of 10, or leave it empty." in page.text
    assert 'value="12"' in page.text
    assert typed(li, bpi3="１０").status_code == 303
    with house.store.reading() as tx:
        assert responses.answers_of(tx, stored(house, wang).uuid)["bpi3"] == {"value": 10}


def test_pressing_store_twice_stores_once_and_another_form_is_kept_beside(
    li: FlaskClient, house: Service, wang: Participant
) -> None:
    page = li.get(BPI).text
    sent = {**ON_PAPER, "response": hidden(page, "response"), "completed_on": "2026-12-01", "step": "save"}
    for _ in range(2):
        assert li.post(BPI, data=sent).status_code == 303
    assert "is kept beside it" in typed(li, "preview").text
    typed(li)
    with house.store.reading() as tx:
        assert [one.standing for one in responses.of_participant(tx, wang.id)] == ["current", "beside"]


def test_a_form_from_before_a_withdrawal_counts_and_one_from_after_does_not(
    li: FlaskClient, house: Service, ward: Ward, wang: Participant
) -> None:
    with house.store.writing() as tx:
        participants.set_status(tx, wang, "withdrawn", "moved_away", ward.now)
    typed(li, day="2026-11-30")
    assert stored(house, wang).standing == "current"


def second(client: FlaskClient, **more: object) -> TestResponse:
    return client.post(f"{BPI}/second", data={**ON_PAPER, **more})


@pytest.fixture
def sun(clinic: Flask, team: None) -> FlaskClient:
    return signed_in(clinic, "sun")


def test_the_second_entry_is_somebody_elses_and_does_not_see_the_first(
    li: FlaskClient, sun: FlaskClient, house: Service, wang: Participant
) -> None:
    typed(li, bpi7="my own words")
    assert "the second entry is somebody else" in li.get(START).text
    assert second(li).location == START
    assert "somebody else does it" in li.get(START).text
    page = sun.get(f"{BPI}/second").text
    assert 'name="bpi8" value=""' in page
    assert "my own words" not in page
    assert second(sun, bpi2=["back-sacrum"], bpi7=" my own\r\nwords ").location == START
    assert "are the same" in sun.get(START).text
    with house.store.reading() as tx:
        entry = second_entries.of_participant(tx, wang.id)[0]
    assert (entry.differences, entry.entered_by, entry.settled_by) == (0, "sun", "sun")
    assert second(sun).location == START
    assert "typed in twice already" in sun.get(START).text


def test_of_two_second_entries_at_one_moment_the_first_is_kept(
    li: FlaskClient, house: Service, wang: Participant, now: datetime
) -> None:
    typed(li)
    one, instrument = stored(house, wang), house.catalogue.instrument("bpi-sf")
    with house.store.reading() as tx:
        wire = responses.answers_of(tx, one.uuid)
    with house.store.writing() as tx:
        assert second_entry.enter(tx, instrument, wang, one, wire, Actor("staff", "sun"), now) == 0
    with pytest.raises(SecondEntryThere), house.store.writing() as tx:
        second_entry.enter(tx, instrument, wang, one, wire, Actor("staff", "hua"), now)
    with house.store.reading() as tx:
        assert [entry.entered_by for entry in second_entries.of_participant(tx, wang.id)] == ["sun"]
        assert audit.history(tx, "CZ-001")[0].actor.name == "sun"


def test_what_differs_is_settled_by_a_choice_per_item_and_corrected_on_the_usual_way(
    li: FlaskClient, sun: FlaskClient, hua: FlaskClient, house: Service, wang: Participant
) -> None:
    typed(li, day="2026-11-30", bpi7="kept words")
    before = stored(house, wang)
    wish = {"bpi3": "9", "bpi4": "", "bpi2": ["back-head"], "bpi2_worst": "", "bpi7": "kept words"}
    assert second(sun, **wish).location == f"{BPI}/compare"
    assert "3 differences to settle" in li.get(START).text
    assert "A coordinator looks" in sun.get(f"{BPI}/compare").text
    assert sun.post(f"{BPI}/compare", data={}).status_code == 403
    incomplete = hua.post(f"{BPI}/compare", data={"bpi3": "second", "bpi4": "first"})
    assert incomplete.status_code == 422
    assert "Choose for every item" in incomplete.text
    assert re.search(r'name="bpi3" value="second"[^>]* checked', incomplete.text)
    choices = {"bpi2": "first", "bpi3": "second", "bpi4": "first"}
    assert hua.post(f"{BPI}/compare", data=choices).location == START
    assert "3 differences, settled" in hua.get(START).text
    after = stored(house, wang)
    assert after.uuid != before.uuid
    assert (after.completed_on, after.entered_by, after.mode) == (date(2026, 11, 30), "li", "paper")
    with house.store.reading() as tx:
        answers = responses.answers_of(tx, after.uuid)
        events = [event.action for event in audit.history(tx, "CZ-001")]
    assert answers["bpi3"] == {"value": 9}
    assert answers["bpi4"] == {"value": 3}
    assert answers["bpi7"] == {"value": "kept words"}
    assert events[:3] == ["response_corrected", "second_entry_settled", "second_entry"]
    again = hua.post(f"{BPI}/compare", data=choices)
    assert again.status_code == 409
    assert "settled this meanwhile" in again.text


def test_words_that_differ_stay_sealed_until_the_own_hospital_looks_and_are_corrected_too(
    clinic: Flask, li: FlaskClient, sun: FlaskClient, hua: FlaskClient, house: Service, wang: Participant
) -> None:
    typed(li, bpi7="ibuprofen at night")
    assert second(sun, bpi7="ibuprofen at noon").location == f"{BPI}/compare"
    chen = signed_in(clinic, "chen")
    for client in (hua, chen):
        page = client.get(f"{BPI}/compare").text
        assert "kept sealed" in page
        assert "ibuprofen" not in page
    assert chen.post(f"{BPI}/compare/words").status_code == 403
    shown = hua.post(f"{BPI}/compare/words").text
    assert "at night" in shown
    assert "at noon" in shown
    with house.store.reading() as tx:
        assert audit.history(tx, "CZ-001")[0].action == "free_text_read"
        kept = [*tx.conn.execute(select(entry_rows)), *tx.conn.execute(select(audit_rows))]
    assert kept
    assert "ibuprofen" not in str(kept)
    assert hua.post(f"{BPI}/compare", data={"bpi7": "second"}).location == START
    one = stored(house, wang)
    with house.store.reading() as tx:
        assert responses.answers_of(tx, one.uuid)["bpi7"] == {"value": "ibuprofen at noon"}
        entry = second_entries.of_participant(tx, wang.id)[0]
        replaced = responses.by_uuid(tx, entry.response)
        assert replaced
        assert second_entries.of_responses(tx, [replaced.id, one.id]) == {replaced.id: entry}


def test_a_response_corrected_meanwhile_is_not_overwritten_by_the_second_entry(
    li: FlaskClient, sun: FlaskClient, hua: FlaskClient, ward: Ward, house: Service, wang: Participant
) -> None:
    typed(li)
    second(sun, bpi3="9")
    ward.corrected(wang, stored(house, wang).uuid, bpi3=5)
    refused = hua.post(f"{BPI}/compare", data={"bpi3": "second"})
    assert refused.status_code == 409
    assert "corrected after it was typed in" in refused.text
    with house.store.reading() as tx:
        assert responses.answers_of(tx, stored(house, wang).uuid)["bpi3"] == {"value": 5}
        assert second_entries.of_participant(tx, wang.id)[0].settled_at is None
    assert hua.post(f"{BPI}/compare", data={"bpi3": "first"}).status_code == 303


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_the_printed_form_carries_number_visit_wording_and_mark_and_leads_back_by_its_picture(
    li: FlaskClient, house: Service, wang: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = []
    monkeypatch.setattr("pro_app.web.paper_form.qr", lambda address, title: addresses.append(address) or "")
    page = li.get("/staff/participants/CZ-001/paper-form/2w").text
    chinese = house.catalogue.pack("bpi-sf", "zh-Hans")
    assert '<html lang="zh-Hans">' in page
    assert chinese.items["bpi3"].question in page
    assert chinese.hash[:12] in page
    assert page.count("演示用措辞") == 2
    assert "CZ-001" in page
    assert "王秀英" not in page
    pack = house.catalogue.pack("bpi-sf", "en")
    assert pack.items["bpi3"].question in li.get("/staff/participants/CZ-001/paper-form/2w?words=en").text
    path = addresses[2].removeprefix(house.settings.base_url)
    assert path == f"{BPI}?pack={pack.hash[:12]}"
    entry = li.get(path).text
    assert re.search(rf'<option value="{pack.hash}" selected', entry)
    assert typed(li, pack=pack.hash).status_code == 303
    assert stored(house, wang).pack == pack.hash


def test_a_form_of_somebody_who_has_not_agreed_waits_for_the_ticked_boxes(
    li: FlaskClient, house: Service, ward: Ward
) -> None:
    ward.enrol("CZ-002", "CZ", date(2026, 11, 17), "en-bloc")
    start = "/staff/participants/CZ-002/paper/2w"
    assert "First the privacy notice" in li.get(start).text
    assert li.get(f"{start}/bpi-sf").location == start
    assert house.study.privacy.health_data["zh-Hans"] in li.get(start.replace("paper", "paper-form")).text
    back = li.post(
        "/staff/participants/CZ-002/interview/2w",
        data={"read_out": "yes", "health_data": "yes", "back": "paper"},
    )
    assert back.location == start
    assert li.get(f"{start}/bpi-sf").status_code == 200


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_readers_and_other_sites_have_no_way_to_paper(clinic: Flask, team: None, wang: Participant) -> None:
    paths = (START, BPI, f"{BPI}/second", "/staff/participants/CZ-001/paper-form/2w")
    for path in paths:
        assert signed_in(clinic, "mo").get(path).status_code == 403
        assert signed_in(clinic, "zhao").get(path).status_code == 404
    assert signed_in(clinic, "mo").get(f"{BPI}/compare").status_code == 404
    assert signed_in(clinic, "ad").get(f"{BPI}/compare").status_code == 403

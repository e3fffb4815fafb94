"""In production nobody is invited with demonstration wording; in a demonstration every page is marked."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pro_app.cli import doctor, serving
from pro_app.instruments.catalogue import Catalogue
from pro_app.records import audit, participants
from pro_app.web.factory import create_app
from pro_app.wiring import Service
from tests.integration.clinic.people import PASSWORD, enrolled, wang
from tests.integration.clinic.sheets import given
from tests.integration.clinic.test_pages import signed_in
from tests.unit.instruments.owners_words import licensed

MARK = "Demonstration wording – not for data collection"
NOTHING = "There is nothing to give out yet"
CHINESE = (("bpi-sf", "zh-Hans"), ("qlq-c30", "zh-Hans"))
PAGES = ("link", "card", "card?size=a6")


def in_production(house: Service, catalogue: Catalogue | None = None) -> Service:
    settings = replace(house.settings, mode="production", base_url="https://follow.example.cn")
    return replace(house, settings=settings, catalogue=catalogue or house.catalogue)


def opened(house: Service) -> Flask:
    app = create_app(house)
    app.config["WTF_CSRF_ENABLED"] = False
    return app


def li(app: Flask) -> FlaskClient:
    """Li's browser, over https as in production."""
    client = app.test_client()
    secure = {"base_url": "https://follow.example.cn"}
    sent = {"login": "li", "password": PASSWORD}
    assert client.post("/staff/sign-in", data=sent, **secure).status_code == 303
    client.post("/staff/language", data={"language": "en"}, **secure)
    return client


@pytest.fixture
def link(house: Service, clinic: Flask, team: None, now: datetime) -> Iterator[str]:
    """The personal link of Wang's visit before surgery, which is open. (`clinic` holds the clock.)"""
    enrolled(house.store, house.study, house.links, wang(surgery_planned_on=date(2026, 12, 3)), now)
    with house.store.reading() as tx:
        person = participants.by_study_number(tx, "CZ-003", None)
    yield f"/v/{house.links.token(person.handle, 'baseline', person.link_epoch)}"


def get(client: FlaskClient, path: str) -> tuple[int, str]:
    found = client.get(path, base_url="https://follow.example.cn")
    return found.status_code, found.text


def test_no_link_code_or_card_is_given_out_and_none_is_on_record_as_shown(house: Service, link: str) -> None:
    client = li(opened(in_production(house)))
    for page in PAGES:
        status, text = get(client, f"/staff/participants/CZ-003/{page}")
        assert status == 200
        assert NOTHING in text
        assert "/v/" not in text
        assert 'class="qr"' not in text
    with house.store.reading() as tx:
        assert "card_shown" not in {event.action for event in audit.history(tx, "CZ-003")}


def test_with_the_owners_wording_they_are_given_out_without_a_mark(house: Service, link: str) -> None:
    words = licensed(house.catalogue, *CHINESE, ("bpi-sf", "en"), ("qlq-c30", "en"))
    client = li(opened(in_production(house, words)))
    for page in PAGES:
        text = get(client, f"/staff/participants/CZ-003/{page}")[1]
        assert NOTHING not in text
        assert 'class="qr"' in text
        assert MARK not in text


def test_a_visit_cannot_be_begun(house: Service, link: str) -> None:
    client = opened(in_production(house)).test_client()
    asked = client.get(f"{link}?lang=en", base_url="https://follow.example.cn")
    begun = client.post(link, data={"answer": "1961"}, base_url="https://follow.example.cn")
    for answer in (asked, begun):
        assert answer.status_code == 409
        assert "visit=" not in " ".join(answer.headers.getlist("Set-Cookie"))
    assert "Not ready yet" in asked.text


def test_with_the_owners_wording_in_one_language_it_can(house: Service, link: str) -> None:
    client = opened(in_production(house, licensed(house.catalogue, *CHINESE))).test_client()
    assert get(client, link)[0] == 200
    begun = client.post(link, base_url="https://follow.example.cn")
    assert begun.status_code == 303


def test_in_a_demonstration_all_goes_on_with_its_mark(house: Service, clinic: Flask, link: str) -> None:
    client = signed_in(clinic, "li")
    for page in ("card", "card?size=a6"):
        assert MARK in client.get(f"/staff/participants/CZ-003/{page}").text
    patient = clinic.test_client()
    assert MARK in patient.get("/?lang=en").text
    assert MARK in patient.get(f"{link}?lang=en").text
    assert patient.post(link).status_code == 303
    assert MARK in patient.get("/visit?lang=en").text or MARK in patient.get("/visit/privacy?lang=en").text
    assert MARK in patient.get("/visit/privacy?lang=en").text
    for instrument in ("bpi-sf", "qlq-c30"):
        assert MARK in patient.get(f"/q/{instrument}/en", follow_redirects=True).text


def test_the_a4_sheet_says_that_its_answers_were_given_to_demonstration_wording(
    house: Service, clinic: Flask, team: None, now: datetime
) -> None:
    given(house, now)
    assert MARK in signed_in(clinic, "li").get("/staff/participants/CZ-001/print").text
    other = replace(house, catalogue=licensed(house.catalogue, *CHINESE))
    given(other, now, "bpi-sf")
    assert MARK in signed_in(opened(other), "li").get("/staff/participants/CZ-001/print").text


def test_the_a4_sheet_of_answers_to_the_owners_wording_has_no_mark(
    house: Service, clinic: Flask, team: None, now: datetime
) -> None:
    other = replace(house, catalogue=licensed(house.catalogue, *CHINESE))
    given(other, now)
    page = signed_in(opened(other), "li").get("/staff/participants/CZ-001/print")
    assert page.status_code == 200
    assert MARK not in page.text


def test_serve_and_doctor_name_the_visits_nobody_is_invited_to(house: Service) -> None:
    said = serving.not_inviting(in_production(house))
    assert all(re.search(rf"\b{one.id}\b", said) for one in house.study.timepoints)
    assert "wording install" in said
    found = list(doctor._wording(in_production(house)))
    assert (False, "invitations", said) in found
    assert all(not good for good, _, _ in found)


def test_with_the_wording_or_in_a_demonstration_they_say_nothing(house: Service) -> None:
    assert serving.not_inviting(house) == ""
    assert serving.not_inviting(in_production(house, licensed(house.catalogue, *CHINESE))) == ""
    assert all(good for good, _, _ in doctor._wording(house))

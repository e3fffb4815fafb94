"""The pages of accounts: what Li does to her own, and what others do to hers."""

import re
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pro_app.records import audit, staff, staff_letters, staff_tickets
from pro_app.wiring import Service
from tests.integration.clinic.people import PASSWORD

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
NEW = "nine wooden bridges"
WISH = {
    "login": "Nurse.Hu",
    "name": "Hu",
    "role": "nurse",
    "site": "CZ",
    "language": "en",
    "email": "hu@hospital.example.cn",
}


def signed_in(clinic: Flask, login: str, password: str = PASSWORD) -> FlaskClient:
    client = clinic.test_client()
    client.set_cookie("language", "en")
    assert client.post("/staff/sign-in", data={"login": login, "password": password}).status_code == 303
    return client


def test_li_changes_her_password_and_only_this_browser_stays_in(clinic: Flask, team: None) -> None:
    li, elsewhere = signed_in(clinic, "li"), signed_in(clinic, "li")
    page = li.get("/staff/account").text
    assert page.count("this one") == 1
    assert "End the others" in page
    done = li.post("/staff/account/password", data={"old": PASSWORD, "new": NEW, "again": NEW})
    assert done.status_code == 303
    assert li.get("/staff/account").status_code == 200
    assert elsewhere.get("/staff/account").status_code == 303
    signed_in(clinic, "li", NEW)


WRONG_PASSWORDS: tuple[tuple[dict[str, str], str], ...] = (
    ({"old": "wrong", "new": NEW, "again": NEW}, "present password is not right"),
    ({"old": PASSWORD, "new": NEW, "again": "other"}, "The two passwords differ"),
    ({"old": PASSWORD, "new": "short", "again": "short"}, "at least 12 characters"),
    ({"old": PASSWORD, "new": "lilililililili", "again": "lilililililili"}, "guessed first"),
    ({}, "at least 12 characters"),
)


def test_a_password_that_cannot_be_is_said_at_its_field(clinic: Flask, team: None) -> None:
    li = signed_in(clinic, "li")
    for fields, words in WRONG_PASSWORDS:
        answer = li.post("/staff/account/password", data=fields)
        assert answer.status_code == 422
        assert words in answer.text
        assert PASSWORD not in answer.text
        assert NEW not in answer.text


def test_her_old_password_can_not_be_guessed_from_an_open_browser(clinic: Flask, team: None) -> None:
    li = signed_in(clinic, "li")
    for _ in range(5):
        li.post("/staff/account/password", data={"old": "wrong", "new": NEW, "again": NEW})
    answer = li.post("/staff/account/password", data={"old": PASSWORD, "new": NEW, "again": NEW})
    assert answer.status_code == 422
    assert "Please wait" in answer.text


def test_li_sets_her_pin_and_ends_her_other_sessions(clinic: Flask, team: None, house: Service) -> None:
    li, elsewhere = signed_in(clinic, "li"), signed_in(clinic, "li")
    wrong = {"pin": "1234", "pin_again": "1235", "password": PASSWORD}
    assert "guessed first" in li.post("/staff/account/pin", data=wrong).text
    right = {"pin": "7305", "pin_again": "7305", "password": PASSWORD}
    assert li.post("/staff/account/pin", data={**right, "password": "wrong"}).status_code == 422
    assert li.post("/staff/account/pin", data=right).status_code == 303
    assert "Your PIN is set." in li.get("/staff/account").text
    assert li.post("/staff/account/sessions").status_code == 303
    assert elsewhere.get("/staff/account").status_code == 303
    assert signed_in(clinic, "mo").post("/staff/account/pin", data=right).status_code == 403
    with house.store.reading() as tx:
        told = str([(event.action, event.detail) for event in audit.history(tx, "li")])
    assert "7305" not in told


def test_an_invitation_goes_out_and_its_link_sets_the_password_by_a_press(
    clinic: Flask, team: None, house: Service, now: datetime
) -> None:
    chen = signed_in(clinic, "chen")
    assert chen.post("/staff/accounts", data=WISH).status_code == 303
    with house.store.writing() as tx:
        account = staff.by_login(tx, "nurse.hu")
        (letter,) = staff_letters.of(tx, account.id)
    visitor = clinic.test_client()
    visitor.set_cookie("language", "en")
    for _ in range(3):  # scanners open links, again and again
        page = visitor.get(f"/staff/link/{letter.body}")
        assert page.status_code == 200
        assert "nurse.hu" in page.text
    wrong = visitor.post(f"/staff/link/{letter.body}", data={"new": "short", "again": "short"})
    assert wrong.status_code == 422
    assert visitor.post(f"/staff/link/{letter.body}", data={"new": NEW, "again": NEW}).status_code == 303
    again = visitor.post(f"/staff/link/{letter.body}", data={"new": PASSWORD, "again": PASSWORD})
    assert again.status_code == 404
    assert "Ask for a new link" in again.text
    signed_in(clinic, "nurse.hu", NEW)


REFUSED: tuple[tuple[str, dict[str, str], int, str], ...] = (
    ("chen", {"role": "administrator", "site": ""}, 422, "Only an administrator can give this role."),
    ("chen", {"email": "hu"}, 422, "This is not an e-mail address."),
    ("chen", {"site": "XX"}, 422, "The study has no such site."),
    ("chen", {"site": ""}, 422, "This role belongs to one site."),
    ("chen", {"language": "fr"}, 422, "Please choose a language."),
    ("chen", {"login": "li"}, 409, "There is already an account li."),
    ("ad", {"role": "surgeon"}, 422, "Please choose a role."),
    ("ad", {"role": "administrator"}, 422, "belongs to no single site"),
)


def test_an_invitation_that_cannot_be_keeps_what_was_typed(clinic: Flask, team: None) -> None:
    clients = {login: signed_in(clinic, login) for login in ("chen", "ad")}
    for login, changes, status, words in REFUSED:
        answer = clients[login].post("/staff/accounts", data={**WISH, **changes})
        assert answer.status_code == status
        assert words in answer.text
        assert 'value="Hu"' in answer.text


def test_asking_for_a_new_password_gets_the_same_answer_for_everybody(
    clinic: Flask, team: None, house: Service, now: datetime
) -> None:
    with house.store.writing() as tx:
        staff.set_contact(tx, staff.by_login(tx, "li"), "li@hospital.example.cn", "en")
    pages = []
    for typed in ("li", "nobody", "LI@hospital.example.cn", "mo"):
        visitor = clinic.test_client()
        visitor.set_cookie("language", "en")
        answer = visitor.post("/staff/forgotten", data={"login": typed})
        assert answer.status_code == 200
        pages.append(re.sub(r'csrf_token" value="[^"]*"', "", answer.text))
    assert len(set(pages)) == 1
    with house.store.reading() as tx:
        assert staff_letters.tally(tx) == {"due": 2}


def test_the_administrator_changes_role_site_and_address_and_sends_links(
    clinic: Flask, team: None, house: Service, now: datetime
) -> None:
    ad, li = signed_in(clinic, "ad"), signed_in(clinic, "li")
    page = ad.get("/staff/accounts/li").text
    assert "Switch off" in page
    moved = {"role": "nurse", "site": "P3", "language": "en", "email": "li@hospital.example.cn"}
    assert ad.post("/staff/accounts/li", data=moved).status_code == 303
    assert "Peking University Third Hospital" in li.get("/staff/account").text
    assert ad.post("/staff/accounts/li/link").status_code == 303
    assert "waits to be sent" in ad.get("/staff/accounts/li").text
    assert "has no e-mail address" in ad.post("/staff/accounts/hua/link", follow_redirects=True).text
    bad = ad.post("/staff/accounts/li", data={**moved, "site": "", "email": "x"})
    assert bad.status_code == 422
    own = {"role": "nurse", "site": "CZ", "language": "en", "email": ""}
    assert "nobody changes the own role" in ad.post("/staff/accounts/ad", data=own).text
    with house.store.reading() as tx:
        told = [event.action for event in audit.history(tx, "li")]
        assert told[:4] == ["staff_link_sent", "staff_contact_set", "staff_moved", "staff_moved"]
        assert "li@hospital" not in str([event.detail for event in audit.history(tx, "li")])
        ticket = staff_letters.of(tx, staff.by_login(tx, "li").id)[0].body
        assert staff_tickets.find(tx, ticket, now) is not None

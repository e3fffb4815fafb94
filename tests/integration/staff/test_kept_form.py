"""A form that was sent after the session ran out is given back to who typed it, and to nobody else."""

import html
import re
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pro_app.actions import accounts
from pro_app.records import staff
from pro_app.web import current
from pro_app.wiring import Service
from tests.integration.clinic.people import LI, PASSWORD

TYPED = {"study_number": "CZ-077", "site": "CZ", "language": "en", "name": "王秀英 <b>", "step": "preview"}


pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    return html.unescape(found[1]) if found else ""


@pytest.fixture
def late(clinic: Flask, team: None, now: datetime, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """Li's browser, twenty minutes after her last click."""
    client = clinic.test_client()
    client.post("/staff/sign-in", data={"login": "li", "password": PASSWORD})
    client.post("/staff/language", data={"language": "en"})
    later = now + timedelta(minutes=20)
    monkeypatch.setattr(current, "datetime", type("Later", (), {"now": staticmethod(lambda _zone: later)}))
    return client


def comes_back(client: FlaskClient, page: str, login: str = "li") -> str:
    sent = {"login": login, "password": PASSWORD, "kept": hidden(page, "kept")}
    return client.post("/staff/sign-in", data=sent, follow_redirects=True).text


def test_what_she_typed_comes_back_and_nothing_is_saved_before_she_presses(
    late: FlaskClient, house: Service
) -> None:
    answer = late.post("/staff/enrol", data=TYPED)
    assert answer.status_code == 401
    assert "What you typed is kept" in answer.text
    assert "CZ-077" not in answer.text, "it lies sealed in the page"
    page = comes_back(late, answer.text)
    assert "Your form is still here" in page
    assert {name: hidden(page, name) for name in TYPED} == TYPED
    assert "<b>" not in page
    again = late.post("/staff/enrol", data={name: hidden(page, name) for name in TYPED})
    assert again.status_code in (200, 422)
    assert "CZ-077" in again.text


def test_another_account_does_not_get_it(late: FlaskClient) -> None:
    page = late.post("/staff/enrol", data=TYPED).text
    other = comes_back(late, page, "hua")
    assert "CZ-077" not in other
    assert "belongs to another account" in other


def test_it_survives_a_wrong_password(late: FlaskClient) -> None:
    page = late.post("/staff/enrol", data=TYPED).text
    sent = {"login": "li", "password": "wrong", "kept": hidden(page, "kept")}
    wrong = late.post("/staff/sign-in", data=sent).text
    assert hidden(wrong, "kept") == hidden(page, "kept")


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/staff/account/password", {"old": PASSWORD, "new": "x", "again": "x"}),
        ("/staff/account/pin", {"pin": "7305"}),
        ("/staff/enrol", {}),
        ("/staff/enrol", {"name": " "}),
        ("/staff/enrol", {"name": "x", "password": "y"}),
        ("/staff/enrol", {"name": "x" * 70_000}),
    ],
)
def test_secrets_nothing_and_far_too_much_are_not_kept(
    late: FlaskClient, path: str, fields: dict[str, str]
) -> None:
    answer = late.post(path, data=fields)
    assert answer.status_code == 303
    assert "was not saved" in late.get(answer.location).text


def test_a_session_that_was_ended_gives_nothing_back(
    late: FlaskClient, house: Service, now: datetime
) -> None:
    with house.store.writing() as tx:
        accounts.set_active(tx, staff.by_login(tx, "li"), False, LI, now)
    assert late.post("/staff/enrol", data=TYPED).status_code == 303


def test_a_made_up_form_opens_nothing(late: FlaskClient) -> None:
    sent = {"login": "li", "password": PASSWORD, "kept": "k1.AAAA"}
    assert late.post("/staff/sign-in", data=sent).status_code == 303


def test_another_pages_form_is_not_even_sealed(late: FlaskClient, clinic: Flask) -> None:
    clinic.config["WTF_CSRF_ENABLED"] = True
    answer = late.post("/staff/enrol", data=TYPED)
    assert answer.status_code == 400
    assert not hidden(answer.text, "kept")

"""Whoever is signed in and turned away stands on the audit trail, by account and page, and can't flood it."""

import logging
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pro_app.actions import note_refusal
from pro_app.records import audit, staff
from pro_app.web import current
from pro_app.wiring import Service
from tests.integration.clinic.conftest import Frozen
from tests.integration.clinic.people import PASSWORD, enrolled, mary, wang


@pytest.fixture
def wangs(house: Service, now: datetime, team: None) -> None:
    enrolled(house.store, house.study, house.links, wang(), now)
    enrolled(house.store, house.study, house.links, mary(), now)


def signed_in(clinic: Flask, login: str) -> FlaskClient:
    client = clinic.test_client()
    assert client.post("/staff/sign-in", data={"login": login, "password": PASSWORD}).status_code == 303
    return client


def refusals(house: Service, login: str, action: str = note_refusal.REFUSED) -> list[dict[str, object]]:
    """The details of an account's rows, oldest first."""
    with house.store.reading() as tx:
        found = audit.history(tx, login, 500)
    return [dict(one.detail) for one in reversed(found) if one.action == action]


def test_another_sites_record_and_a_page_above_the_role_are_on_the_trail(
    clinic: Flask, wangs: None, house: Service
) -> None:
    li = signed_in(clinic, "li")
    assert li.get("/staff/participants/P3-001").status_code == 404
    assert li.get("/staff/accounts").status_code == 403
    assert li.post("/staff/participants/P3-001/status", data={"status": "withdrawn"}).status_code == 404
    assert refusals(house, "li") == [
        {"page": "/staff/participants/<study_number>", "why": "not_theirs"},
        {"page": "/staff/accounts", "why": "role_too_low"},
        {"page": "/staff/participants/<study_number>/status", "why": "not_theirs"},
    ]
    with house.store.reading() as tx:
        newest = audit.history(tx, "li")[0]
        assert audit.verify(tx) == ()
    assert (newest.actor.kind, newest.actor.name) == ("staff", "li")
    assert newest.actor.address


def test_a_record_that_exists_elsewhere_and_one_of_nobody_leave_the_same_rows(
    clinic: Flask, wangs: None, house: Service
) -> None:
    li, hua = signed_in(clinic, "li"), signed_in(clinic, "hua")
    li.get("/staff/participants/P3-001")
    hua.get("/staff/participants/ZZ-999")
    assert refusals(house, "li") == refusals(house, "hua") != []


def test_the_page_of_the_trail_says_it_in_words(clinic: Flask, wangs: None) -> None:
    signed_in(clinic, "li").get("/staff/accounts")
    for reader in ("ad", "chen", "hua"):
        page = signed_in(clinic, reader).get("/staff/trail?what=access_refused").text
        assert "Access refused" in page
        assert "/staff/accounts" in page
        assert "not for this role" in page


def test_nobody_floods_the_trail_and_that_somebody_tries_is_said_once_an_hour(
    clinic: Flask, wangs: None, house: Service, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    li, clock = signed_in(clinic, "li"), Frozen(now)
    monkeypatch.setattr(current, "datetime", clock)
    for number in range(40):
        assert li.get(f"/staff/participants/P3-{number:03}").status_code == 404
    assert len(refusals(house, "li")) == 1
    assert refusals(house, "li", note_refusal.OFTEN) == [{"count": 20}]
    clock.moment = now + timedelta(minutes=10)
    assert li.get("/staff/participants/P3-001").status_code == 404
    assert len(refusals(house, "li")) == 2


def test_of_one_account_on_many_pages_at_most_twenty_rows_come_at_once(
    house: Service, team: None, now: datetime
) -> None:
    with house.store.writing() as tx:
        li = staff.by_login(tx, "li")
        for number in range(50):
            one = note_refusal.Refusal(li, f"/staff/page-{number}", "role_too_low")
            note_refusal.note(tx, one, audit.Actor("staff", "li"), now)
        last = note_refusal.Refusal(li, "/staff/another", "role_too_low")
        assert not note_refusal.worth_noting(tx, last, now)
    assert len(refusals(house, "li")) == 20
    assert len(refusals(house, "li", note_refusal.OFTEN)) == 1


def test_who_is_not_signed_in_and_what_is_no_record_leave_no_row(
    clinic: Flask, wangs: None, house: Service
) -> None:
    with house.store.reading() as tx:
        before = audit.length(tx)
    clinic.test_client().get("/staff/participants/P3-001")
    clinic.test_client().get("/staff/nowhere")
    with house.store.reading() as tx:
        assert audit.length(tx) == before
    li = signed_in(clinic, "li")
    li.get("/staff/nowhere")
    assert refusals(house, "li") == []


def test_a_database_that_takes_no_row_changes_nothing_about_the_refusal(
    clinic: Flask, wangs: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    li = signed_in(clinic, "li")

    def full(*_: object) -> None:
        raise OSError("no space left, says a path that names somebody")

    monkeypatch.setattr(note_refusal, "note", full)
    with caplog.at_level(logging.ERROR):
        assert li.get("/staff/accounts").status_code == 403
    assert "a refusal is not on the audit trail: OSError" in caplog.text
    assert "names somebody" not in caplog.text

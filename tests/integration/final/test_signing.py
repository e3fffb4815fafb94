"""The investigator signs what was answered; a correction makes the signature void; it can be signed again."""

import csv
import io
import json
import re
from datetime import date, timedelta

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from pro_app import one_time_codes
from pro_app.actions import correct as correcting
from pro_app.actions import sign_off
from pro_app.records import audit, participants, signatures, staff, staff_factors
from pro_app.records.participants import Participant
from pro_app.records.schema import response as response_table
from pro_app.web import current
from pro_app.wiring import Service
from tests.integration.clinic.conftest import Frozen
from tests.integration.clinic.people import PASSWORD
from tests.integration.clinic.test_pages import signed_in
from tests.integration.exports.ward import CHEN, Ward

SHEET = "/staff/participants/CZ-001/signatures"
SECRET_OF_SUN = one_time_codes.new_secret()


def form_of(page: str, *visits: str, **more: str) -> dict[str, object]:
    """What a browser sends of the page with these visits ticked and the password typed."""
    hashes = dict(re.findall(r'name="(hash-[^"]+)" value="([0-9a-f]{64})"', page))
    return {"visit": list(visits), "password": PASSWORD, **hashes, **more}


def signed(browser: FlaskClient, *visits: str) -> int:
    return browser.post(SHEET, data=form_of(browser.get(SHEET).text, *visits)).status_code


def state_of(ward: Ward, timepoint: str = "2w") -> str:
    with ward.store.reading() as tx:
        person = participants.by_study_number(tx, "CZ-001")
        (sheet,) = sign_off.sheets(tx, ward.study, [person])
    return next(one.state.value for one in sheet.visits if one.timepoint == timepoint)


def corrected(ward: Ward, person: Participant, uuid: str, value: int) -> str:
    with ward.store.writing() as tx:
        wish = {**correcting.look(tx, ward.catalogue, person, uuid).answers, "bpi3": {"value": value}}
        return correcting.correct(
            tx, ward.study, ward.catalogue, person, uuid, 1, wish, "typing_error", CHEN, ward.now
        )


def test_sun_signs_with_her_password_and_a_correction_makes_it_void_until_she_signs_again(
    clinic: Flask, team: None, ward: Ward, wang: Participant, response: str
) -> None:
    sun = signed_in(clinic, "sun")
    assert "CZ-001" in sun.get("/staff/signatures").text
    page = sun.get(SHEET).text
    assert "I have reviewed these responses" in page
    assert "not signed yet" in page
    assert signed(sun, "2w") == 303
    page = sun.get(SHEET).text
    assert "Sun (sun)" in page
    assert "void" not in page.partition("Each is bound")[0]
    assert "Nothing needs a signature here" in sun.get("/staff/signatures").text
    assert "signed by Sun" in sun.get("/staff/participants/CZ-001").text
    assert "Reviewed and signed by the investigator" in sun.get("/staff/participants/CZ-001/print").text
    new = corrected(ward, wang, response, 9)
    page = sun.get(SHEET).text
    assert "changed since it was signed" in page
    assert "void" in page.partition("Each is bound")[0]
    assert "changed since it was signed" in sun.get("/staff/participants/CZ-001").text
    assert "Changed since it was signed" in sun.get("/staff/participants/CZ-001/print").text
    assert "CZ-001" in sun.get("/staff/signatures").text
    assert signed(sun, "2w") == 303
    with ward.store.reading() as tx:
        first, second = signatures.of_many(tx, [wang.id])[wang.id]["2w"]
        assert response in first.content
        assert new in second.content
        assert first.hash != second.hash == signatures.hash_of(second.content)
        trail = [one for one in audit.history(tx, "CZ-001") if one.action == "visit_signed"]
    assert [(one.actor.name, one.detail["hash"]) for one in reversed(trail)] == [
        ("sun", first.hash),
        ("sun", second.hash),
    ]
    assert state_of(ward) == "signed"


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_wrong_password_signs_nothing_keeps_the_ticks_and_is_on_record(
    clinic: Flask, team: None, ward: Ward, response: str
) -> None:
    sun = signed_in(clinic, "sun")
    form = form_of(sun.get(SHEET).text, "2w", password="not the password at all")
    answer = sun.post(SHEET, data=form)
    assert answer.status_code == 422
    assert "Your present password is not right." in answer.text
    assert re.search(r'value="2w" checked', answer.text)
    assert state_of(ward) == "unsigned"
    with ward.store.reading() as tx:
        assert next(one.action for one in audit.history(tx, "sun")) == "own_password_wrong"


def test_who_has_a_second_factor_signs_with_its_code_and_no_code_signs_twice(
    clinic: Flask, team: None, house: Service, ward: Ward, response: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sun = signed_in(clinic, "sun")
    with house.store.writing() as tx:
        staff_factors.set_secret(tx, staff.by_login(tx, "sun"), SECRET_OF_SUN, None)
    code = pyotp.TOTP(SECRET_OF_SUN)
    page = sun.get(SHEET).text
    wrong = sun.post(SHEET, data=form_of(page, "2w", code="000000"))
    assert wrong.status_code == 422
    assert "This code is not right" in wrong.text
    assert state_of(ward) == "unsigned"
    ward.answered(participants_of(ward), "2w", "qlq-c30", ward.now)
    stale = sun.post(SHEET, data=form_of(page, "2w", code=code.at(ward.now)))
    assert stale.status_code == 409, "a response came after the page was shown"
    assert "nothing is signed" in stale.text
    page = sun.get(SHEET).text
    assert sun.post(SHEET, data=form_of(page, "2w", code=code.at(ward.now))).status_code == 303
    with house.store.reading() as tx:
        (one,) = signatures.of_many(tx, [1])[1]["2w"]
    assert one.proved_by == "totp"
    ward.answered(participants_of(ward), "baseline", "qlq-c30", ward.now)
    again = sun.post(SHEET, data=form_of(sun.get(SHEET).text, "baseline", code=code.at(ward.now)))
    assert again.status_code == 422
    later = ward.now + timedelta(minutes=2)
    monkeypatch.setattr(current, "datetime", Frozen(later))
    form = form_of(sun.get(SHEET).text, "baseline", code=code.at(later))
    assert sun.post(SHEET, data=form).status_code == 303


def participants_of(ward: Ward) -> Participant:
    with ward.store.reading() as tx:
        return participants.by_study_number(tx, "CZ-001")


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_everybody_else_may_look_and_nobody_else_may_sign(
    clinic: Flask, team: None, ward: Ward, response: str
) -> None:
    for login in ("li", "hua", "chen", "mo"):
        browser = signed_in(clinic, login)
        page = browser.get(SHEET)
        assert page.status_code == 200
        assert "Only the site's investigator signs." in page.text
        assert browser.post(SHEET, data=form_of(page.text, "2w")).status_code == 403
    assert state_of(ward) == "unsigned"


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_what_is_ticked_but_not_there_is_said(clinic: Flask, team: None, ward: Ward, response: str) -> None:
    sun = signed_in(clinic, "sun")
    for visits in ((), ("12m",), ("nonsense",)):
        answer = sun.post(SHEET, data=form_of(sun.get(SHEET).text, *visits))
        assert answer.status_code == 422
        assert "Tick the visits" in answer.text
    assert sun.get("/staff/participants/P3-001/signatures").status_code == 404


def test_the_table_says_of_each_visit_who_signed_what_and_whether_it_holds(
    clinic: Flask, team: None, ward: Ward, wang: Participant, response: str
) -> None:
    sun = signed_in(clinic, "sun")
    signed(sun, "2w")
    ward.answered(wang, "1m", "qlq-c30", ward.now)
    corrected(ward, wang, response, 9)
    text = signed_in(clinic, "mo").get("/staff/signatures.csv").data.decode("utf-8-sig")
    rows = {row["visit"]: row for row in csv.DictReader(io.StringIO(text))}
    assert rows["2w"]["state"] == "changed"
    assert (rows["2w"]["signed_by"], rows["2w"]["meaning"]) == ("sun", "reviewed")
    assert rows["2w"]["hash_signed"] != rows["2w"]["hash_now"]
    assert (rows["1m"]["state"], rows["1m"]["signed_by"]) == ("unsigned", "")


def test_whatever_changes_under_a_signature_is_seen(
    clinic: Flask, team: None, ward: Ward, wang: Participant, response: str
) -> None:
    signed(signed_in(clinic, "sun"), "2w")
    table, mine = response_table, response_table.c.uuid == response
    with ward.store.reading() as tx:
        was = tx.conn.execute(
            select(table.c.standing, table.c.revision, table.c.content_hash).where(mine)
        ).one()
        (one,) = signatures.of_many(tx, [wang.id])[wang.id]["2w"]
    assert json.loads(one.content)["responses"][0][1] == response
    for values in ({"standing": "withdrawn"}, {"revision": 2}, {"content_hash": "0" * 64}):
        with ward.store.writing() as tx:
            tx.conn.execute(update(table).where(mine).values(values))
        assert state_of(ward) == "changed", values
        with ward.store.writing() as tx:
            tx.conn.execute(update(table).where(mine).values(was._asdict()))
        assert state_of(ward) == "signed", "as it was"


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_the_list_goes_on_where_it_stopped_and_leaves_nobody_out(
    clinic: Flask, team: None, ward: Ward, wang: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [f"CZ-00{number}" for number in range(1, 8)]
    for number in numbers:
        person = wang if number == "CZ-001" else ward.enrol(number, "CZ", date(2026, 11, 17), "en-bloc")
        if number not in ("CZ-003", "CZ-006"):
            ward.answered(person, "2w", "bpi-sf", ward.now)
    monkeypatch.setattr(sign_off, "SHOWN", 2)
    monkeypatch.setattr(sign_off, "AT_MOST", 4)
    found, after, pages = list[str](), "", 0
    with ward.store.reading() as tx:
        while pages == 0 or after:
            page = sign_off.page(tx, ward.study, ("CZ",), after, every=False)
            found += [one.person.study_number for one in page.sheets]
            after, pages = page.after, pages + 1
    assert found == [one for one in numbers if one not in ("CZ-003", "CZ-006")]
    assert pages > 2
    browser = signed_in(clinic, "sun")
    shown = browser.get("/staff/signatures").text
    assert "CZ-002" in shown
    assert "CZ-004" not in shown
    onward = re.search(r'rel="next" href="([^"]+)"', shown)
    assert onward
    assert "CZ-004" in browser.get(onward[1].replace("&amp;", "&")).text

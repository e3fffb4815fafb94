"""No change without the form's secret or a proof of its own; cookies that no other host can set or read."""

import json
import re

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from tests.integration.clinic.people import PASSWORD
from tests.integration.hardening.conftest import BASE, Hospital, rows, secret_in

# Changes that need no form secret, what proves them instead, and what they answer to a page of another site,
# which can send cookies along but no header of its own.
PROVEN = {
    "device.draft": ("a visit token in a header", 401),
    "device.response": ("a visit token in a header", 401),
    "callbacks.report": ("the provider's signature or a secret in the address", 404),
    "demo_registry.transaction": ("exists in a demonstration only, where nothing is anybody's", 400),
    "tablet_side.stay": ("says that somebody touches the screen; nothing else changes", 200),
    "tablet_side.back": ("only closes what is open", 303),
    "tablet_side.envelope": ("the right to write is sealed in the envelope", 415),
}
# Forms that were open too long are shown afresh, with what was typed in them.
SHOWN_AFRESH = {"patient.plain_form.send": 303}


def changing(hospital: Hospital) -> list[tuple[Rule, FlaskClient]]:
    return [
        (rule, hospital.admitted(guard))
        for rule, guard in hospital.routes()
        if (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}
    ]


def test_every_change_without_the_secret_of_its_form_is_refused(hospital: Hospital) -> None:
    seen, clients = set(), changing(hospital)
    before = rows(hospital)
    for rule, client in clients:
        assert rule.methods == {"POST", "OPTIONS"}, f"{rule}: changes are posted, and only posted"
        seen.add(rule.endpoint)
        for fields in ({}, {"csrf_token": "IjAi.aaaaaa.bbbbbbbb"}):
            answer = client.post(hospital.path(rule), data=fields)
            expected = SHOWN_AFRESH.get(rule.endpoint, PROVEN.get(rule.endpoint, ("", 400))[1])
            assert answer.status_code == expected, (rule, answer.text[-300:])
    assert set(PROVEN) <= seen
    assert rows(hospital) == before


def test_the_secret_of_somebody_elses_form_is_refused(hospital: Hospital) -> None:
    mine, theirs = hospital.client(), hospital.client()
    stolen = secret_in(theirs, "/c")
    secret_in(mine, "/c")
    assert mine.post("/c", data={"code": "AAAAAA", "csrf_token": stolen}).status_code == 400


def test_every_cookie_is_bound_to_this_host_and_to_https(hospital: Hospital) -> None:
    li = hospital.client()
    page = li.get("/staff/sign-in")
    secret = secret_in(li, "/staff/sign-in")
    sent = {"login": "li", "password": PASSWORD, "csrf_token": secret}
    answers = [page, li.post("/staff/sign-in", data=sent)]
    wang = hospital.client()
    answers += [wang.get(f"/v/{hospital.token}")]
    answers += [
        wang.post(f"/v/{hospital.token}", data={"csrf_token": secret_in(wang, f"/v/{hospital.token}")})
    ]
    secret = secret_in(li, "/staff/account")
    answers += [li.post("/staff/language", data={"language": "zh-Hans", "csrf_token": secret})]
    answers += [li.post("/staff/sign-out", data={"csrf_token": secret})]
    lines = [line for answer in answers for line in answer.headers.getlist("Set-Cookie")]
    names = {line.split("=")[0] for line in lines}
    assert names == {"__Host-form", "__Host-staff", "__Host-visit", "__Host-language"}
    for line in lines:
        assert "; Secure" in line and "; Path=/" in line and "; SameSite=Lax" in line, line
        assert "Domain" not in line
        # Scripts may read the language. A cookie that is being dropped has nothing to hide.
        assert "HttpOnly" in line or "Max-Age=0" in line or line.startswith("__Host-language")


def test_a_planted_session_ends_at_the_sign_in(hospital: Hospital) -> None:
    attacker = hospital.staff("zhao")
    planted = attacker.get_cookie("__Host-staff")
    assert planted is not None
    li = hospital.client()
    li.set_cookie("__Host-staff", planted.value)
    # The planted session has to be left first: the door is closed to who is signed in already.
    assert li.get("/staff/sign-in").status_code == 303
    sent = {"login": "li", "password": PASSWORD, "csrf_token": secret_in(li, "/staff/account")}
    assert li.post("/staff/sign-in", data=sent).status_code == 303
    mine = li.get_cookie("__Host-staff")
    assert mine is not None and mine.value != planted.value
    assert attacker.get("/staff").status_code == 303, "the planted key opens nothing any more"


def test_a_copied_cookie_opens_nothing_after_signing_out(hospital: Hospital) -> None:
    li = hospital.staff("li")
    copied = li.get_cookie("__Host-staff")
    assert copied is not None
    li.post("/staff/sign-out", data={"csrf_token": secret_in(li, "/staff/account")})
    thief = hospital.client()
    thief.set_cookie("__Host-staff", copied.value)
    assert thief.get("/staff").status_code == 303


@pytest.mark.parametrize("value", ["", "x" * 4000, "eyJ.aaa.bbb", "\\000", '"', "..", json.dumps({"a": 1})])
def test_a_cookie_of_nonsense_is_no_cookie(hospital: Hospital, value: str) -> None:
    client = hospital.client()
    for name in ("form", "visit", "staff", "tablet", "language", "text_size"):
        client.set_cookie(f"__Host-{name}", value)
    for path, status in (("/", 200), ("/staff", 303), ("/visit", 401), ("/staff/tablet", 200)):
        assert client.get(path).status_code in (status, 303, 404), path


def test_scripts_of_a_page_never_see_who_is_signed_in(hospital: Hospital) -> None:
    page = hospital.staff("li").get("/staff").text
    assert not re.search(r"<script(?![^>]*(?:src=|application/json))", page)
    assert BASE not in page

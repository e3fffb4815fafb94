"""Li hands her tablet to Wang and takes it back: what it opens in between, and what it never does."""

import re
from datetime import datetime

import pytest
from flask import Flask

from pro_app.records import participants
from pro_app.records.participants import Identity
from pro_app.wiring import Service
from tests.integration.clinic.people import enrolled, wang
from tests.integration.clinic.tablets import BORN, PIN, Ward, give_pin, one_database, ward_of
from tests.people import all_answers

STAFF_PAGES = ("/staff", "/staff/participants/CZ-003", "/staff/tablet/next", "/staff/tablet/list")


@pytest.fixture
def ward(house: Service, clinic: Flask, team: None, now: datetime) -> Ward:
    give_pin(house, "li", now)
    return ward_of(house, clinic, now)


@pytest.fixture
def handed(ward: Ward) -> Ward:
    assert ward.give(label="Ward 3").location == "/visit"
    return ward


@one_database
def test_the_nurse_sees_whose_visit_it_is_and_is_asked_for_a_second_identifier(ward: Ward) -> None:
    page = ward.tablet.get("/staff/tablet/CZ-003/baseline")
    assert page.status_code == 200
    assert "in which year were you born" in page.text
    assert "王建国" not in page.text
    assert BORN not in page.text


def test_a_handed_over_tablet_opens_the_one_visit_and_no_page_of_the_staff(handed: Ward) -> None:
    handed.agree()
    assert handed.tablet.get("/visit").status_code == 200
    told = handed.tablet.get(f"/device/visit/{handed.ref}").json or {}
    assert told["mode"] == "clinic_tablet"
    assert told["next"] == {"timepoint": "2w", "opens": "2026-12-19"}
    for path in STAFF_PAGES:
        answer = handed.tablet.get(path)
        assert (answer.status_code, answer.location) == (303, "/staff/tablet"), path
    assert handed.trail("CZ-003")[0] in ("privacy_agreed", "tablet_handed_over")


@one_database
def test_other_visits_and_other_ways_in_are_closed_meanwhile(handed: Ward, now: datetime) -> None:
    other = enrolled(
        handed.house.store, handed.house.study, handed.house.links, wang(study_number="CZ-004"), now
    )
    token = handed.house.links.token(other.handle, "baseline", other.link_epoch)
    for path in ("/", "/c", f"/v/{token}", "/demo/inbox"):
        assert handed.tablet.get(path).location == "/visit", path
    assert handed.tablet.post(f"/v/{token}").location == "/visit"
    header = {"Authorization": f"Visit {token}"}
    answer = handed.tablet.get(f"/device/visit/{other.handle}.baseline", headers=header)
    assert (answer.status_code, (answer.json or {})["error"]) == (403, "visit_other")


def test_every_hand_over_and_every_return_gives_the_browser_another_key(handed: Ward) -> None:
    keys = [handed.key]
    for _ in range(3):
        handed.back()
        keys.append(handed.key)
        handed.unlock()
        keys.append(handed.key)
        handed.give()
        keys.append(handed.key)
    assert len(set(keys)) == len(keys) == 10


@one_database
@pytest.mark.parametrize("ending", ["given_back", "cancelled", "idle"])
def test_given_back_it_shows_the_page_for_the_pin_and_nothing_of_wang(handed: Ward, ending: str) -> None:
    answer = handed.back(ending)
    assert answer.location == "/staff/tablet"
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    assert handed.tablet.get_cookie("visit") is None
    for path in ("/staff/tablet", "/visit", "/visit/form/bpi-sf", "/staff", "/"):
        page = handed.tablet.get(path, follow_redirects=True)
        assert page.request.path == "/staff/tablet", path
        assert "CZ-003" not in page.text
        assert handed.wang.handle not in page.text
    assert handed.refused(handed.tablet) == "tablet_locked"
    assert handed.trail("CZ-003")[0] == "tablet_returned"


def test_a_copy_of_the_former_key_opens_nothing(handed: Ward) -> None:
    thief = handed.app.test_client()
    thief.set_cookie("tablet", handed.key)
    thief.set_cookie("visit", handed.token)
    handed.agree()
    assert thief.get(f"/device/visit/{handed.ref}").status_code == 200, (
        "the same browser, as far as one knows"
    )
    handed.back()
    assert handed.refused(thief) == "tablet_locked"
    assert thief.post("/staff/tablet", data={"pin": PIN}).location == "/staff/sign-in"


def test_the_key_of_the_session_from_before_opens_nothing_and_neither_does_the_tablet_with_it(
    ward: Ward,
) -> None:
    cookie = ward.tablet.get_cookie("staff")
    assert cookie is not None
    ward.give()
    assert ward.tablet.get_cookie("staff") is None
    copied = ward.app.test_client()
    copied.set_cookie("staff", cookie.value)
    assert copied.get("/staff").location.startswith("/staff/sign-in")
    assert ward.unlock().status_code == 303
    assert copied.get("/staff").location.startswith("/staff/sign-in"), "waking it gave it another key"


def test_after_five_idle_minutes_the_next_request_finds_the_tablet_locked(handed: Ward) -> None:
    handed.agree()
    before = handed.key
    handed.later(minutes=4, seconds=50)
    assert handed.tablet.get("/visit").status_code == 200
    handed.later(minutes=4, seconds=50)
    assert handed.tablet.get("/visit").status_code == 200, "each request counts as use"
    handed.later(minutes=5)
    assert handed.refused(handed.tablet) == "tablet_locked"
    assert handed.key not in ("", before)
    assert handed.tablet.get("/visit").location == "/staff/tablet"
    assert handed.trail("CZ-003")[0] == "tablet_returned"


@one_database
def test_a_page_left_alone_locks_itself_without_scripts_too(handed: Ward) -> None:
    handed.agree()
    page = handed.tablet.get("/visit").text
    found = re.search(r'<noscript><meta http-equiv="refresh" content="(\d+); url=([^"]+)">', page)
    assert found
    handed.later(seconds=int(found[1]))
    assert 'data-hands="nobody"' in handed.tablet.get(found[2]).text
    assert handed.trail("CZ-003")[0] == "tablet_returned"
    assert "http-equiv" not in handed.app.test_client().get("/").text, "a phone of one's own locks nothing"


@one_database
def test_the_page_keeps_the_visit_open_by_saying_that_somebody_reads(handed: Ward) -> None:
    handed.agree()
    for _ in range(4):
        handed.later(minutes=4)
        assert (handed.tablet.post("/device/tablet", json={}).json or {})["state"] == "handed_over"
    handed.later(minutes=4)
    assert (handed.tablet.get("/device/tablet").json or {})["state"] == "handed_over"
    handed.later(minutes=2)
    assert (handed.tablet.get("/device/tablet").json or {})["state"] == "locked", "only looking is no use"


def test_the_pin_opens_the_staff_pages_without_a_sign_in_for_the_next_participant(handed: Ward) -> None:
    handed.back()
    answer = handed.unlock()
    assert answer.location == "/staff/tablet/next"
    page = handed.tablet.get("/staff/tablet/next")
    assert "CZ-003" in page.text
    assert handed.tablet.get("/staff").status_code == 200
    assert handed.trail(f"tablet {handed.number}")[0] == "tablet_unlocked"


def test_a_wrong_pin_opens_nothing_and_five_ask_for_the_password(handed: Ward) -> None:
    handed.back()
    for _ in range(5):
        answer = handed.unlock("0000")
        assert answer.status_code == 403
    assert "not the PIN" in answer.text
    assert handed.unlock().status_code == 403, "the right one comes too late"
    handed.later(hours=1)
    assert handed.unlock().status_code == 403
    assert 'name="pin"' not in handed.tablet.get("/staff/tablet").text
    handed.sign_in(handed.tablet)
    assert handed.tablet.get("/staff").location == "/staff/tablet"
    assert "Take the tablet back" in handed.tablet.get("/staff/tablet").text
    assert handed.tablet.post("/staff/tablet/take").location == "/staff/tablet/next"
    assert handed.tablet.get("/staff").status_code == 200


def test_twelve_hours_after_the_sign_in_the_pin_is_not_enough(handed: Ward) -> None:
    handed.later(hours=11)
    assert handed.unlock().status_code == 303
    handed.give()
    handed.later(hours=1)
    assert handed.unlock().status_code == 403


@one_database
def test_a_nurse_without_a_pin_is_asked_to_set_one_first(house: Service, clinic: Flask, team: None) -> None:
    ward = ward_of(house, clinic, datetime.fromisoformat("2026-12-01T04:00:00+00:00"))
    assert "Set a PIN" in ward.tablet.get("/staff/tablet/CZ-003/baseline").text
    assert ward.give().status_code == 403
    assert ward.tablet.get_cookie("tablet") is None


def test_the_wrong_second_identifier_hands_nothing_over_and_many_have_to_wait(ward: Ward) -> None:
    for _ in range(5):
        answer = ward.give("1960")
        assert answer.status_code == 403
    assert "Is it the right person" in answer.text
    assert ward.give().status_code == 429
    assert ward.tablet.get_cookie("tablet") is None
    ward.later(minutes=2)
    assert ward.give().status_code == 303


@one_database
@pytest.mark.parametrize(
    ("known", "asked", "answer"),
    [
        ({"birth_year": None}, "last 4 digits", "00 01"),
        ({"birth_year": None, "phone": ""}, "study number", " cz-003 "),
    ],
)
def test_what_is_not_on_record_is_not_asked(
    ward: Ward, known: dict[str, object], asked: str, answer: str
) -> None:
    identity = {"name": "王建国", "phone": "+8613800000001", "birth_year": 1961} | known
    with ward.house.store.writing() as tx:
        person = participants.by_id(tx, ward.wang.id)
        participants.set_identity(tx, person, Identity(**identity), "zh-Hans")  # type: ignore[arg-type]
    assert asked in ward.tablet.get("/staff/tablet/CZ-003/baseline").text
    assert ward.give("0000").status_code == 403
    assert ward.give(answer).status_code == 303


@one_database
def test_a_visit_with_nothing_to_answer_is_not_handed_over(ward: Ward, now: datetime) -> None:
    page = ward.tablet.get("/staff/tablet/CZ-003/2w")
    assert page.status_code == 200
    assert "You can answer from" in page.text
    assert ward.tablet.post("/staff/tablet/CZ-003/2w", data={"answer": BORN}).status_code == 409


@one_database
def test_the_icon_on_a_tablet_leads_to_no_patient(handed: Ward) -> None:
    start = (handed.tablet.get("/app.webmanifest").json or {})["start_url"]
    assert start == "/staff/tablet"
    assert "/tablet/words" in handed.tablet.get("/sw.js").text
    assert "/tablet/words" not in handed.app.test_client().get("/sw.js").text, "a telephone has no use for it"


def test_the_response_says_that_it_was_answered_on_the_tablet(handed: Ward, now: datetime) -> None:
    handed.agree()
    instrument = handed.house.catalogue.instrument("qlq-c30")
    body = {
        "ref": handed.ref,
        "instrument": "qlq-c30",
        "version": instrument.version,
        "response": "6f1c2a52-7a64-4a57-8a4e-1f2d3c4b5a69",
        "language": "zh-Hans",
        "pack": handed.house.catalogue.pack("qlq-c30", "zh-Hans").hash,
        "mode": "own_phone",
        "started": now.isoformat(),
        "finished": now.isoformat(),
        "answers": all_answers(instrument),
    }
    header = {"Authorization": f"Visit {handed.token}"}
    assert handed.tablet.post("/device/response", json=body, headers=header).status_code == 201
    assert [one.mode for one in handed.stored()] == ["clinic_tablet"], "whatever the page believes"

"""A tablet that is lost, or in the wrong hands: revoked, signed out of, asked for by another site."""

from datetime import datetime

import pytest
from flask import Flask

from pro_app.records import staff, staff_sessions
from pro_app.wiring import Service
from tests.integration.clinic.people import enrolled, mary
from tests.integration.clinic.tablets import Ward, give_pin, one_database, ward_of


@pytest.fixture
def ward(house: Service, clinic: Flask, team: None, now: datetime) -> Ward:
    give_pin(house, "li", now)
    return ward_of(house, clinic, now)


@pytest.fixture
def handed(ward: Ward) -> Ward:
    assert ward.give(label="Ward 3").location == "/visit"
    return ward


def test_another_sites_participant_is_not_there_and_neither_is_another_sites_tablet(
    handed: Ward, now: datetime
) -> None:
    enrolled(handed.house.store, handed.house.study, handed.house.links, mary(), now)
    number = handed.number
    handed.unlock()
    assert handed.tablet.get("/staff/tablet/P3-001/2w").status_code == 404
    assert handed.tablet.post("/staff/tablet/P3-001/2w", data={"answer": "1"}).status_code == 404
    assert handed.tablet.get("/staff/tablet/CZ-003/9y").status_code == 404
    zhao = handed.sign_in(login="zhao")
    assert "Ward 3" not in zhao.get("/staff/tablet/list").text
    assert zhao.post(f"/staff/tablet/list/{number}/revoke").status_code == 404
    assert zhao.post("/staff/tablet/list/999/revoke").status_code == 404


def test_a_revoked_tablet_opens_nothing_from_the_next_request_on(handed: Ward) -> None:
    handed.agree()
    desk = handed.sign_in()
    assert "Ward 3" in desk.get("/staff/tablet/list").text
    desk.post(f"/staff/tablet/list/{handed.number}/revoke")
    assert "revoked" in desk.get("/staff/tablet/list").text
    assert handed.refused(handed.tablet) == "tablet_revoked"
    assert (handed.tablet.get("/device/tablet").json or {})["state"] == "revoked"
    assert handed.tablet.get("/visit").location == "/staff/tablet"
    assert "taken out of use" in handed.tablet.get("/staff/tablet?lang=en").text
    assert handed.unlock().status_code == 403
    assert desk.get("/staff").status_code == 200, "who revoked it goes on working"


def test_revoking_ends_the_session_that_runs_on_the_tablet_and_no_other(handed: Ward) -> None:
    handed.unlock()
    assert handed.tablet.get("/staff").status_code == 200
    number = handed.number
    session = handed.tablet.get_cookie("staff")
    assert session is not None
    desk = handed.sign_in()
    desk.post(f"/staff/tablet/list/{number}/revoke")
    thief = handed.app.test_client()
    thief.set_cookie("staff", session.value)
    assert thief.get("/staff").location.startswith("/staff/sign-in"), "also without the tablet's cookie"
    assert handed.tablet.get("/staff").location == "/staff/tablet"
    # Found again: the password makes it an ordinary browser, the old key is let go of.
    handed.sign_in(handed.tablet)
    assert handed.tablet.get("/staff").status_code == 200
    assert handed.tablet.get_cookie("tablet") is None


@one_database
def test_whoever_signs_in_on_the_tablet_is_whose_session_is_ended_with_it(
    handed: Ward, now: datetime
) -> None:
    handed.back()
    handed.sign_in(handed.tablet, "hua")
    handed.tablet.post("/staff/tablet/take")
    assert handed.tablet.get("/staff").status_code == 200
    number = handed.number
    handed.sign_in().post(f"/staff/tablet/list/{number}/revoke")
    assert handed.tablet.get("/staff").location == "/staff/tablet"


def test_an_account_that_is_switched_off_or_has_a_new_password_unlocks_no_tablet(handed: Ward) -> None:
    with handed.house.store.writing() as tx:
        li = staff.by_login(tx, "li")
        staff_sessions.end_all(tx, li.id, datetime.fromisoformat("2026-12-01T04:00:00+00:00"))
    assert handed.unlock().status_code == 403
    assert 'name="pin"' not in handed.tablet.get("/staff/tablet").text


@one_database
def test_an_idle_session_on_the_tablet_is_woken_by_the_pin_and_a_signed_out_one_is_not(handed: Ward) -> None:
    handed.unlock()
    handed.later(minutes=16)
    assert handed.tablet.get("/staff").location == "/staff/tablet"
    assert handed.unlock().location == "/staff/tablet/next"
    assert handed.tablet.get("/staff").status_code == 200
    handed.tablet.post("/staff/sign-out")
    assert handed.tablet.get("/staff").location.startswith("/staff/sign-in")
    assert handed.unlock().status_code == 403


@one_database
def test_a_browser_that_is_no_tablet_has_no_page_for_a_pin(ward: Ward) -> None:
    assert ward.app.test_client().get("/staff/tablet").location == "/staff/sign-in"
    assert ward.app.test_client().post("/tablet/back").status_code == 401
    assert ward.app.test_client().get("/device/tablet").status_code == 401


@one_database
def test_the_monitor_and_the_administrator_hand_nothing_over(ward: Ward) -> None:
    for login in ("mo", "ad"):
        client = ward.sign_in(login=login)
        assert client.get("/staff/tablet/CZ-003/baseline").status_code == 403
        assert client.get("/staff/tablet/list").status_code == 403

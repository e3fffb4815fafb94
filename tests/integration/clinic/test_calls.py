"""The call list, told by Li who rings: the number on record as seen, the outcome, and taking it back."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pro_app import journey
from pro_app.actions import calls
from pro_app.errors import NotFound
from pro_app.records import audit, deliveries, missing_reasons, participants
from pro_app.records.audit import Actor
from pro_app.wiring import Service
from tests.integration.clinic.following import answered, listed, operated
from tests.integration.clinic.test_pages import signed_in

LI = Actor("staff", "li", "10.0.0.1")
ABOUT = "/staff/calls/CZ-001/2w"


@pytest.fixture
def li(clinic: Flask, house: Service, team: None, now: datetime) -> FlaskClient:
    """Li, with one call to make at her site and one at another."""
    for number in ("CZ-001", "P3-001"):
        listed(house, operated(house, number, now), "2w", now)
    return signed_in(clinic, "li")


def on_the_list(house: Service) -> list[int]:
    with house.store.reading() as tx:
        return [row.participant_id for row in deliveries.calls(tx, ("CZ",))]


def reasons(house: Service, timepoint: str = "2w") -> dict[str, str]:
    with house.store.reading() as tx:
        person = participants.by_study_number(tx, "CZ-001")
        found = missing_reasons.of_visit(tx, person.id, timepoint)
        return {name: one.reason for name, one in found.items()}


def test_the_list_says_who_since_when_and_how_often_written_to_but_no_number(li: FlaskClient) -> None:
    text = li.get("/staff/calls").text
    assert "CZ-001" in text
    assert "28 Nov" in text
    assert "4 Dec" in text
    assert "P3-001" not in text
    assert "138" not in text.split("<main")[1]


def test_the_number_shows_on_one_press_and_the_look_is_on_record(li: FlaskClient, house: Service) -> None:
    assert "138 0000 0001" not in li.get(ABOUT).text
    shown = li.post(f"{ABOUT}/phone").text
    assert 'href="tel:+8613800000001"' in shown
    for outcome in calls.OUTCOMES:
        assert f'value="{outcome}"' in shown
    with house.store.reading() as tx:
        event = audit.history(tx, "CZ-001")[0]
    assert (event.action, event.actor.name) == ("identity_read", "li")


@pytest.mark.parametrize("login", ["chen", "mo"])
def test_who_may_not_see_identity_can_neither_ring_nor_say_how_a_call_ended(
    clinic: Flask, li: FlaskClient, house: Service, login: str
) -> None:
    other = signed_in(clinic, login)
    assert "☎" not in other.get("/staff/calls").text
    assert other.post(f"{ABOUT}/phone").status_code == 403
    assert other.post(ABOUT, data={"outcome": "refused"}).status_code == 403
    assert on_the_list(house)


@pytest.mark.parametrize(
    ("outcome", "stays", "reason"),
    [
        ("will_do", False, None),
        ("too_ill", False, "too_ill"),
        ("refused", False, "refused"),
        ("not_reached", True, "not_reached"),
    ],
)
def test_each_outcome_does_what_it_says_and_never_turns_the_switch(
    li: FlaskClient, house: Service, outcome: str, stays: bool, reason: str | None
) -> None:
    answer = li.post(ABOUT, data={"outcome": outcome})
    assert answer.status_code == 303
    assert bool(on_the_list(house)) is stays
    assert reasons(house) == (dict.fromkeys(("bpi-sf", "qlq-c30"), reason) if reason else {})
    with house.store.reading() as tx:
        assert participants.by_study_number(tx, "CZ-001").status == "active"
        event = audit.history(tx, "CZ-001")[0]
    assert (event.action, event.detail) == ("call_made", {"timepoint": "2w", "outcome": outcome})
    proposal = "should messages stop?" in li.get(answer.location).text
    assert proposal is (outcome in ("too_ill", "refused"))


def test_a_proposal_leads_to_what_the_status_would_mean(li: FlaskClient, house: Service) -> None:
    li.post(ABOUT, data={"outcome": "refused"})
    page = li.get(ABOUT).text
    assert 'name="status" value="paused"' in page
    assert 'name="reason" value="own_wish"' in page
    preview = li.post(
        "/staff/participants/CZ-001/status",
        data={"status": "paused", "reason": "own_wish", "version": "2", "step": "preview"},
    )
    assert preview.status_code == 200
    assert "Save this" in preview.text


def test_a_reason_from_a_call_counts_only_when_the_window_is_over_without_the_form(
    li: FlaskClient, house: Service, now: datetime
) -> None:
    li.post(ABOUT, data={"outcome": "refused"})
    states = []
    for days in (0, 4):
        with house.store.reading() as tx:
            person = participants.by_study_number(tx, "CZ-001")
            stop = journey.of(tx, house.study, person, now + timedelta(days=days)).at("2w")
        states.append((str(stop.assessment.state), stop.reason_of("bpi-sf")))
    assert states == [("open", None), ("excused", "refused")]
    answered(house, "CZ-001", "2w", now)  # she did it after all
    with house.store.reading() as tx:
        stop = journey.of(tx, house.study, person, now + timedelta(days=4)).at("2w")
    assert (stop.reason_of("bpi-sf"), stop.reason_of("qlq-c30")) == (None, "refused")


def test_a_call_is_taken_back_within_ten_minutes_and_everything_is_as_before(
    li: FlaskClient, house: Service, now: datetime
) -> None:
    li.post(ABOUT, data={"outcome": "not_reached"})
    li.post(ABOUT, data={"outcome": "refused"})
    page = li.get("/staff/calls").text
    assert page.count("Take back") == 2
    with house.store.reading() as tx:
        latest = calls.listing(tx, house.study, ("CZ",), "li", now).lately[0]
    assert li.post(f"/staff/calls/taken-back/{latest.id}").status_code == 303
    assert on_the_list(house)
    assert set(reasons(house).values()) == {"not_reached"}  # what the call before had said
    assert li.post(f"/staff/calls/taken-back/{latest.id}").status_code == 404
    with house.store.reading() as tx:
        assert audit.history(tx, "CZ-001")[0].action == "call_taken_back"


def test_nobody_takes_back_somebody_elses_call_or_an_old_one(
    li: FlaskClient, house: Service, now: datetime
) -> None:
    li.post(ABOUT, data={"outcome": "will_do"})
    hua = Actor("staff", "hua")
    with house.store.writing() as tx:
        (call,) = calls.listing(tx, house.study, ("CZ",), "li", now).lately
        for sites, who, error, late in (
            (("CZ",), hua, NotFound, 0),
            (("P3",), LI, NotFound, 0),
            (("CZ",), LI, calls.CallSettled, 11),
        ):
            with pytest.raises(error):
                calls.take_back(tx, house.study, sites, call.id, who, now + timedelta(minutes=late))
    assert not on_the_list(house)


def test_a_reason_given_by_hand_is_not_written_over_by_a_call(
    li: FlaskClient, house: Service, now: datetime
) -> None:
    with house.store.writing() as tx:
        person = participants.by_study_number(tx, "CZ-001")
        missing_reasons.put(tx, person.id, "2w", {"bpi-sf": "technical"}, "hua", now)
    li.post(ABOUT, data={"outcome": "too_ill"})
    assert reasons(house) == {"bpi-sf": "technical", "qlq-c30": "too_ill"}


def test_an_unknown_outcome_or_visit_is_told_in_words(li: FlaskClient) -> None:
    answer = li.post(ABOUT, data={"outcome": "maybe"})
    assert answer.status_code == 422
    assert "Choose how the call ended" in answer.text
    assert li.get("/staff/calls/CZ-001/9y").status_code == 404
    assert li.get("/staff/calls/P3-001/2w").status_code == 404

"""Why a form is not there: asked, put on record, changed with what was and is, kept when a status ends."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pro_app import journey
from pro_app.actions import excuse
from pro_app.actions.change_status import change_status, foresee
from pro_app.journey import Stop
from pro_app.records import audit, missing_reasons, participants
from pro_app.wiring import Service
from tests.integration.clinic.following import LI, answered, operated
from tests.integration.clinic.test_pages import signed_in

ADDRESS = "/staff/participants/CZ-001/missing/baseline"


@pytest.fixture
def li(clinic: Flask, house: Service, team: None, now: datetime) -> FlaskClient:
    """Li; the visit before surgery of CZ-001 is over with nothing in."""
    operated(house, "CZ-001", now)
    return signed_in(clinic, "li")


def stop_at(house: Service, timepoint: str, now: datetime) -> Stop:
    with house.store.reading() as tx:
        person = participants.by_study_number(tx, "CZ-001")
        return journey.of(tx, house.study, person, now).at(timepoint)


def test_one_tap_gives_the_reason_for_the_whole_visit(li: FlaskClient, house: Service, now: datetime) -> None:
    assert stop_at(house, "baseline", now).unexplained == ("bpi-sf", "qlq-c30")
    assert "Participant forgot" in li.get(ADDRESS).text
    assert li.post(ADDRESS, data={"all": "forgot"}).status_code == 303
    stop = stop_at(house, "baseline", now)
    assert (str(stop.assessment.state), stop.unexplained) == ("excused", ())
    with house.store.reading() as tx:
        event = audit.history(tx, "CZ-001")[0]
    assert event.action == "missing_reason_set"
    assert event.detail["was"] == {"bpi-sf": None, "qlq-c30": None}
    assert event.detail["is"] == {"bpi-sf": "forgot", "qlq-c30": "forgot"}


def test_each_form_may_have_its_own_and_one_without_stays_missed(
    li: FlaskClient, house: Service, now: datetime
) -> None:
    li.post(ADDRESS, data={"form-bpi-sf": "technical", "form-qlq-c30": ""})
    stop = stop_at(house, "baseline", now)
    assert str(stop.assessment.state) == "closed"
    assert (stop.reason_of("bpi-sf"), stop.reason_of("qlq-c30")) == ("technical", "not_answered")
    li.post(ADDRESS, data={"form-bpi-sf": "", "form-qlq-c30": "forgot"})
    assert stop_at(house, "baseline", now).unexplained == ("bpi-sf",)


def test_another_reason_needs_words_which_stay_sealed_at_the_site(
    clinic: Flask, li: FlaskClient, house: Service
) -> None:
    refused = li.post(ADDRESS, data={"all": "other", "note": " "})
    assert refused.status_code == 422
    assert "say which" in refused.text
    assert li.post(ADDRESS, data={"all": "other", "note": "全家出国旅行"}).status_code == 303
    assert "全家出国旅行" in li.get(ADDRESS).text
    assert "全家出国旅行" not in signed_in(clinic, "chen").get(ADDRESS).text
    with house.store.reading() as tx:
        assert "旅行" not in str(audit.history(tx, "CZ-001")[0].detail)


@pytest.mark.parametrize(
    ("timepoint", "form", "words"),
    [
        ("baseline", {}, "Choose a reason"),
        ("baseline", {"all": "lazy"}, "from the list"),
        ("baseline", {"all": "forgot", "note": "x" * 501}, "too long"),
        ("2w", {"all": "forgot"}, "may still come"),
    ],
)
def test_what_makes_no_sense_is_told_and_nothing_is_saved(
    li: FlaskClient, house: Service, timepoint: str, form: dict[str, str], words: str
) -> None:
    answer = li.post(f"/staff/participants/CZ-001/missing/{timepoint}", data=form)
    assert answer.status_code == 422
    assert words in answer.text
    with house.store.reading() as tx:
        person = participants.by_study_number(tx, "CZ-001")
        assert missing_reasons.of_visit(tx, person.id, timepoint) == {}


def test_a_form_that_is_in_needs_no_reason(li: FlaskClient, house: Service, now: datetime) -> None:
    answered(house, "CZ-001", "baseline", now)
    with house.store.writing() as tx:
        person = participants.by_study_number(tx, "CZ-001")
        with pytest.raises(excuse.ReasonRefused) as caught:
            excuse.excuse(tx, house.study, person, "baseline", {"bpi-sf": "forgot"}, "", LI, now)
    assert caught.value.fault == "form_is_in"
    assert "is in" in li.get(ADDRESS).text


def test_the_reason_stands_in_the_matrix_and_off_todays_list(li: FlaskClient) -> None:
    assert "missing/baseline" in li.get("/staff").text
    assert "Missed, no reason yet" in li.get("/staff").text
    li.post(ADDRESS, data={"all": "technical", "back": "completion"})
    assert "Technical trouble" in li.get("/staff/completion").text
    assert "missing/baseline" not in li.get("/staff").text


def test_a_status_that_ends_leaves_its_reasons_on_record(house: Service, now: datetime) -> None:
    person = operated(house, "CZ-001", now)
    ill, well = now + timedelta(days=1), now + timedelta(days=40)
    with house.store.writing() as tx:
        change_status(tx, house.study, person, 2, "too_ill", "tumour", LI, ill)
        person = participants.by_id(tx, person.id)
        # 2 weeks and 1 month closed meanwhile; the visit before surgery had been missed before.
        effects = {
            one.after.timepoint.id: one for one in foresee(tx, house.study, person, "active", "goes_on", well)
        }
        assert not effects["2w"].differs
        change_status(tx, house.study, person, 3, "active", "goes_on", LI, well)
        event = audit.history(tx, "CZ-001")[0]
    assert event.detail["reasons_kept"] == ["2w", "1m"]
    assert stop_at(house, "2w", well).reason_of("bpi-sf") == "too_ill"
    assert str(stop_at(house, "1m", well).assessment.state) == "excused"
    assert stop_at(house, "baseline", well).reason_of("bpi-sf") == "not_answered"


def test_a_status_entered_in_error_leaves_none(house: Service, now: datetime) -> None:
    person = operated(house, "CZ-001", now)
    later = now + timedelta(days=40)
    with house.store.writing() as tx:
        change_status(tx, house.study, person, 2, "paused", "away", LI, now)
        person = participants.by_id(tx, person.id)
        change_status(tx, house.study, person, 3, "active", "entered_in_error", LI, later)
    assert stop_at(house, "2w", later).reason_of("bpi-sf") == "not_answered"


def test_somebody_who_dies_after_withdrawing_is_missing_for_each_in_its_time(
    house: Service, now: datetime
) -> None:
    person = operated(house, "CZ-001", now)
    later = now + timedelta(days=40)
    with house.store.writing() as tx:
        change_status(tx, house.study, person, 2, "withdrawn", "moved_away", LI, now)
        person = participants.by_id(tx, person.id)
        change_status(tx, house.study, person, 3, "deceased", "tumour", LI, later)
    found = [stop_at(house, name, later).reason_of("bpi-sf") for name in ("2w", "1m", "3m")]
    assert found == ["withdrawn", "withdrawn", "deceased"]

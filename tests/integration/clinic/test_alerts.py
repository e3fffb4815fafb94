"""Alerts from the answer that sets one off to what Li did about it, and who hears when nobody does."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from pro_app.actions import correct, escalate
from pro_app.records import alerts, audit, participants, responses
from pro_app.records.alerts import Alert
from pro_app.records.audit import Actor
from pro_app.records.schema import staff
from pro_app.records.schema_clinic import staff_letter
from pro_app.wiring import Service
from tests.integration.clinic.following import answered, operated
from tests.integration.clinic.test_overview import counted
from tests.integration.clinic.test_pages import signed_in


def raised(house: Service, number: str = "CZ-001") -> tuple[Alert, ...]:
    with house.store.reading() as tx:
        return alerts.of_participant(tx, participants.by_study_number(tx, number).id)


def letters(house: Service) -> list[tuple[str, str]]:
    """Who is written to, and about what."""
    with house.store.reading() as tx:
        query = select(staff.c.login, staff_letter.c.kind).join(staff, staff.c.id == staff_letter.c.staff_id)
        return sorted((row.login, row.kind) for row in tx.conn.execute(query))


def ticked(house: Service, now: datetime) -> escalate.Told:
    with house.store.writing() as tx:
        return escalate.record(tx, escalate.survey(tx, house.study, now), now)


def test_worst_pain_of_eight_is_an_alert_with_the_response_and_on_its_audit_row(
    house: Service, now: datetime
) -> None:
    operated(house, "CZ-001", now)
    answered(house, "CZ-001", "2w", now, bpi3=8)
    (found,) = raised(house)
    assert (found.rule, found.scale, found.value, found.compared) == ("worst-pain", "WORST", 8.0, 7.0)
    assert (found.state, found.raised_at, found.timepoint) == ("open", now, "2w")
    with house.store.reading() as tx:
        event = audit.history(tx, "CZ-001")[0]
    assert (event.action, event.detail["alerts"]) == ("response_received", ["worst-pain"])


def test_a_rise_is_measured_from_the_last_visit_before_that_has_the_scale(
    house: Service, now: datetime
) -> None:
    operated(house, "CZ-001", now)
    answered(house, "CZ-001", "baseline", now - timedelta(days=15), bpi3=3)
    answered(house, "CZ-001", "2w", now, bpi3=5)
    (found,) = raised(house)
    assert (found.rule, found.value, found.compared) == ("pain-rise", 5.0, 3.0)


def test_what_is_not_alarming_costs_no_statement_and_an_alert_costs_one(
    house: Service, now: datetime
) -> None:
    operated(house, "CZ-001", now)
    counts = []
    for timepoint, code in (("baseline", 0), ("2w", 8)):
        with counted(house.store) as seen:
            answered(house, "CZ-001", timepoint, now, bpi3=code)
        counts.append(len([one for one in seen if "alert" in one.lower()]))
    assert counts == [0, 1]


def test_many_scales_past_their_thresholds_are_one_thing_to_do(
    clinic: Flask, house: Service, team: None, now: datetime
) -> None:
    operated(house, "CZ-001", now)
    answered(house, "CZ-001", "2w", now, "qlq-c30", **{f"q{n}": 4 for n in range(1, 29)})
    assert len(raised(house)) > 10
    page = signed_in(clinic, "li").get("/staff/alerts").text
    assert page.count("<article") == 1
    assert "Fatigue 100 (limit 39)" in page


@pytest.fixture
def li(clinic: Flask, house: Service, team: None, now: datetime) -> FlaskClient:
    """Li, with one alert at her site and one at another."""
    for number in ("CZ-001", "P3-001"):
        operated(house, number, now)
        answered(house, number, "2w", now, bpi3=9)
    return signed_in(clinic, "li")


def test_an_alert_is_on_the_list_on_today_on_the_participants_page_and_in_the_menu(li: FlaskClient) -> None:
    for path in ("/staff/alerts", "/staff", "/staff/participants/CZ-001"):
        text = li.get(path).text
        assert "Worst pain 9 (limit 7)" in text, path
        assert "P3-001" not in text
    assert '<b class="badge">1<' in li.get("/staff/participants").text


def test_one_tap_says_what_was_done_and_the_note_is_sealed_and_read_on_record(
    li: FlaskClient, house: Service
) -> None:
    (found,) = raised(house)
    address = f"/staff/alerts/{found.response_id}"
    done = li.post(address, data={"done": "called", "note": "王建国的女儿接的电话"})
    assert done.status_code == 303
    assert "is on record" in li.get(done.location).text
    with house.store.reading() as tx:
        event = audit.history(tx, "CZ-001")[0]
        (row,) = alerts.of_participant(tx, found.participant_id)
    assert (event.action, event.actor.name, event.detail["done"]) == ("alert_acknowledged", "li", "called")
    assert (row.state, row.acknowledged_by, row.noted) == ("acknowledged", "li", True)
    assert "女儿" not in str(event.detail) + li.get(address).text
    assert "女儿" in li.post(f"{address}/note").text
    with house.store.reading() as tx:
        assert audit.history(tx, "CZ-001")[0].action == "note_read"
    again = li.post(address, data={"done": "seen"})
    assert "already said" in li.get(again.location).text


@pytest.mark.parametrize(
    ("form", "words"), [({}, "Choose what"), ({"done": "called", "note": "x" * 501}, "500")]
)
def test_what_makes_no_sense_is_told_in_words_and_nothing_is_closed(
    li: FlaskClient, house: Service, form: dict[str, str], words: str
) -> None:
    (found,) = raised(house)
    answer = li.post(f"/staff/alerts/{found.response_id}", data=form)
    assert answer.status_code == 422
    assert words in answer.text
    assert raised(house)[0].state == "open"


def test_another_sites_alert_is_none(li: FlaskClient, house: Service) -> None:
    (found,) = raised(house, "P3-001")
    for path in (f"/staff/alerts/{found.response_id}", "/staff/alerts/999999"):
        assert li.get(path).status_code == 404
        assert li.post(path, data={"done": "called"}).status_code == 404
    assert raised(house, "P3-001")[0].state == "open"


def test_a_corrected_or_withdrawn_response_says_so_on_its_alert(
    li: FlaskClient, house: Service, now: datetime
) -> None:
    chen = Actor("staff", "chen")
    with house.store.writing() as tx:
        person = participants.by_study_number(tx, "CZ-001")
        (uuid,) = (one.detail["response"] for one in audit.history(tx, "CZ-001") if "response" in one.detail)
        correct.withdraw(tx, house.study, person, str(uuid), 1, "duplicate", chen, now)
    assert "response withdrawn since" in li.get("/staff/alerts").text


def put_right(house: Service, item: str, code: int, now: datetime) -> dict[str, object]:
    """Chen corrects one answer of Wang's form at "2w"; what the trail says of it."""
    chen = Actor("staff", "chen")
    with house.store.writing() as tx:
        person = participants.by_study_number(tx, "CZ-001")
        stored = responses.current(tx, person.id, "2w", "bpi-sf")
        assert stored
        answers = correct.look(tx, house.catalogue, person, stored.uuid).answers
        wish = {**answers, item: {"value": code}}
        revision, why = stored.revision, "typing_error"
        correct.correct(tx, house.study, house.catalogue, person, stored.uuid, revision, wish, why, chen, now)
        return dict(audit.history(tx, "CZ-001")[0].detail)


def test_a_corrected_response_raises_what_is_new_and_nothing_twice(
    li: FlaskClient, house: Service, now: datetime
) -> None:
    assert [one.value for one in raised(house)] == [9.0]
    assert "alerts" not in put_right(house, "bpi4", 3, now), "the worst pain is as it was"
    assert "alerts" not in put_right(house, "bpi3", 2, now)
    assert put_right(house, "bpi3", 10, now)["alerts"] == ["worst-pain"]
    newest, first = raised(house)
    assert (newest.value, newest.standing, newest.state) == (10.0, "current", "open")
    assert (first.value, first.standing, first.state) == (9.0, "replaced", "open")
    assert "alerts" not in put_right(house, "bpi3", 9, now), "of a nine staff have heard before"


def test_the_site_is_told_at_once_its_coordinator_late_and_the_study_later_each_once(
    li: FlaskClient, house: Service, now: datetime
) -> None:
    assert ticked(house, now).steps == (2, 0, 0)
    own = [("hua", "alert"), ("li", "alert"), ("sun", "alert"), ("zhao", "alert")]
    assert letters(house) == own
    assert ticked(house, now + timedelta(hours=23)).steps == (0, 0, 0)
    # P3 has no coordinator of its own: its alert falls to the study's at once.
    assert ticked(house, now + timedelta(hours=24)).steps == (0, 2, 0)
    assert letters(house) == sorted([*own, ("hua", "escalation"), ("chen", "escalation")])
    assert ticked(house, now + timedelta(hours=48)).steps == (0, 0, 2)
    assert letters(house).count(("chen", "escalation")) == 3
    assert ticked(house, now + timedelta(days=9)).steps == (0, 0, 0)
    assert "waits too long" in li.get("/staff/alerts").text
    with house.store.reading() as tx:
        events = [one for one in audit.history(tx, "CZ-001") if one.action == "alert_escalated"]
    assert [event.detail["to"] for event in events] == ["study", "site"]


def test_what_was_acknowledged_in_time_is_not_escalated(
    li: FlaskClient, house: Service, now: datetime
) -> None:
    (found,) = raised(house)
    li.post(f"/staff/alerts/{found.response_id}", data={"done": "known"})
    assert ticked(house, now + timedelta(days=9)).steps == (1, 1, 1)  # of P3's alone


def test_a_hundred_alerts_after_an_outage_are_one_letter_for_each(
    house: Service, team: None, now: datetime
) -> None:
    for number in range(5):
        operated(house, f"CZ-{number:03}", now)
        answered(house, f"CZ-{number:03}", "2w", now, bpi3=9)
    assert ticked(house, now).told == 5
    assert letters(house) == [("hua", "alert"), ("li", "alert"), ("sun", "alert")]


def test_the_list_goes_on_where_a_page_ended(
    clinic: Flask, house: Service, team: None, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pro_app.actions import alerts as listing

    monkeypatch.setattr(listing, "PAGE_SIZE", 2)
    for number in range(5):
        operated(house, f"CZ-{number:03}", now)
        answered(house, f"CZ-{number:03}", "2w", now, bpi3=9)
    seen, after = [], 0
    for state in ("open", "acknowledged"):
        while after is not None:
            with house.store.reading() as tx:
                page = listing.page(tx, ("CZ",), state, after)  # type: ignore[arg-type]
            seen += [group.first.study_number for group in page.groups]
            after = page.after  # type: ignore[assignment]
        after = 0
        with house.store.writing() as tx:
            for group in listing.page(tx, ("CZ",), "open", 0).groups:
                listing.acknowledge(
                    tx, ("CZ",), group.first.response_id, "seen", "", Actor("staff", "li"), now
                )
    assert seen[:5] == [f"CZ-{number:03}" for number in range(5)]
    assert seen[5:] == ["CZ-001", "CZ-000"]

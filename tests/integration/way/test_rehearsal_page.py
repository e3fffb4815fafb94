"""Enrolment shows what would be sent before anything is: the clock's own rehearsal, on the page."""

from datetime import date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pro_app.records import participants
from pro_app.schedule.plan import Anchors
from pro_app.schedule.rehearsal import rehearse
from pro_app.schedule.window import today
from pro_app.wiring import Service
from tests.integration.clinic.test_pages import signed_in

# The pages ask the plan, hardly the database.
pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
DRY = "/staff/enrol/rehearsal?site=CZ&surgery_planned_on=2026-12-08&language=zh-Hans&phone=1"


def test_the_page_shows_every_message_that_the_rehearsal_of_the_clock_gives(
    li: FlaskClient, house: Service, now: datetime
) -> None:
    site = house.study.site("CZ")

    anchors = Anchors(today(now, site.tz), date(2026, 12, 8), None, "planned")
    base = house.settings.base_url
    visits = rehearse(
        house.study, site, anchors, "zh-Hans", base, channels=("sms",), family_channels=(), start=now
    )
    page = li.get(DRY).text
    sent = [one for visit in visits for one in visit.reminders]
    assert len(sent) > 6
    for one in sent:
        assert f'datetime="{one.at.isoformat()}"' in page
        assert one.channel == "call" or one.text.splitlines()[0][:30] in page
    assert page.count("<time ") == len(sent)
    assert 'lang="zh-Hans"' in page
    assert "<html" not in page


def test_in_the_participants_language_and_only_on_the_ways_there_are(li: FlaskClient, house: Service) -> None:
    english = li.get(DRY.replace("zh-Hans", "en").replace("phone=1", "email=1")).text
    assert 'lang="en"' in english
    assert "e-mail" in english
    assert "text message" not in english
    nobody = li.get(DRY.replace("&phone=1", "")).text
    assert "nothing can be sent" in nobody
    assert "text message" not in nobody


def test_the_button_shows_it_without_a_script_and_before_everything_is_filled_in(
    li: FlaskClient, house: Service
) -> None:
    sent = {"site": "CZ", "language": "en", "phone": "138 0000 0001", "surgery_planned_on": "2026-12-08"}
    page = li.post("/staff/enrol", data={**sent, "step": "rehearse"})
    assert page.status_code == 200
    assert "If the participant never answers" in page.text
    assert 'value="138 0000 0001"' in page.text
    preview = li.post("/staff/enrol", data={**sent, "study_number": "CZ-030", "step": "preview"}).text
    assert "Nothing is saved yet" in preview
    assert "If the participant never answers" in preview
    with house.store.reading() as tx:
        assert participants.count(tx) == 0


def test_days_and_sites_that_make_no_sense_are_answered_kindly(clinic: Flask, li: FlaskClient) -> None:
    for wrong in ("surgery_planned_on=", "surgery_planned_on=soon", "surgery_planned_on=2926-12-08"):
        page = li.get(DRY.replace("surgery_planned_on=2026-12-08", wrong))
        assert page.status_code == 200
        assert "No date yet" in page.text
    assert "Choose a site" in li.get(DRY.replace("site=CZ", "site=P3")).text
    assert signed_in(clinic, "mo").get(DRY).status_code == 403

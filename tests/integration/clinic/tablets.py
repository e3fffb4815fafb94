"""Nurse Li, her tablet, and Wang, whose visit before surgery is open on 1 December."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pro_app.actions import consent, hand_over, pin
from pro_app.records import audit, participants, responses, staff
from pro_app.records.audit import Actor
from pro_app.records.participants import Participant
from pro_app.web import current
from pro_app.wiring import Service
from tests.integration.clinic.people import LI, PASSWORD, enrolled, wang

PIN = "7391"
# For what is about pages and cookies: the statements behind them run on both databases in the other tests.
one_database = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
BORN = "1961"


def give_pin(house: Service, login: str, now: datetime, number: str = PIN) -> None:
    with house.store.writing() as tx:
        pin.set_pin(tx, staff.by_login(tx, login), number, LI, now)


@dataclass
class Ward:
    """A ward with one tablet: a browser that Li signed in with."""

    house: Service
    app: Flask
    tablet: FlaskClient
    wang: Participant

    @property
    def ref(self) -> str:
        return f"{self.wang.handle}.baseline"

    @property
    def token(self) -> str:
        return self.house.links.token(self.wang.handle, "baseline", self.wang.link_epoch)

    def sign_in(self, client: FlaskClient | None = None, login: str = "li") -> FlaskClient:
        found = client or self.app.test_client()
        answer = found.post("/staff/sign-in", data={"login": login, "password": PASSWORD})
        assert answer.status_code == 303
        found.post("/staff/language", data={"language": "en"})
        return found

    def give(self, answer: str = BORN, who: str = "CZ-003", **more: str) -> TestResponse:
        return self.tablet.post(f"/staff/tablet/{who}/baseline", data={"answer": answer, **more})

    def back(self, ending: str = "given_back") -> TestResponse:
        return self.tablet.post("/tablet/back", data={"ending": ending})

    def unlock(self, number: str = PIN) -> TestResponse:
        return self.tablet.post("/staff/tablet", data={"pin": number})

    def later(self, **time: float) -> None:
        current.datetime.moment += timedelta(**time)  # type: ignore[attr-defined]

    def agree(self, person: Participant | None = None) -> None:
        with self.house.store.writing() as tx:
            fresh = participants.by_id(tx, (person or self.wang).id)
            consent.decide(tx, self.house.study, fresh, True, Actor("patient", fresh.study_number), LATER)

    def trail(self, subject: str) -> list[str]:
        with self.house.store.reading() as tx:
            return [event.action for event in audit.history(tx, subject)]

    def stored(self, person: Participant | None = None) -> tuple[responses.Stored, ...]:
        with self.house.store.reading() as tx:
            return responses.of_participant(tx, (person or self.wang).id)

    def refused(self, client: FlaskClient) -> str:
        """The code with which this browser is refused Wang's visit."""
        answer = client.get(f"/device/visit/{self.ref}")
        assert answer.status_code == 403
        return str((answer.json or {})["error"])

    @property
    def number(self) -> int:
        with self.house.store.reading() as tx:
            found = hand_over.find(tx, self.key)
            assert found is not None
            return found.id

    @property
    def key(self) -> str:
        cookie = self.tablet.get_cookie("tablet")
        return cookie.value if cookie else ""


LATER = datetime.fromisoformat("2026-12-01T04:00:00+00:00")


def ward_of(house: Service, clinic: Flask, now: datetime) -> Ward:
    person = enrolled(house.store, house.study, house.links, wang(), now)
    ward = Ward(house, clinic, clinic.test_client(), person)
    ward.sign_in(ward.tablet)
    return ward

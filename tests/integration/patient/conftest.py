"""Mrs Wang's telephone: a browser at the door of the whole program, on noon of 1 December 2026 in Beijing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pro_app.actions import consent
from pro_app.config import read_settings
from pro_app.instruments.catalogue import Catalogue
from pro_app.links import Links
from pro_app.records import audit, participants, responses
from pro_app.records.audit import Actor
from pro_app.records.participants import Participant
from pro_app.records.store import Store
from pro_app.schedule.elements import Study
from pro_app.web.factory import create_app
from pro_app.wiring import Service
from tests.people import enrolled

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture
def at_noon(now: datetime) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def house(store: Store, study: Study, catalogue: Catalogue, tmp_path: Path) -> Service:
    """The program's parts, with the wrong-person question switched on and nobody to send to."""
    return Service(
        settings=read_settings({"PRO_APP_DATA_DIR": str(tmp_path)}),
        keys=store.keys,
        store=store,
        catalogue=catalogue,
        study=replace(study, guard="birth_year"),
        links=Links(store.keys),
        messengers=(),
        registries=(),
    )


@pytest.fixture
def app(house: Service) -> Flask:
    return create_app(house)


@dataclass
class Phone:
    """A browser without scripts: it gets pages, and sends forms with the secret of the last page."""

    house: Service
    client: FlaskClient
    wang: Participant
    page: TestResponse = field(init=False)

    def token(self, timepoint: str = "2w") -> str:
        return self.house.links.token(self.wang.handle, timepoint, self.wang.link_epoch)

    @property
    def ref(self) -> str:
        return f"{self.wang.handle}.2w"

    @property
    def code(self) -> str:
        return self.house.links.code(self.wang.handle, self.wang.code_epoch)

    def get(self, address: str, **more: object) -> TestResponse:
        self.page = self.client.get(address, **more)  # type: ignore[arg-type]
        return self.page

    def send(self, address: str, **fields: str | list[str]) -> TestResponse:
        found = _TOKEN.search(self.page.text)
        data = {**fields, "csrf_token": found[1] if found else ""}
        self.page = self.client.post(address, data=data)
        return self.page

    def begin(self, answer: str = "1956") -> TestResponse:
        """Open the link, press Start."""
        self.get(f"/v/{self.token()}")
        return self.send(f"/v/{self.token()}", answer=answer)

    def agree(self) -> None:
        """As after the privacy notice."""
        with self.house.store.writing() as tx:
            person = participants.by_id(tx, self.wang.id)
            patient = Actor("patient", person.study_number)
            consent.decide(tx, self.house.study, person, True, patient, self.wang.status_since)

    def inside(self) -> "Phone":
        """In the visit, notice read, home page open."""
        self.begin()
        self.agree()
        assert self.get("/visit").status_code == 200
        return self

    def stored(self) -> tuple[responses.Stored, ...]:
        with self.house.store.reading() as tx:
            return responses.of_participant(tx, self.wang.id)

    def trail(self) -> list[str]:
        """What the audit trail says was done to Mrs Wang, newest first."""
        with self.house.store.reading() as tx:
            return [event.action for event in audit.history(tx, self.wang.study_number)]


@pytest.fixture
def phone(house: Service, app: Flask, now: datetime, at_noon: time_machine.Traveller) -> Phone:
    """Mrs Wang, operated on two weeks ago: her visit of two weeks is open until 4 December."""
    with house.store.writing() as tx:
        wang = enrolled(tx, house.study, house.links, now)
    return Phone(house, app.test_client(), wang)


@pytest.fixture
def ready(phone: Phone) -> Phone:
    """Mrs Wang has agreed that her answers are kept."""
    phone.agree()
    return phone

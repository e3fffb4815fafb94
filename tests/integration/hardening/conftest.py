"""A hospital on the open internet: https, staff of every role, two participants, every address there is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from werkzeug.routing import Rule

from pro_app.actions import consent
from pro_app.config import read_settings
from pro_app.links import Links
from pro_app.records import participants
from pro_app.records.audit import Actor
from pro_app.records.participants import Participant
from pro_app.records.store import Store
from pro_app.web.factory import create_app
from pro_app.web.guard import Guard, guard_of
from pro_app.wiring import Service
from tests.integration.clinic.conftest import quick_hashes, team
from tests.integration.clinic.people import PASSWORD, enrolled, mary, the_catalogue, the_study, wang
from tests.integration.clinic.tablets import give_pin

__all__ = ["quick_hashes", "team"]

BASE = "https://pro.hospital.example"
TIMEPOINT = "baseline"
FORM_SECRET = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"|value="([^"]+)"[^>]* name="csrf_token"')
# Who may come in with the fewest others: the first login here whose role a route admits.
LOGINS = (
    ("li", "nurse"),
    ("hua", "site_coordinator"),
    ("sun", "investigator"),
    ("chen", "study_coordinator"),
    ("ad", "administrator"),
)


@pytest.fixture
def database_kind() -> str:
    """What is looked at here is the same on both databases, but for `test_odd_input`, which says so."""
    return "sqlite"


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates compiled once for all the hospitals of this folder."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def house(store: Store, tmp_path: Path) -> Service:
    """A demonstration, so that its addresses exist too, but under an https address as a hospital has it."""
    return Service(
        settings=read_settings({"PRO_APP_DATA_DIR": str(tmp_path), "PRO_APP_BASE_URL": BASE}),
        keys=store.keys,
        store=store,
        catalogue=the_catalogue(),
        study=replace(the_study(), guard="none"),
        links=Links(store.keys),
        messengers=(),
        registries=(),
    )


@dataclass
class Hospital:
    """The running program; Wang's first visit is open, Mary belongs to another site."""

    house: Service
    app: Flask
    wang: Participant
    _inside: dict[str, FlaskClient] = field(default_factory=dict)

    @property
    def token(self) -> str:
        return self.house.links.token(self.wang.handle, TIMEPOINT, self.wang.link_epoch)

    def client(self) -> FlaskClient:
        """A browser that reads English."""
        found = self.app.test_client()
        found.set_cookie("__Host-language", "en")
        return found

    def staff(self, login: str, client: FlaskClient | None = None) -> FlaskClient:
        """A browser in which `login` has signed in, with the form's secret as a person has it."""
        found = client or self.client()
        sent = {"login": login, "password": PASSWORD, "csrf_token": secret_in(found, "/staff/sign-in")}
        came_in = found.post("/staff/sign-in", data=sent)
        assert came_in.status_code == 303, came_in.text
        return found

    def patient(self) -> FlaskClient:
        """Mrs Wang's telephone, inside her visit."""
        found = self.client()
        found.set_cookie("__Host-visit", self.token)
        return found

    def admitted(self, guard: Guard) -> FlaskClient:
        """A browser that this guard lets in."""
        if guard.kind in ("visit", "device"):
            return self.patient()
        if guard.kind == "staff":
            login = next(login for login, role in LOGINS if role in guard.roles)
            if login not in self._inside or self._inside[login].get("/staff/sign-in").status_code != 303:
                self._inside[login] = self.staff(login)
            return self._inside[login]
        found = self.client()
        if guard.kind == "tablet":
            found.set_cookie("__Host-tablet", "the key of some tablet")
        return found

    def routes(self) -> Iterator[tuple[Rule, Guard]]:
        """Every rule of the program with its guard, in the order of the addresses."""
        for rule in sorted(self.app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint)):
            guard = guard_of(self.app.view_functions[rule.endpoint])
            assert guard is not None
            yield rule, guard

    def path(self, rule: Rule, **other: object) -> str:
        """The rule's address with values that exist, as far as that is possible."""
        values = {name: other.get(name, self._value(rule, name)) for name in rule.arguments}
        built = rule.build(values, append_unknown=False)
        assert built is not None, rule
        return built[1]

    def _value(self, rule: Rule, name: str) -> object:
        words = re.search(r"any\((\w+)[^)]*\):word", rule.rule)
        known: dict[str, object] = {
            "study_number": "CZ-003",
            "timepoint": TIMEPOINT,
            "instrument": "bpi-sf",
            "instrument_id": "bpi-sf",
            "language": "en",
            "token": self.token,
            "ref": f"{self.wang.handle}.{TIMEPOINT}",
            "login": "li",
            "word": words[1] if words else "none",
            "name": "clinic.css" if rule.endpoint == "files.static" else "main",
            "release": self.app.extensions["pro_app_assets"].release,
        }
        # What isn't known here is some word, or some number: a route that nobody thought of is tried too.
        number = name.endswith("_id") and "int:" in rule.rule
        return known.get(name, 1 if number else "something")


def secret_in(client: FlaskClient, address: str) -> str:
    """The form's secret in the page at this address; empty when it has none."""
    found = FORM_SECRET.search(client.get(address).text)
    return (found[1] or found[2]) if found else ""


def rows(hospital: Hospital) -> dict[str, int]:
    """How much is kept; sessions and the trail of looks apart."""
    with hospital.house.store.reading() as tx:
        names = ("participant", "response", "draft", "delivery", "outbox", "staff", "tablet", "staff_ticket")
        return {name: tx.conn.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one() for name in names}


@pytest.fixture
def hospital(
    house: Service, team: None, now: datetime, compiled: FileSystemBytecodeCache
) -> Iterator[Hospital]:
    """1 December 2026, noon in Beijing: a week before Wang's surgery."""
    with time_machine.travel(now, tick=False):
        person = enrolled(house.store, house.study, house.links, wang(), now)
        enrolled(house.store, house.study, house.links, mary(), now)
        give_pin(house, "li", now)
        with house.store.writing() as tx:
            consent.decide(tx, house.study, person, True, Actor("patient", person.study_number), now)
            person = participants.by_id(tx, person.id)
        app = create_app(house)
        app.jinja_env.bytecode_cache = compiled
        yield Hospital(house, app, person)

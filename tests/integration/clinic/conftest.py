"""The whole program over an empty database, with Li, Chen and the others hired."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask

from pro_app import passwords
from pro_app.actions.accounts import create_staff
from pro_app.config import read_settings
from pro_app.links import Links
from pro_app.records.staff import Role
from pro_app.records.store import Store
from pro_app.web import current
from pro_app.web.factory import create_app
from pro_app.wiring import Service
from tests.integration.clinic.people import PASSWORD, the_catalogue, the_study


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 with the least work: a test hires eight people and is not about how long that takes."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    passwords.hash_of_nothing.cache_clear()


@pytest.fixture
def house(store: Store, tmp_path: Path) -> Service:
    """The program's parts with nobody to send to."""
    return Service(
        settings=read_settings({"PRO_APP_DATA_DIR": str(tmp_path)}),
        keys=store.keys,
        store=store,
        catalogue=the_catalogue(),
        study=the_study(),
        links=Links(store.keys),
        messengers=(),
        registries=(),
    )


@pytest.fixture
def clinic(house: Service, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The application on 1 December 2026, noon in Beijing."""
    app = create_app(house)
    app.config["WTF_CSRF_ENABLED"] = False
    monkeypatch.setattr(current, "datetime", Frozen(now))
    yield app


class Frozen:
    """A clock that stands until it is told otherwise."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self, _zone: object) -> datetime:
        return self.moment


@pytest.fixture
def team(house: Service, now: datetime) -> None:
    """One account for each role and each relation to the site CZ."""
    people: tuple[tuple[str, Role, str | None], ...] = (
        ("li", "nurse", "CZ"),
        ("hua", "site_coordinator", "CZ"),
        ("sun", "investigator", "CZ"),
        ("chen", "study_coordinator", None),
        ("mo", "monitor", None),
        ("mu", "monitor", "P3"),
        ("zhao", "nurse", "P3"),
        ("ad", "administrator", None),
    )
    # In one transaction: a commit waits for the disk, and nearly every test of the clinic begins here.
    with house.store.writing() as tx:
        for login, role, site in people:
            create_staff(tx, login, login.title(), role, site, "en", PASSWORD, now)

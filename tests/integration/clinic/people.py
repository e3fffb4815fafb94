"""The cast of the clinic: Wang and Mary are patients, Li is a nurse, Chen coordinates the study."""

from datetime import date, datetime
from functools import cache
from pathlib import Path

from pro_app.actions.accounts import create_staff
from pro_app.actions.enrol import Enrolment, enrol
from pro_app.instruments.catalogue import Catalogue, load_catalogue
from pro_app.links import Links
from pro_app.records.audit import Actor
from pro_app.records.participants import Participant
from pro_app.records.staff import Role, Staff
from pro_app.records.store import Store
from pro_app.schedule.elements import Study
from pro_app.schedule.study import load_study

QUESTIONNAIRES = Path(__file__).resolve().parents[3] / "questionnaires"
PASSWORD = "seven lanterns on the river"
LI = Actor("staff", "li", "10.0.0.1")


@cache
def the_catalogue() -> Catalogue:
    return load_catalogue(QUESTIONNAIRES)


@cache
def the_study() -> Study:
    return load_study(QUESTIONNAIRES / "studies" / "nct06120426.toml", ("bpi-sf", "qlq-c30"))


def wang(**changes: object) -> Enrolment:
    """Wang of Changzheng, who reads Chinese and is operated on 8 December."""
    facts: dict[str, object] = {
        "study_number": "CZ-003",
        "site": "CZ",
        "arm": "en-bloc",
        "language": "zh-Hans",
        "name": "王建国",
        "phone": "138 0000 0001",
        "email": "wang@example.org",
        "birth_year": 1961,
        "surgery_planned_on": date(2026, 12, 8),
    }
    return Enrolment(**{**facts, **changes})  # type: ignore[arg-type]


def mary(**changes: object) -> Enrolment:
    """Mary of Peking University Third Hospital, who reads English."""
    facts: dict[str, object] = {
        "study_number": "P3-001",
        "site": "P3",
        "language": "en",
        "name": "Mary Miller",
        "surgery_planned_on": date(2026, 11, 20),
    }
    return Enrolment(**{**facts, **changes})  # type: ignore[arg-type]


def enrolled(store: Store, study: Study, links: Links, command: Enrolment, now: datetime) -> Participant:
    with store.writing() as tx:
        return enrol(tx, study, links, command, LI, now)


def hired(
    store: Store, login: str, role: Role, site: str | None, now: datetime, language: str = "en"
) -> Staff:
    """An account with the password `PASSWORD`."""
    with store.writing() as tx:
        return create_staff(tx, login, login.title(), role, site, language, PASSWORD, now)

"""The whole program with the clinic's team; Mrs Wang (CZ-001) two weeks after surgery, who agreed."""

from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pro_app.actions import consent
from pro_app.records import participants
from pro_app.records.audit import Actor
from pro_app.records.participants import Participant
from pro_app.wiring import Service
from tests.integration.clinic.conftest import clinic, house, quick_hashes, team
from tests.integration.clinic.test_pages import signed_in
from tests.integration.exports.ward import Ward

__all__ = ["clinic", "house", "quick_hashes", "team"]


@pytest.fixture
def ward(house: Service, now) -> Ward:  # type: ignore[no-untyped-def]
    return Ward(house.store, house.study, house.catalogue, house.links, now)


@pytest.fixture
def wang(ward: Ward, house: Service) -> Participant:
    """Operated on 17 November; noon of 1 December is the due day of the two-week visit."""
    person = ward.enrol("CZ-001", "CZ", date(2026, 11, 17), "en-bloc")
    with house.store.writing() as tx:
        consent.decide(tx, house.study, person, True, Actor("patient", "CZ-001"), ward.now)
        return participants.by_id(tx, person.id)


@pytest.fixture
def li(clinic: Flask, team: None) -> FlaskClient:
    """Nurse Li at her desk, reading English."""
    return signed_in(clinic, "li")


@pytest.fixture
def hua(clinic: Flask, team: None) -> FlaskClient:
    """Coordinator Hua of the same site."""
    return signed_in(clinic, "hua")

"""The whole program over an empty database, and Wang's pain form of the visit after two weeks."""

from datetime import date, datetime

import pytest
from flask import Flask

from pro_app.records.participants import Participant
from pro_app.wiring import Service
from tests.integration.clinic.conftest import clinic, house, quick_hashes, team
from tests.integration.exports.ward import SECRET, Ward

__all__ = ["clinic", "house", "quick_hashes", "team"]


@pytest.fixture
def pages(clinic: Flask) -> Flask:
    return clinic


@pytest.fixture
def ward(house: Service, now: datetime) -> Ward:
    return Ward(house.store, house.study, house.catalogue, house.links, now)


@pytest.fixture
def wang(ward: Ward) -> Participant:
    return ward.enrol("CZ-001", "CZ", date(2026, 11, 17), "en-bloc")


@pytest.fixture
def response(ward: Ward, wang: Participant) -> str:
    return ward.answered(wang, "2w", "bpi-sf", ward.now, bpi3=7, bpi7=SECRET)

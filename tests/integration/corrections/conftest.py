"""The whole program over an empty database, with our pages hung in if the factory has not done so yet."""

from collections.abc import Iterator
from datetime import date, datetime

import pytest
from flask import Flask

from pro_app.records.participants import Participant
from pro_app.web import corrections, exporting
from pro_app.wiring import Service
from tests.integration.clinic.conftest import clinic, house, quick_hashes, team
from tests.integration.exports.ward import SECRET, Ward

__all__ = ["clinic", "house", "quick_hashes", "team"]


@pytest.fixture
def pages(clinic: Flask) -> Iterator[Flask]:
    for module in (exporting, corrections):
        if module.blueprint.name not in clinic.blueprints:
            clinic.register_blueprint(module.blueprint)
    yield clinic


@pytest.fixture
def ward(house: Service, now: datetime) -> Ward:
    return Ward(house.store, house.study, house.catalogue, house.links, now)


@pytest.fixture
def wang(ward: Ward) -> Participant:
    return ward.enrol("CZ-001", "CZ", date(2026, 11, 17), "en-bloc")


@pytest.fixture
def response(ward: Ward, wang: Participant) -> str:
    return ward.answered(wang, "2w", "bpi-sf", ward.now, bpi3=7, bpi7=SECRET)

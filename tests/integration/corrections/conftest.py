"""The whole program over an empty database, with our pages hung in if the factory has not done so yet."""

from collections.abc import Iterator

import pytest
from flask import Flask

from pro_app.web import corrections, exporting
from tests.integration.clinic.conftest import clinic, house, quick_hashes, team

__all__ = ["clinic", "house", "quick_hashes", "team"]


@pytest.fixture
def pages(clinic: Flask) -> Iterator[Flask]:
    for module in (exporting, corrections):
        if module.blueprint.name not in clinic.blueprints:
            clinic.register_blueprint(module.blueprint)
    yield clinic

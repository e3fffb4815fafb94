"""The filled ward on both databases."""

from datetime import datetime
from pathlib import Path

import pytest

from pro_app.instruments.catalogue import Catalogue
from pro_app.links import Links
from pro_app.records.store import Store
from pro_app.schedule.elements import Study
from tests.integration.exports.ward import CHINESE, Ward, filled


@pytest.fixture
def empty_ward(store: Store, study: Study, catalogue: Catalogue, links: Links, now: datetime) -> Ward:
    return Ward(store, study, catalogue, links, now)


@pytest.fixture
def ward(empty_ward: Ward) -> Ward:
    return filled(empty_ward)


@pytest.fixture
def folder(ward: Ward, tmp_path: Path) -> Path:
    """Every format of one export, in Chinese."""
    ward.export(tmp_path / "out", "all", arms=True, words=CHINESE)
    return tmp_path / "out"

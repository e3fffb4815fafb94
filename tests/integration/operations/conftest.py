"""A hospital with a past, over an empty database of each kind."""

from datetime import datetime
from pathlib import Path

import pytest

from pro_app.instruments.catalogue import Catalogue
from pro_app.records.store import Store
from pro_app.schedule.elements import Study
from tests.integration.operations.hospital import Hospital


@pytest.fixture
def database_kind() -> str:
    """SQLite, unless a test is marked `on_both`: what differs between the two is tried on the two."""
    return "sqlite"


@pytest.fixture
def hospital(store: Store, study: Study, catalogue: Catalogue, now: datetime, tmp_path: Path) -> Hospital:
    return Hospital(store, study, catalogue, now, tmp_path)

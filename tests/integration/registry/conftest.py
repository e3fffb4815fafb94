"""The ward that the registry's tests work in, on each kind of database."""

from datetime import datetime

import pytest

from pro_app.records.store import Store
from tests.integration.registry.ward import Ward


@pytest.fixture
def ward(store: Store, now: datetime) -> Ward:
    return Ward(store, now)

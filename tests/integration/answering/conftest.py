"""The ward that the tests of this folder work in."""

from datetime import datetime

import pytest

from pro_app.instruments.catalogue import Catalogue
from pro_app.links import Links
from pro_app.records.store import Store
from pro_app.schedule.elements import Study
from tests.integration.answering.ward import Ward
from tests.people import enrolled


@pytest.fixture
def ward(store: Store, study: Study, catalogue: Catalogue, links: Links, now: datetime) -> Ward:
    with store.writing() as tx:
        wang = enrolled(tx, study, links, now)
    return Ward(store, study, catalogue, wang, now)

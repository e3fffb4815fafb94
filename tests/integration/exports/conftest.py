"""The filled ward: fresh on both databases, or shared by those who only read what was exported once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from shutil import copyfile

import pytest

from pro_app.instruments.catalogue import Catalogue
from pro_app.keys import create_key_file, load_key_ring
from pro_app.links import Links
from pro_app.records.store import Store
from pro_app.schedule.elements import Study
from tests.conftest import NOON_IN_BEIJING
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


@dataclass(frozen=True)
class Shared:
    """A filled ward on SQLite and every format of one export of it, in Chinese. Nobody may change either."""

    ward: Ward
    folder: Path


@pytest.fixture(scope="package")
def shared(
    tmp_path_factory: pytest.TempPathFactory, migrated_file: Path, study: Study, catalogue: Catalogue
) -> Iterator[Shared]:
    place = tmp_path_factory.mktemp("shared-ward")
    create_key_file(place / "keys.json")
    keys = load_key_ring(place / "keys.json", None)
    copyfile(migrated_file, place / "test.sqlite")
    store = Store(f"sqlite:///{place / 'test.sqlite'}", keys)
    ward = filled(Ward(store, study, catalogue, Links(keys), NOON_IN_BEIJING))
    ward.export(place / "out", "all", arms=True, words=CHINESE)
    yield Shared(ward, place / "out")
    store.close()

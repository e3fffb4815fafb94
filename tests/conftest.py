"""What every test may ask for: an empty database of each kind, keys, a fixed instant.

Builders and the cast live beside the tests that use them; this file stays small.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pro_app.keys import KeyRing, create_key_file, load_key_ring
from pro_app.records import migrating
from pro_app.records.store import Store
from tests.postgres import PostgresServer

NOON_IN_BEIJING = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """One real PostgreSQL server for the whole run, on a socket of its own."""
    server = PostgresServer(tmp_path_factory.mktemp("postgres"))
    yield server
    server.stop()


@pytest.fixture
def keys(tmp_path: Path) -> KeyRing:
    create_key_file(tmp_path / "keys.json")
    return load_key_ring(tmp_path / "keys.json", None)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database: the test runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.sqlite'}"
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        with server.database() as url:
            yield url


@pytest.fixture
def store(database_url: str, keys: KeyRing) -> Iterator[Store]:
    """A migrated, empty database."""
    store = Store(database_url, keys)
    migrating.up(store)
    yield store
    store.close()


@pytest.fixture
def now() -> datetime:
    """Noon in Beijing on 1 December 2026, in UTC."""
    return NOON_IN_BEIJING

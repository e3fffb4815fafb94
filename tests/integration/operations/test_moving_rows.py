"""Every row of every table comes out of one database and into another of the other kind."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from pro_app.keys import KeyRing
from pro_app.records import backups, migrating
from pro_app.records.columns import metadata
from pro_app.records.store import Store
from tests.integration.operations.hospital import on_both
from tests.integration.operations.rows import content, fill
from tests.postgres import PostgresServer


@pytest.fixture
def other(
    database_kind: str, request: pytest.FixtureRequest, keys: KeyRing, tmp_path: Path
) -> Iterator[Store]:
    """A second database, of the other kind, with this release's tables."""
    if database_kind == "postgres":
        store = Store(f"sqlite:///{tmp_path / 'other.sqlite'}", keys)
        migrating.up(store)
        yield store
        store.close()
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database(request.getfixturevalue("migrated_template")) as url:
        store = Store(url, keys)
        yield store
        store.close()


@on_both
def test_rows_are_the_same_in_another_database(store: Store, other: Store) -> None:
    with store.writing() as tx:
        assert set(fill(tx)) == set(metadata.tables)
    with store.snapshot() as here, other.writing() as there:
        shape = backups.shape(there)
        for table in backups.shape(here).tables:
            names = [column.name for column in table.columns]
            assert backups.load(there, shape.named(table.name), names, backups.rows(here, table)) == 2
        backups.set_counters(there, shape.tables)
    with store.reading() as here, other.reading() as there:
        assert content(there) == content(here)


@on_both
def test_the_next_row_gets_a_number_of_its_own(store: Store) -> None:
    with store.writing() as tx:
        fill(tx)
        backups.set_counters(tx, backups.shape(tx).tables)
    with store.writing() as tx:
        add = text(
            "INSERT INTO milestone (name, at, detail) VALUES ('x', CURRENT_TIMESTAMP, '{}') RETURNING id"
        )
        assert tx.conn.execute(add).scalar_one() == 3


@on_both
def test_a_snapshot_does_not_see_what_comes_after_it(store: Store) -> None:
    with store.snapshot() as before:
        table = backups.shape(before).named("milestone")
        assert backups.count(before, table) == 0
        with store.writing() as tx:
            tx.conn.execute(
                text("INSERT INTO milestone (name, at, detail) VALUES ('x', CURRENT_TIMESTAMP, '{}')")
            )
        assert backups.count(before, table) == 0
        assert list(backups.rows(before, table)) == []

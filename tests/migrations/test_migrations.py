"""Every migration goes up, down and up again, on both databases, and ends at the tables in the code."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from pro_app.keys import KeyRing
from pro_app.records import migrating, schema, schema_clinic, schema_exports  # noqa: F401  the tables themselves
from pro_app.records.columns import metadata
from pro_app.records.store import Store


@pytest.fixture
def empty(database_url: str, keys: KeyRing) -> Iterator[Store]:
    store = Store(database_url, keys)
    yield store
    store.close()


def tables(store: Store) -> set[str]:
    return set(inspect(store.engine).get_table_names()) - {"alembic_version"}


def test_up_down_and_up_again(empty: Store) -> None:
    migrating.up(empty)
    assert tables(empty) == set(metadata.tables)
    assert migrating.current(empty) == migrating.newest()
    migrating.down(empty, "base")
    assert tables(empty) == set()
    migrating.up(empty)
    assert tables(empty) == set(metadata.tables)


def test_the_migrated_tables_are_those_in_the_code(empty: Store) -> None:
    migrating.up(empty)
    with empty.writing() as tx:
        command.check(migrating._config(tx.conn))


def test_the_newest_file_is_the_head_that_alembic_sees(empty: Store) -> None:
    with empty.writing() as tx:
        script = ScriptDirectory.from_config(migrating._config(tx.conn))
    assert script.get_heads() == [migrating.newest()]


def test_migrating_twice_changes_nothing(empty: Store) -> None:
    migrating.up(empty)
    migrating.up(empty)
    assert migrating.current(empty) == migrating.newest()


def migrate_elsewhere(url: str) -> None:
    """Runs in a process of its own; the tables don't depend on the keys."""
    store = Store(url, KeyRing("of no account", (("k1", bytes(32)),)))
    migrating.up(store)
    store.close()


def test_two_processes_that_migrate_together_end_well(empty: Store) -> None:
    url = empty.url.render_as_string(hide_password=False)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        list(pool.map(migrate_elsewhere, [url, url]))
    assert migrating.current(empty) == migrating.newest()
    assert tables(empty) == set(metadata.tables)

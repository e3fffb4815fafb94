"""Rows survive every migration, and a migration that is killed leaves the old tables or the new ones."""

import random
import time
from collections.abc import Iterator
from itertools import pairwise
from multiprocessing import get_context

import pytest
from sqlalchemy import inspect

from pro_app.keys import KeyRing
from pro_app.records import migrating
from pro_app.records.columns import metadata
from pro_app.records.store import Store
from tests.integration.operations.rows import content, fill, reflected

REVISIONS = sorted(path.name.partition("_")[0] for path in (migrating.MIGRATIONS / "versions").glob("*.py"))
OLDEST, NEWEST = REVISIONS[0], REVISIONS[-1]


@pytest.fixture
def empty(database_url: str, keys: KeyRing) -> Iterator[Store]:
    store = Store(database_url, keys)
    yield store
    store.close()


def columns(store: Store) -> dict[str, list[str]]:
    with store.reading() as tx:
        return {table.name: [column.name for column in table.columns] for table in reflected(tx)}


@pytest.mark.parametrize(("before", "after"), list(pairwise(REVISIONS)))
def test_rows_of_every_table_go_up_down_and_up_again(empty: Store, before: str, after: str) -> None:
    migrating.up(empty, before)
    with empty.writing() as tx:
        fill(tx)
    with empty.reading() as tx:
        was = content(tx)
    old = columns(empty)
    for step in (after, before, after):
        (migrating.up if step == after else migrating.down)(empty, step)
        assert migrating.current(empty) == step
        with empty.reading() as tx:
            kept = content(tx, old)
        assert {name: kept[name] for name in was} == was
    if after == REVISIONS[-1]:
        assert set(columns(empty)) == set(metadata.tables)


def test_rows_of_the_newest_tables_keep_what_older_ones_can_hold(empty: Store) -> None:
    migrating.up(empty, REVISIONS[-2])
    old = columns(empty)
    migrating.up(empty)
    with empty.writing() as tx:
        fill(tx)
    with empty.reading() as tx:
        newest = content(tx, old)
    migrating.down(empty, REVISIONS[-2])
    with empty.reading() as tx:
        assert content(tx)["participant"] == newest["participant"]
    migrating.up(empty)
    with empty.reading() as tx:
        again = content(tx, old)
    assert set(again) == set(old)
    assert again["participant"] == newest["participant"]
    assert again["audit"] == newest["audit"]


def migrate(url: str) -> None:
    """Runs in a process of its own; the tables don't depend on the keys."""
    store = Store(url, KeyRing("of no account", (("k1", bytes(32)),)))
    migrating.up(store)
    store.close()


def killed_and_run_again(empty: Store, moments: int) -> None:
    """SIGKILL at random moments of a migration with rows; whatever it leaves can be migrated."""
    url = empty.url.render_as_string(hide_password=False)
    began = time.monotonic()
    migrating.up(empty, OLDEST)
    old = columns(empty)
    with empty.writing() as tx:
        fill(tx)
    migrating.up(empty)
    took = time.monotonic() - began
    chance = random.Random(20261123)
    found = set()
    for _ in range(moments):
        migrating.down(empty, OLDEST)
        with empty.reading() as tx:
            before = content(tx)
        empty.close()
        process = get_context("fork").Process(target=migrate, args=(url,))
        process.start()
        time.sleep(chance.random() * took)
        process.kill()
        process.join()
        at = migrating.current(empty)
        assert at in REVISIONS
        found.add(at)
        assert inspect(empty.engine).has_table("milestone") == (at == NEWEST)
        migrating.up(empty)
        assert migrating.current(empty) == NEWEST
        with empty.reading() as tx:
            assert content(tx, old)["participant"] == before["participant"]
    assert found


def test_a_migration_killed_at_any_moment_is_run_again(empty: Store) -> None:
    killed_and_run_again(empty, 3)


@pytest.mark.slow
def test_twenty_random_moments(empty: Store) -> None:
    killed_and_run_again(empty, 20)

"""The power is cut at the moment of an acknowledgement: what was acknowledged is there when it is back.

A killed process proves nothing here, since the kernel still writes what it was given. So the database lies on
an ext4 of its own in a file, and the copy of that file at the acknowledgement is the disk after the cut.
"""

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event

from benchmarks import patients
from benchmarks.books import books, expected, stored
from benchmarks.start import free_port
from pro_app.records.store import Store
from pro_app.web.factory import create_app
from tests.deploy.cluster import Machine
from tests.faults.disks import Ext4
from tests.faults.running import Installation

SEED = 20261201
PATIENCE_S = 120
Url = Callable[[Path], str]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Ext4]:
    yield Ext4(tmp_path / "disk.img")


def _in_a_file(disk: Path) -> str:
    return f"sqlite:///{disk / 'pro_app.sqlite'}"


def cut_again_and_again(
    at: Installation, disk: Ext4, folder: Path, count: int, moments: int
) -> Iterator[tuple[Ext4, set[str]]]:
    """`count` patients send; at `moments` of the receipts the disk after a cut, and what was acknowledged."""
    people = patients.enrolled(at.house, count)
    client = create_app(at.house).test_client()
    when = set(random.Random(SEED).sample(range(count), moments - 1)) | {count - 1}
    acknowledged: set[str] = set()
    for number, patient in enumerate(people):
        answer = client.post("/device/response", data=patient.body, headers=patient.headers)
        assert answer.status_code == 201
        acknowledged.add(patient.response)
        if number in when:
            print(f"power cut at receipt {len(acknowledged)}")
            yield disk.cut(folder / f"cut-{number}.img"), set(acknowledged)


def whole_after(at: Installation, store_url: str, acknowledged: set[str]) -> None:
    """Open the database as it was left, with the same keys: all of it is there, in every book."""
    after = Store(store_url, at.house.keys, pool_size=1)
    try:
        with after.reading() as tx:
            there = stored(tx)
            assert acknowledged <= there, f"{len(acknowledged - there)} of {len(acknowledged)} lost"
            assert books(tx) == expected(at.house, len(acknowledged))
    finally:
        after.close()


def run_on_sqlite(disk: Ext4, tmp_path: Path, count: int, moments: int) -> None:
    with disk.mounted(tmp_path / "before") as place:
        at = Installation(tmp_path / "data", _in_a_file(place))
        for cut, acknowledged in cut_again_and_again(at, disk, tmp_path, count, moments):
            with cut.mounted(tmp_path / "after") as found:
                whole_after(at, _in_a_file(found), acknowledged)
            cut.image.unlink()
        at.house.store.close()


def test_answers_are_there_after_a_power_cut_at_their_acknowledgement(disk: Ext4, tmp_path: Path) -> None:
    run_on_sqlite(disk, tmp_path, count=10, moments=3)


@pytest.mark.slow
def test_two_hundred_answers_outlive_twenty_power_cuts(disk: Ext4, tmp_path: Path) -> None:
    run_on_sqlite(disk, tmp_path, count=200, moments=20)


def test_a_database_that_does_not_wait_for_the_disk_would_lose_them(disk: Ext4, tmp_path: Path) -> None:
    """The test of the test: with synchronous=NORMAL the same cut loses what was acknowledged."""
    with disk.mounted(tmp_path / "before") as place:
        at = Installation(tmp_path / "data", _in_a_file(place))
        event.listen(at.house.store.engine, "checkout", _careless)
        for cut, acknowledged in cut_again_and_again(at, disk, tmp_path, count=5, moments=1):
            with (
                cut.mounted(tmp_path / "after") as found,
                pytest.raises(AssertionError, match=r"\d of 5 lost"),
            ):
                whole_after(at, _in_a_file(found), acknowledged)
        at.house.store.close()


def _careless(connection: sqlite3.Connection, *_more: object) -> None:
    connection.execute("PRAGMA synchronous=NORMAL")


@contextmanager
def postgresql_on(disk: Ext4, folder: Path) -> Iterator[Machine]:
    """A new server, as durable as it is shipped, whose files lie on `disk`; it runs."""
    with disk.mounted(folder) as place:
        server = Machine.at(place / "data")
        server.make("--wal-segsize=1")
        try:
            server.start(PATIENCE_S)
            yield server
        finally:
            server.leave()


@contextmanager
def mended(left: Machine, found: Path) -> Iterator[str]:
    """The address of a server on what the disk held, which has mended itself."""
    again = replace(left, data=found / left.data.name, port=free_port(), process=None)
    (again.data / "postmaster.pid").unlink()  # as whoever starts a machine does
    try:
        # What it has mended need not outlive another cut.
        again.start(PATIENCE_S, fsync="off")
        yield again.url()
    finally:
        again.leave()


def run_on_postgresql(tmp_path: Path, count: int, moments: int) -> None:
    disk = Ext4(tmp_path / "disk.img", mib=256)
    with postgresql_on(disk, tmp_path / "before") as server:
        at = Installation(tmp_path / "data", server.url())
        for cut, acknowledged in cut_again_and_again(at, disk, tmp_path, count, moments):
            with cut.mounted(tmp_path / "after") as found, mended(server, found) as url:
                whole_after(at, url, acknowledged)
            cut.image.unlink()
        at.house.store.close()


@pytest.mark.slow
@pytest.mark.postgres
def test_two_hundred_answers_in_postgresql_outlive_twenty_power_cuts(tmp_path: Path) -> None:
    run_on_postgresql(tmp_path, count=200, moments=20)


@pytest.mark.slow
@pytest.mark.postgres
def test_a_postgresql_that_does_not_wait_for_the_disk_would_lose_them(tmp_path: Path) -> None:
    """The test of the test: what a hospital must not set."""
    disk = Ext4(tmp_path / "disk.img", mib=256)
    with postgresql_on(disk, tmp_path / "before") as server:
        at = Installation(tmp_path / "data", server.url())
        at.house.store.close()
        server.ask("ALTER SYSTEM SET synchronous_commit = off")
        server.ask("ALTER SYSTEM SET wal_writer_delay = '10s'")
        server.ask("SELECT pg_reload_conf()")
        for cut, acknowledged in cut_again_and_again(at, disk, tmp_path, count=5, moments=1):
            with (
                cut.mounted(tmp_path / "after") as found,
                mended(server, found) as url,
                pytest.raises(AssertionError, match=r"\d of 5 lost"),
            ):
                whole_after(at, url, acknowledged)
        at.house.store.close()

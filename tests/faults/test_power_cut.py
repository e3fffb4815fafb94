"""The power is cut at the moment of an acknowledgement: what was acknowledged is there when it is back.

A killed process proves nothing here, since the kernel still writes what it was given. So the database lies on
an ext4 of its own in a file, and the copy of that file at the acknowledgement is the disk after the cut.
"""

import random
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.engine import make_url

from benchmarks import patients
from pro_app.records.store import Store
from pro_app.web.factory import create_app
from tests.faults.disks import Ext4
from tests.faults.running import Installation, books, expected, stored
from tests.postgres import PostgresServer

SEED = 20261201
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


def started(folder: Path) -> PostgresServer:
    """The package waits 10 s for a server that is mending itself; on a busy machine that takes longer, and
    it takes offence at one that is still at it."""
    for _ in range(30):
        with suppress(subprocess.TimeoutExpired, AssertionError):
            return PostgresServer(folder)
        time.sleep(1)
    raise TimeoutError("PostgreSQL did not come back")


@pytest.mark.slow
def test_two_hundred_answers_in_postgresql_outlive_twenty_power_cuts(tmp_path: Path) -> None:
    disk = Ext4(tmp_path / "disk.img", mib=512)
    with disk.mounted(tmp_path / "before") as place:
        place.chmod(0o755)
        server = PostgresServer(place)
        try:
            with server.database() as url:
                at = Installation(tmp_path / "data", url)
                name = make_url(url).database
                for cut, acknowledged in cut_again_and_again(at, disk, tmp_path, 200, 20):
                    with cut.mounted(tmp_path / "after") as found:
                        for left in ("postmaster.pid", ".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
                            (found / "data" / left).unlink()  # as whoever starts a machine does
                        again = started(found)
                        try:
                            with again.database() as beside:
                                url = make_url(beside).set(database=name)
                                whole_after(at, url.render_as_string(hide_password=False), acknowledged)
                        finally:
                            again.stop()
                    cut.image.unlink()
                at.house.store.close()
        finally:
            server.stop()

"""Disk full or failing, database gone or locked: 503 with `Retry-After` and a sentence, and nothing is lost.

Each fault is a real one, and when it is over the program is well again by itself: nobody starts it anew.
"""

import logging
import os
import resource
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from shutil import copyfile

import psycopg
import pysqlite3.dbapi2
import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from werkzeug.test import TestResponse

from benchmarks import patients
from benchmarks.books import books, expected
from benchmarks.patients import Patient
from pro_app.records.store import Store
from pro_app.web.factory import create_app
from pro_app.wiring import Service
from tests.faults import disks
from tests.faults.running import Installation
from tests.postgres import PostgresServer

SOON_S = 0.3


class Ward:
    """One installation whose patients send one after the other."""

    secret = ""

    def __init__(self, at: Installation, count: int = 3) -> None:
        self.people = patients.enrolled(at.house, count)
        self.house: Service = at.house

    def patiently(self, patience_s: float, url: str | None = None) -> "Ward":
        """From now on with another patience, or at another address of the same database."""
        self.house.store.close()
        address = url or self.house.store.url.render_as_string(hide_password=False)
        self.house = replace(self.house, store=Store(address, self.house.keys, patience_s=patience_s))
        return self

    def begun(self) -> FlaskClient:
        """The browser of the last patient, who has opened the form and has not sent it."""
        client = create_app(self.house).test_client()
        last = self.people[-1]
        began = client.post(f"/v/{last.token}", data={"csrf_token": secret_in(client.get("/"))})
        assert began.status_code == 303
        self.secret = secret_in(client.get("/visit/form/qlq-c30"))
        return client

    def all_is_well(self, client: FlaskClient) -> None:
        """Everybody who was turned away sends again; each answer is there once, in every book."""
        for patient in self.people:
            assert send(client, patient).status_code in (200, 201)
        with self.house.store.reading() as tx:
            assert books(tx) == expected(self.house, len(self.people))


def secret_in(page: TestResponse) -> str:
    return page.text.partition('name="csrf_token" value="')[2].partition('"')[0]


def send(client: FlaskClient, patient: Patient) -> TestResponse:
    return client.post("/device/response", data=patient.body, headers=patient.headers)


def turned_away(ward: Ward, client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    """The device is told in JSON, a person on a page in their language; one line each, and no traceback."""
    with caplog.at_level(logging.INFO):
        caplog.clear()
        device = send(client, ward.people[1])
        assert device.status_code == 503 and device.headers["Retry-After"] == "30"
        assert device.json and device.json["error"] in ("busy", "store_away")
        told = [record for record in caplog.records if record.levelno >= logging.ERROR]
        assert len(told) == 1 and told[0].exc_info is None, caplog.text
    page = save(client, ward.secret)
    assert page.status_code == 503 and page.headers["Retry-After"] == "30"
    assert '<html lang="zh-Hans">' in page.text and "Traceback" not in page.text


def save(client: FlaskClient, secret: str) -> TestResponse:
    """The form without scripts, in Chinese, whose page writes what was entered."""
    form = {"csrf_token": secret, "action": "save", "q1": "1"}
    return client.post("/visit/form/qlq-c30?lang=zh-Hans", data=form)


@pytest.fixture
def at(tmp_path: Path, migrated_file: Path) -> Iterator[Installation]:
    (tmp_path / "data").mkdir()
    copyfile(migrated_file, tmp_path / "data" / "pro_app.sqlite")
    made = Installation(tmp_path / "data")
    yield made
    made.house.store.close()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, migrated_template: str) -> Iterator[str]:
    """A migrated database for one test alone, which may throw everybody out."""
    with postgres_server.database(migrated_template) as url:
        yield url


def test_a_full_disk_is_said_and_passes(
    tmp_path: Path, migrated_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with disks.small(tmp_path / "disk", 3072) as disk:
        copyfile(migrated_file, disk / "pro_app.sqlite")
        at = Installation(tmp_path / "data", f"sqlite:///{disk / 'pro_app.sqlite'}")
        with closing(at.house.store):
            ward = Ward(at)
            client = ward.begun()
            assert send(client, ward.people[0]).status_code == 201
            with fill(disk / "somebody-elses-file"):
                turned_away(ward, client, caplog)
            ward.all_is_well(client)


@contextmanager
def fill(file: Path) -> Iterator[None]:
    """Somebody else's file takes all there is."""
    with file.open("wb", buffering=0) as taker:
        size = 1 << 16
        while size:
            try:
                taker.write(bytes(size))
            except OSError:
                size //= 2
        yield
    file.unlink()


def test_a_failing_disk_is_said_and_passes(at: Installation, caplog: pytest.LogCaptureFixture) -> None:
    """A write beyond the allowed size of a file fails in the kernel: SQLite calls it `disk I/O error`."""
    ward = Ward(at)
    client = ward.begun()
    assert send(client, ward.people[0]).status_code == 201
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, most))
    try:
        turned_away(ward, client, caplog)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    ward.all_is_well(client)


def test_a_database_that_can_t_be_opened_is_said_and_passes(
    at: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    ward = Ward(at).patiently(SOON_S)
    client = ward.begun()
    at.folder.rename(away := at.folder.with_name("away"))
    turned_away(ward, client, caplog)
    ward.house.store.let_go()  # an open file is still read, wherever its folder is
    client.set_cookie("staff", "whose session can't be looked up")
    assert client.get("/staff").status_code == client.get("/staff/nowhere").status_code == 503
    assert client.get("/healthz").status_code == 200
    away.rename(at.folder)
    client.delete_cookie("staff")
    ward.all_is_well(client)


def test_somebody_who_writes_for_long_is_waited_for_and_then_said(
    at: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    """Another program, which knows nothing of our queue, holds SQLite's own lock."""
    ward = Ward(at).patiently(SOON_S)
    client = ward.begun()
    file = at.house.store.url.database
    with closing(pysqlite3.dbapi2.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        turned_away(ward, client, caplog)
    ward.all_is_well(client)


@pytest.mark.postgres
def test_a_postgresql_that_is_gone_is_said_and_comes_back(
    postgres_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    at = Installation(tmp_path / "data", postgres_url)
    with gone_at_will(postgres_url, tmp_path / "sockets") as (url, sockets):
        ward = Ward(at).patiently(SOON_S, url)
        client = ward.begun()
        assert send(client, ward.people[0]).status_code == 201
        sockets.rename(away := tmp_path / "away")
        drop_connections(postgres_url)
        turned_away(ward, client, caplog)
        caplog.clear()
        # A form that was open for too long is shown afresh, for which the database is asked once more.
        assert save(client, "a secret of yesterday").status_code == 503
        assert "Traceback" not in caplog.text
        away.rename(sockets)
        ward.all_is_well(client)
        ward.house.store.close()


@contextmanager
def gone_at_will(url: str, sockets: Path) -> Iterator[tuple[str, Path]]:
    """An address of the server at which it is no more once `sockets` has another name."""
    parsed = make_url(url)
    sockets.symlink_to(str(parsed.query["host"]))
    yield parsed.set(query={**parsed.query, "host": str(sockets)}).render_as_string(False), sockets


def drop_connections(url: str) -> None:
    """What a server that stops does to everybody."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.mark.postgres
def test_a_postgresql_without_room_is_said_and_passes(
    postgres_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What patients write lies on a small disk of its own."""
    at = Installation(tmp_path / "data", postgres_url)
    ward = Ward(at)
    client = ward.begun()
    with psycopg.connect(postgres_url, autocommit=True) as connection, ExitStack() as last:
        disk = last.enter_context(disks.small(tmp_path / "disk", 512))
        place = disk / "space"
        place.mkdir()
        owner = Path(connection.execute("SHOW data_directory").fetchone()[0]).stat()  # type: ignore[index]
        for folder in (tmp_path, *list(tmp_path.parents)[:-2]):
            folder.chmod(folder.stat().st_mode | 0o011)
        os.chown(place, owner.st_uid, owner.st_gid)
        connection.execute(f"CREATE TABLESPACE small LOCATION '{place}'")
        last.callback(connection.execute, "DROP TABLESPACE small")
        for table in ("response", "draft"):
            last.callback(connection.execute, f"ALTER TABLE {table} SET TABLESPACE pg_default")
            connection.execute(f"ALTER TABLE {table} SET TABLESPACE small")
        with fill(disk / "somebody-elses-file"):
            turned_away(ward, client, caplog)
        ward.all_is_well(client)
    at.house.store.close()


def test_a_mistake_of_the_program_is_not_called_a_fault_of_the_database(store: Store) -> None:
    """It would not pass by itself: nobody should be told to try again."""
    with pytest.raises(DBAPIError), store.reading() as tx:
        tx.conn.execute(text("SELECT nothing FROM nowhere"))

"""`pro-app restore`: nothing is replaced before all is checked, and what was replaced is kept."""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from pro_app.cli.backup import write_secret
from pro_app.cli.restore import OtherSecret, restore
from pro_app.keys import KeyRing, create_key_file, load_key_ring
from pro_app.records.replacing import InUse, NotEmpty
from pro_app.records.store import Store
from pro_app.sealed_stream import Damaged
from tests.integration.operations.hospital import SECRET, Hospital, on_both
from tests.integration.operations.rows import content
from tests.postgres import PostgresServer


@dataclass
class Place:
    """A machine to restore to: its folder, its database, and the backup that was brought there."""

    folder: Path
    url: str
    backup: Path

    def restore(self, *arguments: str) -> Result:
        environ = {"PRO_APP_DATA_DIR": str(self.folder), "PRO_APP_DATABASE_URL": self.url}
        secret = ["--secret", str(self.folder / "secret.txt")]
        return CliRunner().invoke(restore, [str(self.backup), *secret, *arguments], env=environ)

    @property
    def keys(self) -> KeyRing:
        return load_key_ring(self.folder / "keys.json", None)

    def content(self) -> dict[str, list[list[str]]]:
        store = Store(self.url, self.keys)
        try:
            with store.reading() as tx:
                return content(tx)
        finally:
            store.close()


@pytest.fixture
def place(
    database_kind: str, request: pytest.FixtureRequest, tmp_path: Path, hospital: Hospital
) -> Iterator[Place]:
    """An empty machine, and a backup of a hospital where Wang has answered."""
    hospital.submit(hospital.enrol())
    folder = tmp_path / "new machine"
    folder.mkdir()
    write_secret(folder / "secret.txt", SECRET)
    backup = tmp_path / "monday.backup"
    backup.write_bytes(hospital.save())
    if database_kind == "sqlite":
        yield Place(folder, f"sqlite:///{folder / 'pro_app.sqlite'}", backup)
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database() as url:
        yield Place(folder, url, backup)


# What a restore itself writes: a milestone, a line in the audit trail.
OWN = {"milestone", "audit", "audit_chain"}


@on_both
def test_it_comes_back_in_an_empty_place_with_its_keys(place: Place, hospital: Hospital) -> None:
    done = place.restore()
    assert done.exit_code == 0, done.output
    assert "Restored: " in done.output
    assert "no key file here to compare with" in done.output
    assert place.keys.secret == hospital.store.keys.secret
    with hospital.store.reading() as tx:
        before = content(tx)
    after = place.content()
    assert {name: after[name] for name in after.keys() - OWN} == {
        name: before[name] for name in before.keys() - OWN
    }
    assert len(after["audit"]) == len(before["audit"]) + 1


@on_both
def test_a_place_with_data_is_left_alone_unless_it_is_said(place: Place) -> None:
    assert place.restore().exit_code == 0
    first = place.content()
    again = place.restore()
    assert isinstance(again.exception, NotEmpty)
    assert place.content() == first
    done = place.restore("--replace")
    assert done.exit_code == 0, done.output
    assert "The former database is kept as " in done.output
    kept = done.output.split("kept as ")[1].split(".\n")[0]
    if place.url.startswith("sqlite"):
        former = Store(f"sqlite:///{place.folder / kept}", place.keys)
    else:
        former = Store(place.url, place.keys)
    with former.reading() as tx:
        if tx.on_postgres:
            tx.conn.execute(text(f'SET search_path TO "{kept}"'))
        assert tx.conn.execute(text("SELECT count(*) FROM milestone")).scalar_one() == 1
    former.close()


@on_both
def test_nothing_happens_while_a_program_has_the_database_open(place: Place) -> None:
    assert place.restore().exit_code == 0
    running = Store(place.url, place.keys)
    with running.reading() as tx:
        before = content(tx)
    refused = place.restore("--replace")
    assert isinstance(refused.exception, InUse)
    with running.reading() as tx:
        assert content(tx) == before
    running.close()
    assert place.restore("--replace").exit_code == 0


@on_both
def test_a_bad_backup_replaces_nothing_and_leaves_nothing_behind(place: Place) -> None:
    assert place.restore().exit_code == 0
    before, files = place.content(), sorted(place.folder.iterdir())
    data = bytearray(place.backup.read_bytes())
    data[-1] ^= 1
    place.backup.write_bytes(bytes(data))
    assert isinstance(place.restore("--replace").exception, Damaged)
    assert place.content() == before
    assert sorted(place.folder.iterdir()) == files


def test_checking_touches_nothing(place: Place) -> None:
    done = place.restore("--check")
    assert done.exit_code == 0
    assert "Good: " in done.output
    assert sorted(one.name for one in place.folder.iterdir()) == ["secret.txt"]


def test_another_installations_key_file_is_in_the_way(place: Place) -> None:
    create_key_file(place.folder / "keys.json")
    assert isinstance(place.restore().exception, OtherSecret)
    done = place.restore("--replace")
    assert done.exit_code == 0, done.output
    assert [one.name for one in place.folder.glob("keys.json.before-restore-*")]
    assert place.content()["response"]


def test_with_our_own_key_file_at_hand_we_know_who_made_it(place: Place, hospital: Hospital) -> None:
    own = hospital.folder / "keys.json"
    (place.folder / "keys.json").write_bytes(own.read_bytes())
    (place.folder / "keys.json").chmod(0o600)
    done = place.restore()
    assert done.exit_code == 0, done.output
    assert "no key file here" not in done.output


def killed_while_restoring(place: Place, hospital: Hospital, moments: int) -> None:
    """SIGKILL at any moment of a restore over data: the former database or the new one, never neither."""
    hospital.store.close()
    assert place.restore().exit_code == 0
    answered = place.content()["response"]
    began = time.monotonic()
    assert place.restore("--replace").exit_code == 0
    took = time.monotonic() - began
    chance = random.Random(8)
    for _ in range(moments):
        # No database is open here at this moment, so a fork is safe, and quicker than a new program.
        process = get_context("fork").Process(target=place.restore, args=("--replace",))
        process.start()
        time.sleep(took * chance.random())
        process.kill()
        process.join()
        assert place.content()["response"] == answered
    # A connection of the killed one may still be ending on the server.
    for _ in range(50):
        done = place.restore("--replace")
        if done.exit_code == 0:
            break
        assert isinstance(done.exception, InUse)
        time.sleep(0.1)
    assert done.exit_code == 0
    assert place.content()["response"] == answered


@on_both
def test_killed_at_two_moments_it_leaves_a_whole_database(place: Place, hospital: Hospital) -> None:
    killed_while_restoring(place, hospital, 2)


@on_both
@pytest.mark.slow
def test_killed_at_twenty_moments_it_leaves_a_whole_database(place: Place, hospital: Hospital) -> None:
    killed_while_restoring(place, hospital, 20)

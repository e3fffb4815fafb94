"""The outside witness: once a day, delivered once, and it notices what no look at the trail alone could."""

import hashlib
import json
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from pro_app.actions import witness
from pro_app.actions.witness import Result
from pro_app.cli import audit as words
from pro_app.config import read_settings
from pro_app.keys import create_key_file, load_key_ring
from pro_app.ports import RegistryAway, RegistryRefused
from pro_app.records import audit, audit_digests, migrating
from pro_app.records.audit import Actor
from pro_app.records.store import Store

LI = Actor("staff", "nurse.li", "10.0.0.7")


class Keeps:
    """A registry that keeps digests, or says what it is told to."""

    def __init__(self, name: str = "central", fault: Exception | None = None) -> None:
        self.name, self.fault, self.kept = name, fault, {}  # type: ignore[var-annotated]

    def deliver(self, parcel: object) -> object:
        raise NotImplementedError

    def deliver_digest(self, day: date, body: str, hash: str) -> str:
        if self.fault:
            raise self.fault
        self.kept[day] = (body, hash)
        return f"digest-{day}"


class Parcels:
    """A registry that takes parcels only."""

    name = "old"

    def deliver(self, parcel: object) -> object:
        raise NotImplementedError


def grown(store: Store, now: datetime, rows: int = 3, chain: str = "CZ") -> None:
    with store.writing() as tx:
        for number in range(rows):
            audit.append(tx, chain, LI, "identity_read", "CZ-001", {"n": number}, now)


def runs(store: Store, now: datetime, *registries: object) -> Result:
    return witness.witness(store, registries, "NCT06120426", now)  # type: ignore[arg-type]


def test_a_day_is_witnessed_once_and_says_nothing_about_anybody(store: Store, now: datetime) -> None:
    grown(store, now)
    central = Keeps()
    assert runs(store, now, central) == Result(made=1, delivered=1)
    assert runs(store, now + timedelta(hours=5), central) == Result()
    (body, digest) = central.kept[date(2026, 11, 30)]
    assert hashlib.sha256(body.encode()).hexdigest() == digest
    assert json.loads(body)["chains"]["CZ"]["length"] == 3
    assert "CZ-001" not in body
    assert "nurse" not in body
    assert runs(store, now + timedelta(days=1), central) == Result(made=1, delivered=1)
    assert len(central.kept) == 2
    with store.reading() as tx:
        assert audit.verify(tx) == ()
        assert audit_digests.newest(tx)[0].remote_id == "digest-2026-12-01"


def test_a_registry_that_is_away_gets_it_later_and_one_that_refuses_is_not_asked_again(
    store: Store, now: datetime
) -> None:
    grown(store, now)
    away, refuses = Keeps("a", RegistryAway(words="503")), Keeps("b", RegistryRefused(words="no such table"))
    assert runs(store, now, away, refuses) == Result(made=1, later=1, refused=1)
    assert runs(store, now + timedelta(minutes=1), away, refuses) == Result()
    away.fault = None
    assert runs(store, now + timedelta(minutes=5), away, refuses) == Result(delivered=1)
    with store.reading() as tx:
        states = {one.registry: (one.state, one.problem) for one in audit_digests.newest(tx)}
    assert states["a"] == ("delivered", None)
    assert states["b"][0] == "parked"
    assert "no such table" in (states["b"][1] or "")


@pytest.mark.parametrize("registries", [(), (Parcels(),)])
def test_without_a_witness_the_digest_is_kept_with_the_reason(
    store: Store, now: datetime, registries: tuple[object, ...]
) -> None:
    grown(store, now)
    assert runs(store, now, *registries) == Result(made=1)
    with store.reading() as tx:
        (one,) = audit_digests.newest(tx)
    assert (one.state, one.problem) == ("parked", witness.NO_DIGESTS)


def test_an_empty_trail_is_not_witnessed(store: Store, now: datetime) -> None:
    assert runs(store, now, Keeps()) == Result()


def test_a_trail_that_was_rewritten_whole_is_found_by_its_digest_alone(store: Store, now: datetime) -> None:
    grown(store, now)
    central = Keeps()
    runs(store, now, central)
    body, _ = central.kept[date(2026, 11, 30)]
    grown(store, now, 2)
    with store.reading() as tx:
        assert witness.compare(tx, body) == ()
    with store.writing() as tx:
        for table in ("audit", "audit_chain"):
            tx.conn.execute(text(f"DELETE FROM {table} WHERE chain = 'CZ'"))
    with store.reading() as tx:
        assert "no longer has row 3" in witness.compare(tx, body)[0]
    grown(store, now + timedelta(seconds=1), 5)
    with store.reading() as tx:
        assert audit.verify(tx) == (), "by itself the new trail looks whole"
        assert witness.compare(tx, body) == (
            "CZ: row 3 is not the one in the digest: rows up to it were rewritten.",
        )


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": "other"}', "null", '"x"'])
def test_what_is_no_digest_is_said_to_be_none(store: Store, content: str) -> None:
    with store.reading() as tx, pytest.raises(witness.DigestUnreadable):
        witness.compare(tx, content)


def test_the_words_print_a_digest_and_check_the_trail_against_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    monkeypatch.setenv("PRO_APP_DATA_DIR", str(tmp_path))
    settings = read_settings({"PRO_APP_DATA_DIR": str(tmp_path)})
    create_key_file(settings.key_file)
    store = Store(settings.database_url, load_key_ring(settings.key_file, None))
    migrating.up(store)
    grown(store, now)

    def say(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(words.audit, list(arguments))
        return done.exit_code, done.output

    code, printed = say("digest")
    assert code == 0
    file = tmp_path / "digest.json"
    file.write_text(printed)
    assert say("verify", "--digest", str(file)) == (
        0,
        "The audit trail is whole: 3 rows, and leads through digest.json.\n",
    )
    assert "no digest of 2020-01-01" in say("digest", "--day", "2020-01-01")[1]
    assert "is no day" in say("digest", "--day", "soon")[1]
    with store.writing() as tx:
        tx.conn.execute(text("UPDATE audit SET subject = 'CZ-002' WHERE number = 1"))
    code, printed = say("verify", "--digest", str(file))
    assert code == 1
    assert "CZ: row 1 is not what was written." in printed

"""Bringing a backup back: all of it is loaded into a fresh place and checked before anything is replaced.

1. The head says what it is, brings its keys and the wording packs.
2. The tables of its release are made in the fresh place, every row is loaded, then the tables are brought to
   this release.
3. Checked: the seal of every piece, the sum over all lines, the number of rows of each table, the database's
   own check, every chain of the audit trail up to the head that was written, every sealed field opens.
4. Rows that were under way are made fit for today (`milestones.after_restore`), and it is put on record.
All of it in the caller's transaction; what happens to the former database is the caller's business.
"""

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from pro_app.errors import ProAppError
from pro_app.keys import DataKeys, KeyRing
from pro_app.ports import Messenger, Outcome
from pro_app.records import archive, audit, backups, migrating, milestones, rotation
from pro_app.records import delivery_claims as claims
from pro_app.records.archive import Line
from pro_app.records.audit import STUDY_CHAIN, Actor
from pro_app.records.milestones import Settled
from pro_app.records.store import Store, Transaction
from pro_app.sealed_stream import Damaged

FILES = "wording"
Progress = Callable[[int, int], None]


class NewerRelease(ProAppError):
    """The backup was made by a later release than this one."""

    code = "backup_newer"


class Unsound(ProAppError):
    """It could be read, but what it holds is not whole; `faults` has one line per fault."""

    code = "backup_unsound"


class NoKeys(ProAppError):
    """The backup was made without keys, and there is no key file here."""

    code = "backup_no_keys"


@dataclass(slots=True)
class Opened:
    """A backup whose head has been read; `lines` goes on with its tables."""

    made_at: datetime
    revision: str
    study: str
    rows: Mapping[str, int]
    secret: str | None
    data_keys: DataKeys
    files: Mapping[str, bytes]
    lines: Iterator[Line]

    def ring(self, own: KeyRing | None) -> KeyRing:
        """The keys that open it: those at hand with its own behind them. Raises `NoKeys`."""
        if own is None:
            if self.secret is None:
                raise NoKeys()
            return KeyRing(self.secret, self.data_keys)
        mine = own.data_keys
        known = {name for name, _ in mine}
        return KeyRing(own.secret, (*mine, *(pair for pair in self.data_keys if pair[0] not in known)))


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back. `ours`: True when our own secret vouches for it, None when there was none to ask."""

    made_at: datetime
    revision: str
    rows: int
    audit_rows: int
    ours: bool | None
    settled: Settled


def open_backup(file: BinaryIO, secret: str) -> Opened:
    """Read the head. Raises the faults of `sealed_stream`, `Damaged`, or `NewerRelease`."""
    lines = archive.read(file, secret)
    head = next(lines, None)
    if not isinstance(head, dict) or head.get("kind") != "backup":
        raise Damaged()
    if head["format"] != archive.FORMAT or str(head["revision"]) > str(migrating.newest()):
        raise NewerRelease(revision=head["revision"], known=migrating.newest())
    keys: dict[str, Any] = {}
    files: dict[str, bytes] = {}
    following: Line | None = None
    for line in lines:
        kind = line.get("kind") if isinstance(line, dict) else None
        if kind == "keys":
            keys = dict(line)
        elif kind == "file":
            assert isinstance(line, dict)
            files[_inside(line["path"])] = base64.b64decode(line["body"])
        else:
            following = line
            break
    return Opened(
        made_at=datetime.fromisoformat(head["made_at"]),
        revision=str(head["revision"]),
        study=str(head["study"]),
        rows=head["rows"],
        secret=keys.get("secret"),
        data_keys=tuple((name, base64.b64decode(key)) for name, key in keys.get("data", ())),
        files=files,
        lines=_from(following, lines),
    )


def _inside(path: str) -> str:
    """A path below the data folder's wording packs and nowhere else."""
    parts = PurePosixPath(path).parts
    if len(parts) < 2 or parts[0] != FILES or ".." in parts:
        raise Damaged()
    return path


def _from(first: Line | None, rest: Iterator[Line]) -> Iterator[Line]:
    if first is not None:
        yield first
    yield from rest


def fill(
    tx: Transaction,
    found: Opened,
    now: datetime,
    *,
    own_secret: bool,
    actor: Actor,
    progress: Progress = lambda done, of: None,
) -> Restored:
    """Load and check everything in `tx`, whose database must be empty. own_secret: our own was at hand.

    Raises `Unsound` with every fault, `Damaged`, or `backups.Unloadable`; the caller then rolls back.
    """
    migrating.up_to(tx, found.revision)
    shape = backups.shape(tx)
    end = _load(tx, shape, found, progress)
    backups.set_counters(tx, shape.tables)
    migrating.up_to(tx, "head")
    loaded = backups.counts(tx, end["rows"])
    faults = [
        f"{name}: {loaded.get(name, 0)} rows instead of {wanted}"
        for name, wanted in end["rows"].items()
        if loaded.get(name) != wanted
    ]
    faults += backups.whole(tx)
    faults += audit.verify(tx)
    faults += [f"a sealed field of {name} does not open" for name in rotation.unopened(tx)]
    ours = archive.mac(tx.keys, end["sha256"]) == end["mac"]
    if own_secret and not ours:
        faults.append("it was not made with the secret of this installation")
    if faults:
        raise Unsound(faults="\n".join(faults[:20]))
    length = audit.length(tx)
    detail = {"rows": sum(loaded.values()), "audit_rows": length, "revision": found.revision}
    settled = milestones.after_restore(tx, found.made_at, now, detail)
    told = {**detail, "made_at": found.made_at.isoformat(), "messages_held": settled.messages_held}
    audit.append(tx, STUDY_CHAIN, actor, "restored", "study", told, now)
    return Restored(
        found.made_at, found.revision, sum(loaded.values()), length, ours if own_secret else None, settled
    )


def _load(tx: Transaction, shape: backups.Shape, found: Opened, progress: Progress) -> dict[str, Any]:
    """Every table's rows; returns the last line."""
    total = sum(found.rows.values())
    done = 0
    table: Line | None = next(found.lines, None)

    def rows_of() -> Iterator[list[Any]]:
        nonlocal table, done
        for line in found.lines:
            if isinstance(line, dict):
                table = line
                return
            done += 1
            if done % 500 == 0:
                progress(done, total)
            yield line
        table = None

    while isinstance(table, dict) and table.get("kind") == "table":
        this = table
        backups.load(tx, shape.named(this["name"]), this["columns"], rows_of())
    if not isinstance(table, dict) or table.get("kind") != "end":
        raise Damaged()
    for _ in found.lines:  # nothing may follow, and the reader must come to its own end
        raise Damaged()
    progress(done, total)
    return table


def ask_providers(store: Store, messengers: Iterable[Messenger], now: datetime) -> tuple[int, int]:
    """Ask, by our references, about the messages that were waiting in the backup.

    One that was sent is put down as sent; one that every provider of its channel says it never took is sent
    after all; of the others nobody knows, and they go on waiting. Returns how many were sent, and how many
    will be.
    """
    able = tuple(messengers)
    with store.reading() as tx:
        waiting = milestones.held(tx)
    sent = to_send = 0
    for _, row in waiting:
        said = [_said(one, row.reference) for one in able if one.channel == row.channel]
        outcome = next(
            (one for one in said if one is not None and one.status not in ("later", "unknown")), None
        )
        never = bool(said) and all(one is not None and one.status == "later" for one in said)
        if outcome is None and not never:
            continue
        with store.writing() as tx:
            if milestones.doubt(tx, row):
                claims.resolve(tx, row, outcome or said[0], "", now)
        sent, to_send = sent + int(not never), to_send + int(never)
    return sent, to_send


def _said(messenger: Messenger, reference: str) -> Outcome | None:
    try:
        return messenger.look_up(reference)
    except Exception:
        return None


def release(tx: Transaction, study_number: str, actor: Actor, now: datetime) -> None:
    """A person's word that held messages may go out: to one participant, or to `milestones.EVERYBODY`."""
    milestones.record(tx, milestones.RELEASED, now, {"of": study_number})
    told = {"of": "everybody" if study_number == milestones.EVERYBODY else study_number}
    audit.append(tx, STUDY_CHAIN, actor, "gap_released", "study", told, now)

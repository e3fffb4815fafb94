"""The audit trail: rows that are only ever added, each bound to the one before by its hash.

One chain per site (and `study` for what belongs to none), so that sites don't wait for one another.
A chain's head is kept apart: without it a cut-off end would look like a shorter, whole chain.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import bindparam, func, insert, select, update

from pro_app.records.schema import audit, audit_chain
from pro_app.records.store import Transaction

STUDY_CHAIN = "study"
_START = "0" * 64
_HEAD = (
    select(audit_chain.c.length, audit_chain.c.head_hash)
    .where(audit_chain.c.chain == bindparam("of"))
    .with_for_update()
)
_APPEND = insert(audit)
_MOVE_HEAD = (
    update(audit_chain)
    .where(audit_chain.c.chain == bindparam("of"))
    .values(length=bindparam("to"), head_hash=bindparam("with"))
)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: a patient by study number, staff by login, or the clock; and from which address."""

    kind: str
    name: str
    address: str | None = None


CLOCK = Actor("clock", "clock")


@dataclass(frozen=True, slots=True)
class Event:
    """One row as it is read back."""

    number: int
    at: datetime
    actor: Actor
    action: str
    subject: str
    detail: Mapping[str, object]


def _row_hash(previous: str, fields: list[object]) -> str:
    body = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(f"{previous}\n{body}".encode()).hexdigest()


def append(
    tx: Transaction,
    chain: str,
    actor: Actor,
    action: str,
    subject: str,
    detail: Mapping[str, object],
    now: datetime,
) -> None:
    """Add one row to `chain`, in the caller's transaction: the change and its trace commit together.

    `detail` must be JSON and must hold nothing that names a person; `subject` is a study number or login.
    """
    head = tx.conn.execute(_HEAD, {"of": chain}).one_or_none()
    if head is None:
        tx.conn.execute(insert(audit_chain).values(chain=chain, length=0, head_hash=_START))
    length, previous = head if head is not None else (0, _START)
    at = now.astimezone(UTC)
    text = json.dumps(detail, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    number = length + 1
    fields = [number, at.isoformat(), actor.kind, actor.name, action, subject, text, actor.address]
    digest = _row_hash(previous, fields)
    tx.conn.execute(
        _APPEND,
        {
            "chain": chain,
            "number": number,
            "at": at,
            "actor_kind": actor.kind,
            "actor": actor.name,
            "action": action,
            "subject": subject,
            "detail": text,
            "address": actor.address,
            "previous_hash": previous,
            "hash": digest,
        },
    )
    tx.conn.execute(_MOVE_HEAD, {"of": chain, "to": number, "with": digest})


def history(tx: Transaction, subject: str, limit: int = 200) -> tuple[Event, ...]:
    """What happened to `subject`, newest first."""
    rows = tx.conn.execute(
        select(audit).where(audit.c.subject == subject).order_by(audit.c.id.desc()).limit(limit)
    )
    return tuple(
        Event(
            row.number,
            row.at,
            Actor(row.actor_kind, row.actor, row.address),
            row.action,
            row.subject,
            json.loads(row.detail),
        )
        for row in rows
    )


def length(tx: Transaction) -> int:
    """How many rows all chains have together."""
    return int(tx.conn.execute(select(func.coalesce(func.sum(audit_chain.c.length), 0))).scalar_one())


def verify(tx: Transaction) -> tuple[str, ...]:
    """Walk every chain; one sentence for each row that was edited, removed, reordered or cut off."""
    faults: list[str] = []
    for chain, length, head_hash in tx.conn.execute(select(audit_chain).order_by(audit_chain.c.chain)):
        previous, expected = _START, 1
        rows = tx.conn.execution_options(yield_per=1000).execute(
            select(audit).where(audit.c.chain == chain).order_by(audit.c.number)
        )
        for row in rows:
            if row.number != expected:
                faults.append(f"{chain}: row {expected} is missing before row {row.number}.")
            fields = [
                row.number,
                row.at.isoformat(),
                row.actor_kind,
                row.actor,
                row.action,
                row.subject,
                row.detail,
                row.address,
            ]
            if row.previous_hash != previous or row.hash != _row_hash(row.previous_hash, fields):
                faults.append(f"{chain}: row {row.number} is not what was written.")
            previous, expected = row.hash, row.number + 1
        if expected - 1 != length or previous != head_hash:
            faults.append(f"{chain}: {length} rows were written, the trail ends at row {expected - 1}.")
    return tuple(faults)

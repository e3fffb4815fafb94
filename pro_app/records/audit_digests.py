"""Digests of the audit trail on their way to an outside witness: one row for each day and registry.

A digest holds the length and head of every chain. Whoever rewrites the trail afterwards, its hashes and heads
included, can't rewrite what a registry was given on the day.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import insert, select, update

from pro_app.records.schema_clinic import audit_digest
from pro_app.records.store import Transaction


@dataclass(frozen=True, slots=True)
class Digest:
    """One day's digest for one registry. `hash`: SHA-256 of `body`, hex."""

    id: int
    day: date
    registry: str
    body: str
    hash: str
    state: str
    attempts: int
    delivered_at: datetime | None
    remote_id: str | None
    problem: str | None


_COLUMNS = tuple(audit_digest.c[name] for name in Digest.__dataclass_fields__)


def made_for(tx: Transaction, day: date) -> bool:
    return tx.conn.execute(select(audit_digest.c.id).where(audit_digest.c.day == day)).first() is not None


def add(
    tx: Transaction, day: date, registry: str, body: str, digest: str, problem: str | None, now: datetime
) -> None:
    """Put one into the queue; with a `problem` it is only kept, and says why it was not sent."""
    tx.conn.execute(
        insert(audit_digest).values(
            day=day,
            registry=registry,
            body=body,
            hash=digest,
            state="parked" if problem else "waiting",
            attempts=0,
            next_at=now,
            problem=problem,
        )
    )


def due(tx: Transaction, now: datetime, limit: int = 20) -> tuple[Digest, ...]:
    """Those that should be delivered now, the oldest first."""
    query = (
        select(*_COLUMNS)
        .where(audit_digest.c.state == "waiting", audit_digest.c.next_at <= now)
        .order_by(audit_digest.c.day, audit_digest.c.id)
        .limit(limit)
    )
    return tuple(Digest(*row) for row in tx.conn.execute(query))


def delivered(tx: Transaction, one: Digest, remote_id: str, now: datetime) -> bool:
    """The registry holds it, under `remote_id`; False when somebody else wrote that down already."""
    values = {"state": "delivered", "delivered_at": now, "remote_id": remote_id[:200], "problem": None}
    return _settle(tx, one, values)


def postpone(tx: Transaction, one: Digest, problem: str, next_at: datetime) -> bool:
    return _settle(tx, one, {"next_at": next_at, "problem": problem, "attempts": one.attempts + 1})


def park(tx: Transaction, one: Digest, problem: str) -> bool:
    """The registry won't take it; it stays with the registry's words."""
    return _settle(tx, one, {"state": "parked", "problem": problem, "attempts": one.attempts + 1})


def newest(tx: Transaction, limit: int = 5) -> tuple[Digest, ...]:
    """The last digests, newest day first."""
    query = select(*_COLUMNS).order_by(audit_digest.c.day.desc(), audit_digest.c.registry).limit(limit)
    return tuple(Digest(*row) for row in tx.conn.execute(query))


def of_day(tx: Transaction, day: date) -> Digest | None:
    """The digest of a day as we kept it, whichever registry it was for."""
    query = select(*_COLUMNS).where(audit_digest.c.day == day).order_by(audit_digest.c.id).limit(1)
    row = tx.conn.execute(query).one_or_none()
    return Digest(*row) if row else None


def _settle(tx: Transaction, one: Digest, values: dict[str, object]) -> bool:
    still = update(audit_digest).where(audit_digest.c.id == one.id, audit_digest.c.state == "waiting")
    return tx.conn.execute(still.values(**values)).rowcount == 1

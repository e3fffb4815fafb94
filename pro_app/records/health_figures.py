"""Figures for machines that watch, and for `doctor`: counts by state and ages, nothing of any person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select, text, update

from pro_app.records.leases import PARTS
from pro_app.records.schema import audit, delivery, lease, outbox, response
from pro_app.records.schema_clinic import staff_letter
from pro_app.records.store import Store, Transaction

_PROBE = "probe"


@dataclass(frozen=True, slots=True)
class Queue:
    """One registry's outbox: rows by state, and when its oldest waiting row was written (UTC)."""

    rows: Mapping[str, int]
    oldest_waiting: datetime | None


@dataclass(frozen=True, slots=True)
class Figures:
    """All counts at one instant. `clock_beat`: when a clock last said that it leads; None = never.

    parts: name of a tick's part to when it last ended well.
    """

    deliveries: Mapping[str, int]
    letters: Mapping[str, int]
    queues: Mapping[str, Queue]
    submissions: Mapping[str, int]
    clock_beat: datetime | None
    parts: Mapping[str, datetime]


def read(tx: Transaction, clock: str) -> Figures:
    """Count; each query follows an index or passes once over a column. clock: the name of its lease."""
    beats = {row.name: row.beat_at for row in tx.conn.execute(select(lease.c.name, lease.c.beat_at))}
    return Figures(
        deliveries=_by(tx, delivery.c.state),
        letters=_by(tx, staff_letter.c.state),
        queues=_queues(tx),
        submissions=_by(tx, response.c.mode),
        clock_beat=beats.get(clock),
        parts={name.removeprefix(PARTS): at for name, at in beats.items() if name.startswith(PARTS)},
    )


def _by(tx: Transaction, column: object) -> dict[str, int]:
    rows = tx.conn.execute(select(column, func.count()).group_by(column))  # type: ignore[call-overload]
    return {str(value): int(count) for value, count in rows}


def _queues(tx: Transaction) -> dict[str, Queue]:
    rows: dict[str, dict[str, int]] = {}
    oldest: dict[str, datetime] = {}
    query = select(outbox.c.registry, outbox.c.state, func.count(), func.min(outbox.c.created_at))
    for registry, state, count, first in tx.conn.execute(query.group_by(outbox.c.registry, outbox.c.state)):
        rows.setdefault(registry, {})[state] = count
        if state in ("waiting", "claimed"):
            oldest[registry] = min(oldest.get(registry, first), first)
    return {name: Queue(states, oldest.get(name)) for name, states in rows.items()}


def newest_beat(tx: Transaction, clock: str) -> datetime | None:
    """When a clock last said that it leads, or that a part of its tick is done; None when none ever has."""
    mine = (lease.c.name == clock) | lease.c.name.startswith(PARTS)
    return tx.conn.execute(select(func.max(lease.c.beat_at)).where(mine)).scalar()


def last_written(tx: Transaction) -> datetime | None:
    """When the newest audit row says that it was written: later than now means that a clock is wrong."""
    return tx.conn.execute(select(func.max(audit.c.at))).scalar()


def database_time(tx: Transaction) -> datetime | None:
    """What the database's own machine takes for now; None on SQLite, which has no machine of its own."""
    return tx.conn.execute(text("SELECT now()")).scalar_one() if tx.on_postgres else None


class _Undo(Exception):
    """Leaves the transaction without a commit."""


def writable(store: Store, now: datetime) -> None:
    """Write one row and take it back; raises what the database raises when it can't."""
    try:
        with store.writing() as tx:
            changed = tx.conn.execute(update(lease).where(lease.c.name == _PROBE).values(beat_at=now))
            if not changed.rowcount:
                tx.conn.execute(insert(lease).values(name=_PROBE, holder="", until=now, beat_at=now))
            raise _Undo
    except _Undo:
        return

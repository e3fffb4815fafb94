"""Leases: which of several processes leads, until when.

A lease saves work, it does not make anything right: rows are claimed one by one, so two leaders for a
moment, or clocks that disagree, send nothing twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from pro_app.records.schema import lease
from pro_app.records.store import Transaction
from pro_app.records.upsert import upsert

# Names of rows that are heartbeats of a tick's parts begin like this.
PARTS = "part/"


@dataclass(frozen=True, slots=True)
class Lease:
    """Who leads until when; `beat_at` is when the holder last said so."""

    name: str
    holder: str
    until: datetime
    beat_at: datetime


def take(tx: Transaction, name: str, holder: str, now: datetime, hold_for: timedelta) -> bool:
    """Become the leader, or stay it; False while somebody else's lease runs."""
    insert = upsert(tx, lease)
    wish = insert.values(name=name, holder=holder, until=now + hold_for, beat_at=now)
    taken = wish.on_conflict_do_update(
        index_elements=["name"],
        set_={"holder": holder, "until": now + hold_for, "beat_at": now},
        where=or_(lease.c.holder == holder, lease.c.until <= now),
    ).returning(lease.c.name)
    return tx.conn.execute(taken).first() is not None


def let_go(tx: Transaction, name: str, holder: str, now: datetime) -> None:
    """End one's own lease, so that the next process needs not wait for it to run out."""
    tx.conn.execute(update(lease).where(lease.c.name == name, lease.c.holder == holder).values(until=now))


def note(tx: Transaction, names: Iterable[str], holder: str, now: datetime) -> None:
    """Keep under each name that `holder` did something now: a heartbeat that others can read, no lead."""
    insert = upsert(tx, lease)
    beat = insert.on_conflict_do_update(
        index_elements=["name"],
        set_={name: insert.excluded[name] for name in ("holder", "until", "beat_at")},
    )
    rows = [{"name": name, "holder": holder, "until": now, "beat_at": now} for name in sorted(names)]
    if rows:
        tx.conn.execute(beat, rows)


def of(tx: Transaction, name: str) -> Lease | None:
    """The lease as it stands, run out or not."""
    row = tx.conn.execute(select(lease).where(lease.c.name == name)).one_or_none()
    return Lease(row.name, row.holder, row.until, row.beat_at) if row else None

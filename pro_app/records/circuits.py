"""A registry's circuit: after repeated failures it is left alone for a while, then asked by one row.

Kept as a lease, since that is what it is: the registry is lent its peace until an instant. `holder`
counts the failures in a row, `until` is when the next knock is allowed, `beat_at` when it began.
A pause by a person is the same thing without an end that comes by itself.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, select

from pro_app.records.schema import lease
from pro_app.records.store import Transaction
from pro_app.records.upsert import upsert

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
# From so many failures in a row on a registry is left alone for a while.
OPEN_AFTER = 3


@dataclass(frozen=True, slots=True)
class Circuit:
    """failures: in a row, 0 when all is well. until: no knock before. since: the first of them.

    paused_by: the login of who paused it, "" when nobody has.
    """

    failures: int
    until: datetime | None
    since: datetime | None
    paused_since: datetime | None
    paused_by: str = ""


def read(tx: Transaction, registry: str) -> Circuit:
    rows = {
        row.name: row
        for row in tx.conn.execute(
            select(lease).where(lease.c.name.in_((_name("circuit", registry), _name("pause", registry))))
        )
    }
    broken, paused = rows.get(_name("circuit", registry)), rows.get(_name("pause", registry))
    return Circuit(
        int(broken.holder) if broken else 0,
        broken.until if broken else None,
        broken.beat_at if broken else None,
        paused.beat_at if paused else None,
        paused.holder if paused else "",
    )


def failed(tx: Transaction, registry: str, failures: int, until: datetime, since: datetime) -> None:
    """Remember `failures` in a row and leave the registry alone until `until`."""
    _put(tx, _name("circuit", registry), str(failures), until, since)


def well(tx: Transaction, registry: str) -> None:
    """The registry answered: forget its failures."""
    tx.conn.execute(delete(lease).where(lease.c.name == _name("circuit", registry)))


def pause(tx: Transaction, registry: str, who: str, now: datetime) -> None:
    """Send nothing to `registry` until `resume`; answers go on being kept and queued."""
    _put(tx, _name("pause", registry), who[:60], NEVER, now)


def resume(tx: Transaction, registry: str) -> None:
    tx.conn.execute(delete(lease).where(lease.c.name == _name("pause", registry)))


def _name(kind: str, registry: str) -> str:
    return f"{kind} {registry}"[:40]


def _put(tx: Transaction, name: str, holder: str, until: datetime, beat_at: datetime) -> None:
    values = {"holder": holder, "until": until, "beat_at": beat_at}
    insert = upsert(tx, lease)
    tx.conn.execute(
        insert.values(name=name, **values).on_conflict_do_update(index_elements=["name"], set_=values)
    )

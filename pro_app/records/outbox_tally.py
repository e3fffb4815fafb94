"""Where each registry stands, for a page or a command: what waits, since when, what was refused."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import case, func, select

from pro_app.records.schema import outbox, participant, response
from pro_app.records.store import Transaction


@dataclass(frozen=True, slots=True)
class Tally:
    """One registry's rows by state. `oldest_waiting` and `last_receipt` are instants (UTC) or None."""

    registry: str
    waiting: int
    parked: int
    paused: int
    delivered: int
    oldest_waiting: datetime | None
    last_receipt: datetime | None

    @property
    def in_step(self) -> bool:
        """Whether the registry has confirmed everything that was ever written for it."""
        return not (self.waiting or self.parked or self.paused)


@dataclass(frozen=True, slots=True)
class Held:
    """A row that is not through, with what a person needs to find it. `words` are the registry's."""

    id: int
    registry: str
    state: str
    kind: str
    study_number: str
    site: str
    timepoint: str
    instrument: str
    response: str
    attempts: int
    created_at: datetime
    next_at: datetime
    words: str


def tally(tx: Transaction, registry: str, site: str | None = None) -> Tally:
    """Count `registry`'s rows, of one `site` or of all."""
    query = select(
        outbox.c.state, func.count(), func.min(outbox.c.created_at), func.max(outbox.c.delivered_at)
    ).where(outbox.c.registry == registry)
    if site is not None:
        query = query.join(participant, participant.c.id == outbox.c.participant_id).where(
            participant.c.site == site
        )
    counts: dict[str, int] = {}
    oldest: list[datetime] = []
    receipts: list[datetime] = []
    for state, count, first, last in tx.conn.execute(query.group_by(outbox.c.state)):
        counts[state] = count
        if state in ("waiting", "claimed"):
            oldest.append(first)
        if last is not None:
            receipts.append(last)
    return Tally(
        registry,
        counts.get("waiting", 0) + counts.get("claimed", 0),
        counts.get("parked", 0),
        counts.get("paused", 0),
        counts.get("delivered", 0),
        min(oldest, default=None),
        max(receipts, default=None),
    )


def last_receipt(tx: Transaction, registry: str) -> datetime | None:
    """When the registry last confirmed anything."""
    return tx.conn.execute(
        select(outbox.c.delivered_at)
        .where(outbox.c.registry == registry, outbox.c.delivered_at.is_not(None))
        .order_by(outbox.c.delivered_at.desc())
        .limit(1)
    ).scalar()


def held(tx: Transaction, registry: str, limit: int = 200, site: str | None = None) -> tuple[Held, ...]:
    """The rows that are not through: parked first, then paused, then the waiting ones, oldest first."""
    query = (
        select(
            outbox.c.id,
            outbox.c.registry,
            outbox.c.state,
            outbox.c.kind,
            participant.c.study_number,
            participant.c.site,
            response.c.timepoint,
            response.c.instrument,
            response.c.uuid,
            outbox.c.attempts,
            outbox.c.created_at,
            outbox.c.next_at,
            func.coalesce(outbox.c.problem, ""),
        )
        .join(response, response.c.id == outbox.c.response_id)
        .join(participant, participant.c.id == outbox.c.participant_id)
        .where(outbox.c.registry == registry, outbox.c.state != "delivered")
        .order_by(case({"parked": 0, "paused": 1}, value=outbox.c.state, else_=2), outbox.c.id)
        .limit(limit)
    )
    if site is not None:
        query = query.where(participant.c.site == site)
    return tuple(Held(*cast(tuple[Any, ...], row)) for row in tx.conn.execute(query))

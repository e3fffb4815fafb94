"""Where each registry stands, for a page or a command: what waits, since when, what was refused."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Select, case, func, select

from pro_app.records.schema import outbox, participant, response
from pro_app.records.store import Transaction

NOT_THROUGH = ("waiting", "claimed", "parked", "paused")


@dataclass(frozen=True, slots=True)
class Tally:
    """One registry's rows that are not through. Instants are UTC or None.

    oldest_waiting, oldest_parked: when the oldest of them was written. last_receipt: of everything delivered.
    """

    registry: str
    waiting: int
    parked: int
    paused: int
    oldest_waiting: datetime | None
    oldest_parked: datetime | None
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
    """Count what of `registry` is not through, of one `site` or of all; what was delivered is not walked."""
    sites = None if site is None else (site,)
    rows = tx.conn.execute(_of(registry, sites).group_by(outbox.c.state)).all()
    return _tally(registry, [tuple(row) for row in rows], last_receipt(tx, registry, sites))


def by_site(tx: Transaction, registry: str, sites: Collection[str]) -> dict[str, Tally]:
    """The same for each of `sites` that has something that is not through; without receipts."""
    query = _of(registry, sites).add_columns(participant.c.site)
    found: dict[str, list[tuple[Any, ...]]] = {}
    for *counted, site in tx.conn.execute(query.group_by(participant.c.site, outbox.c.state)):
        found.setdefault(site, []).append(tuple(counted))
    return {site: _tally(registry, rows, None) for site, rows in sorted(found.items())}


def _of(registry: str, sites: Collection[str] | None) -> Select[Any]:
    """State, count and the oldest row's instant of everything that is not through."""
    query = select(outbox.c.state, func.count(), func.min(outbox.c.created_at)).where(
        outbox.c.registry == registry, outbox.c.state.in_(NOT_THROUGH)
    )
    if sites is None:
        return query
    mine = participant.c.site.in_(tuple(sites))
    return query.join(participant, participant.c.id == outbox.c.participant_id).where(mine)


def _tally(registry: str, rows: list[tuple[Any, ...]], receipt: datetime | None) -> Tally:
    counts: dict[str, int] = dict.fromkeys(NOT_THROUGH, 0)
    waiting: list[datetime] = []
    parked: list[datetime] = []
    for state, count, first in rows:
        counts[state] = count
        if state in ("waiting", "claimed"):
            waiting.append(first)
        elif state == "parked":
            parked.append(first)
    return Tally(
        registry,
        counts["waiting"] + counts["claimed"],
        counts["parked"],
        counts["paused"],
        min(waiting, default=None),
        min(parked, default=None),
        receipt,
    )


def last_receipt(tx: Transaction, registry: str, sites: Collection[str] | None = None) -> datetime | None:
    """When the registry last confirmed anything, of all participants or of those of `sites`."""
    query = select(outbox.c.delivered_at).where(
        outbox.c.registry == registry, outbox.c.delivered_at.is_not(None)
    )
    if sites is not None:
        query = query.join(participant, participant.c.id == outbox.c.participant_id).where(
            participant.c.site.in_(tuple(sites))
        )
    return tx.conn.execute(query.order_by(outbox.c.delivered_at.desc()).limit(1)).scalar()


def delivered_since(
    tx: Transaction, registry: str, since: datetime, sites: Collection[str] | None = None
) -> int:
    """How many rows the registry has confirmed from `since` on."""
    query = select(func.count()).where(outbox.c.registry == registry, outbox.c.delivered_at >= since)
    if sites is not None:
        query = query.join_from(outbox, participant, participant.c.id == outbox.c.participant_id).where(
            participant.c.site.in_(tuple(sites))
        )
    return int(tx.conn.execute(query).scalar_one())


def held(
    tx: Transaction,
    registry: str,
    limit: int = 200,
    sites: Collection[str] | None = None,
) -> tuple[Held, ...]:
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
        .where(outbox.c.registry == registry, outbox.c.state.in_(NOT_THROUGH))
        .order_by(case({"parked": 0, "paused": 1}, value=outbox.c.state, else_=2), outbox.c.id)
        .limit(limit)
    )
    if sites is not None:
        query = query.where(participant.c.site.in_(tuple(sites)))
    return tuple(Held(*cast(tuple[Any, ...], row)) for row in tx.conn.execute(query))


def last_words(tx: Transaction, registry: str) -> str:
    """What the registry (or the way to it) said of the row that was tried last and still waits."""
    found = tx.conn.execute(
        select(outbox.c.problem)
        .where(outbox.c.registry == registry, outbox.c.state == "waiting", outbox.c.problem.is_not(None))
        .order_by(outbox.c.next_at.desc())
        .limit(1)
    ).scalar()
    return str(found or "")

"""The registry outbox: what still has to reach which registry, and what became of it.

A row is written in the transaction of the change it reports, so an answer that is kept is an answer
that will be delivered. The rows of one participant go in the order they were written; a row that the
registry refused is parked and steps out of the way.

A claim is a conditional change of state that is committed before the registry is called. It names its
holder and ends by itself, so a process that dies leaves nothing stuck; sending again is harmless,
because every registry adapter writes the same record under the same id.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal, cast

from sqlalchemy import Column, ScalarSelect, Select, and_, bindparam, exists, select, update

from pro_app.ports import RegistryReceipt
from pro_app.records.prepared import Prepared
from pro_app.records.schema import outbox, response
from pro_app.records.store import Transaction
from pro_app.records.upsert import into

Kind = Literal["submitted", "corrected", "withdrawn"]

CLAIM_FOR = timedelta(minutes=5)
UNFINISHED = ("waiting", "claimed")


@dataclass(frozen=True, slots=True)
class Claim:
    """The right, until it ends, to deliver one row. `attempts` counts the earlier ones."""

    id: int
    response_id: int
    participant_id: int
    kind: Kind
    attempts: int
    holder: str


@cache
def _enqueueing(database: str) -> Prepared:
    """An answer waits for this."""
    insert = into(outbox, database)
    statement = insert.on_conflict_do_update(
        index_elements=["registry", "response_id", "kind"],
        set_={
            "state": "waiting",
            "attempts": 0,
            "next_at": insert.excluded.next_at,
            "claimed_by": None,
            "claimed_until": None,
            "problem": None,
        },
    )
    return Prepared(statement.inline(), fill=_NEW)


_NEW = (
    "registry",
    "response_id",
    "participant_id",
    "kind",
    "state",
    "attempts",
    "created_at",
    "next_at",
)


def enqueue(
    tx: Transaction,
    registries: tuple[str, ...],
    response_id: int,
    participant_id: int,
    kind: Kind,
    now: datetime,
) -> None:
    """Write one row for each registry, in the caller's transaction.

    The same change enqueued again is sent again, and a delivery that is under way just now loses its
    claim: what it carries is already old.
    """
    if not registries:
        return
    rows = [
        {
            "registry": registry,
            "response_id": response_id,
            "participant_id": participant_id,
            "kind": kind,
            "state": "waiting",
            "attempts": 0,
            "created_at": now,
            "next_at": now,
        }
        for registry in registries
    ]
    _enqueueing(tx.dialect.name).run_each(tx, rows)


def claim(
    tx: Transaction, registry: str, now: datetime, limit: int, *, early: bool = False
) -> tuple[Claim, ...]:
    """Take up to `limit` rows that are due, at most one per participant: the oldest unfinished one.

    early: also rows whose next attempt lies in the future (the first knock after an outage).
    """
    tx.conn.execute(
        update(outbox)
        .where(outbox.c.registry == registry, outbox.c.state == "claimed", outbox.c.claimed_until <= now)
        .values(state="waiting", claimed_by=None, claimed_until=None)
    )
    before = outbox.alias("before")
    due = [outbox.c.registry == registry, outbox.c.state == "waiting"]
    if not early:
        due.append(outbox.c.next_at <= now)
    heads = (
        select(outbox.c.id, outbox.c.response_id, outbox.c.participant_id, outbox.c.kind, outbox.c.attempts)
        .where(
            *due,
            ~exists().where(
                before.c.participant_id == outbox.c.participant_id,
                before.c.id < outbox.c.id,
                before.c.registry == outbox.c.registry,
                before.c.state.in_(UNFINISHED),
            ),
        )
        # The order of the index on (state, next_at): no sorting, however many rows wait.
        .order_by(outbox.c.next_at, outbox.c.id)
        .limit(limit)
    )
    if tx.on_postgres:
        heads = heads.with_for_update(of=outbox, skip_locked=True)
    rows = tx.conn.execute(heads).all()
    if not rows:
        return ()
    holder = uuid.uuid4().hex
    taken = set(
        tx.conn.execute(
            update(outbox)
            .where(outbox.c.id.in_([row.id for row in rows]), outbox.c.state == "waiting")
            .values(state="claimed", claimed_by=holder, claimed_until=now + CLAIM_FOR)
            .returning(outbox.c.id)
        ).scalars()
    )
    return tuple(
        Claim(row.id, row.response_id, row.participant_id, cast(Kind, row.kind), row.attempts, holder)
        for row in rows
        if row.id in taken
    )


def delivered(tx: Transaction, mine: Claim, receipt: RegistryReceipt, now: datetime) -> bool:
    """Keep one receipt; False when the claim was lost meanwhile (then the row is sent again)."""
    return bool(delivered_together(tx, ((mine, receipt),), now))


def delivered_together(
    tx: Transaction, received: Collection[tuple[Claim, RegistryReceipt]], now: datetime
) -> set[int]:
    """Keep the receipts of one batch; returns the rows whose claims still stood, the others are sent again.

    Few statements, however many receipts: while they are written a patient's answer waits. Older rows of the
    same record that were parked or paused are settled by it: the registry now holds something newer, and
    sending them later would put the old state back.
    """
    held = select(outbox.c.id, outbox.c.claimed_by).where(
        outbox.c.id.in_([mine.id for mine, _ in received]), outbox.c.state == "claimed"
    )
    holders = dict(tuple(row) for row in tx.conn.execute(held.with_for_update()))
    kept = [(mine, receipt) for mine, receipt in received if holders.get(mine.id) == mine.holder]
    if not kept:
        return set()
    tx.conn.execute(
        _KEEP_RECEIPT,
        [
            {
                "row": mine.id,
                "at": now,
                "remote": _fit(receipt.remote_id, outbox.c.remote_id),
                "version": _fit(receipt.remote_version, outbox.c.remote_version),
                "content": _fit(receipt.content_hash, outbox.c.remote_hash),
            }
            for mine, receipt in kept
        ],
    )
    _settle_older(tx, [mine for mine, _ in kept], now)
    return {mine.id for mine, _ in kept}


_KEEP_RECEIPT = (
    update(outbox)
    .where(outbox.c.id == bindparam("row"))
    .values(
        state="delivered",
        delivered_at=bindparam("at"),
        problem=None,
        remote_id=bindparam("remote"),
        remote_version=bindparam("version"),
        remote_hash=bindparam("content"),
        claimed_by=None,
        claimed_until=None,
        attempts=outbox.c.attempts + 1,
    )
)


def _settle_older(tx: Transaction, claims: Collection[Claim], now: datetime) -> None:
    """Parked and paused rows of the same records, written earlier, are overtaken."""
    people = {claim.participant_id for claim in claims}
    waiting = select(outbox.c.participant_id).where(
        outbox.c.participant_id.in_(people), outbox.c.state.in_(("parked", "paused"))
    )
    concerned = set(tx.conn.execute(waiting).scalars())
    for mine in claims:
        if mine.participant_id not in concerned:
            continue
        older = select(outbox.c.id).where(
            outbox.c.participant_id == mine.participant_id,
            outbox.c.id < mine.id,
            outbox.c.registry == _registry_of(mine),
            outbox.c.state.in_(("parked", "paused")),
            outbox.c.response_id.in_(same_record(mine.response_id)),
        )
        tx.conn.execute(
            update(outbox)
            .where(outbox.c.id.in_(older))
            .values(state="delivered", delivered_at=now, problem="overtaken")
        )


def later(tx: Transaction, mine: Claim, words: str, next_at: datetime) -> bool:
    """The registry was away: wait until `next_at`."""
    return _finish(tx, mine, state="waiting", problem=_fit(words, outbox.c.problem), next_at=next_at)


def parked(tx: Transaction, mine: Claim, words: str) -> bool:
    """The registry refused, in its own `words`: a person must look, others go on."""
    return _finish(tx, mine, state="parked", problem=_fit(words, outbox.c.problem))


def release(tx: Transaction, mine: Claim) -> None:
    """Give a claim back untried."""
    tx.conn.execute(
        update(outbox)
        .where(outbox.c.id == mine.id, outbox.c.claimed_by == mine.holder)
        .values(state="waiting", claimed_by=None, claimed_until=None)
    )


def hurry(tx: Transaction, registry: str, now: datetime) -> None:
    """The registry is back: what waited for its sake is due at once."""
    tx.conn.execute(
        update(outbox)
        .where(outbox.c.registry == registry, outbox.c.state == "waiting", outbox.c.next_at > now)
        .values(next_at=now)
    )


def _finish(tx: Transaction, mine: Claim, **values: object) -> bool:
    """Write an outcome, only while the claim still stands."""
    result = tx.conn.execute(
        update(outbox)
        .where(outbox.c.id == mine.id, outbox.c.state == "claimed", outbox.c.claimed_by == mine.holder)
        .values(claimed_by=None, claimed_until=None, attempts=outbox.c.attempts + 1, **values)
    )
    return result.rowcount == 1


def _fit(said: str, column: Column[Any]) -> str:
    """What a stranger said, so that no length and no NUL of theirs can break the whole batch's commit."""
    return said.replace("\x00", "")[: getattr(column.type, "length", None) or 2000]


def _registry_of(mine: Claim) -> ScalarSelect[Any]:
    return select(outbox.c.registry).where(outbox.c.id == mine.id).scalar_subquery()


def same_record(response_id: int) -> Select[Any]:
    """Ids of the responses that report the same instrument at the same visit of the same participant."""
    this = response.alias("this")
    return (
        select(response.c.id)
        .join(
            this,
            and_(
                this.c.participant_id == response.c.participant_id,
                this.c.timepoint == response.c.timepoint,
                this.c.instrument == response.c.instrument,
            ),
        )
        .where(this.c.id == response_id)
    )

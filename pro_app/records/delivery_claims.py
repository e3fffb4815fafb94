"""The right to send one message, and what became of it.

A claim is committed before any provider is called, and it names its holder. Inside the claim the row is
marked as handed over, with the provider's name, in a second commit just before the call. So when a
process dies, its claims run out and the mark tells two cases apart: never handed over (due again), or
perhaps taken ("unknown": the provider is asked by our reference, and nothing is sent again blindly).
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Update, select, update

from pro_app.ports import Outcome
from pro_app.records.deliveries import CALL, Delivery, read, selected
from pro_app.records.schema import delivery
from pro_app.records.store import Transaction

CLAIM_FOR = timedelta(minutes=2)
ASK_FIRST_AFTER = timedelta(seconds=20)
ASK_AT_LEAST_EVERY = timedelta(hours=6)
ASK_UNTIL = timedelta(days=3)
# By then most telephones have said that they got it.
ASK_TAKEN_AFTER = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right, until it ends, to send one delivery."""

    delivery: Delivery
    holder: str


def expire(tx: Transaction, now: datetime) -> None:
    """Settle the claims of processes that died: due again if never handed over, else unknown."""
    ended = (delivery.c.state == "claimed") & (delivery.c.claimed_until <= now)
    tx.conn.execute(
        update(delivery)
        .where(ended, delivery.c.provider.is_(None))
        .values(state="due", claimed_by=None, claimed_until=None)
    )
    # `claimed_by` stays: should its holder be alive after all, it may still say what became of it.
    tx.conn.execute(
        update(delivery)
        .where(ended, delivery.c.provider.is_not(None))
        .values(state="unknown", next_at=now, claimed_until=None)
    )


def claim(tx: Transaction, now: datetime, limit: int) -> tuple[Claim, ...]:
    """Take up to `limit` rows that are due; the caller commits before doing anything with them."""
    found = (
        select(delivery.c.id)
        .where(delivery.c.state == "due", delivery.c.next_at <= now, delivery.c.channel != CALL)
        .order_by(delivery.c.next_at, delivery.c.id)
        .limit(limit)
    )
    if tx.on_postgres:
        found = found.with_for_update(skip_locked=True)
    ids = list(tx.conn.execute(found).scalars())
    if not ids:
        return ()
    holder = uuid.uuid4().hex
    taken = (
        update(delivery)
        .where(delivery.c.id.in_(ids), delivery.c.state == "due")
        .values(
            state="claimed",
            claimed_by=holder,
            claimed_until=now + CLAIM_FOR,
            provider=None,
            sent_at=None,
        )
        .returning(delivery.c.id)
    )
    mine = set(tx.conn.execute(taken).scalars())
    rows = tx.conn.execute(selected().where(delivery.c.id.in_(mine)).order_by(delivery.c.id))
    return tuple(Claim(read(row), holder) for row in rows)


def holds(tx: Transaction, mine: Claim, now: datetime) -> bool:
    """Whether the claim still stands; on PostgreSQL the row stays locked until the transaction ends."""
    found = select(delivery.c.id).where(
        delivery.c.id == mine.delivery.id,
        delivery.c.state == "claimed",
        delivery.c.claimed_by == mine.holder,
        delivery.c.claimed_until > now,
    )
    return tx.conn.execute(found.with_for_update()).first() is not None


def hand_over(tx: Transaction, mine: Claim, provider: str, now: datetime) -> None:
    """Mark that `provider` is called next. From here on a crash means: perhaps sent."""
    tx.conn.execute(
        _mine(mine).values(
            provider=provider,
            sent_at=now,
            claimed_until=now + CLAIM_FOR,
            attempts=delivery.c.attempts + 1,
        )
    )


def withhold(tx: Transaction, mine: Claim, reason: str, now: datetime, until: datetime | None = None) -> None:
    """Not sent after all, and why. When time alone decides, the rules are asked again by the clock."""
    tx.conn.execute(
        _mine(mine).values(
            state="not_sent",
            reason=reason,
            decided_at=now,
            next_at=until or now,
            provider=None,
            sent_at=None,
            claimed_by=None,
            claimed_until=None,
        )
    )


def give_back(tx: Transaction, mine: Claim) -> None:
    """Let go of a claim that was not used."""
    tx.conn.execute(_mine(mine).values(state="due", claimed_by=None, claimed_until=None))


def postpone(tx: Transaction, mine: Claim, words: str, next_at: datetime, *, count: bool = False) -> bool:
    """Not taken by any provider now: due again at `next_at`. count: it was a try that no provider saw."""
    result = tx.conn.execute(
        _mine(mine).values(
            state="due",
            next_at=next_at,
            detail=words,
            attempts=delivery.c.attempts + int(count),
            provider=None,
            sent_at=None,
            claimed_by=None,
            claimed_until=None,
        )
    )
    return result.rowcount == 1


def fail(tx: Transaction, mine: Claim, reason: str, words: str, now: datetime) -> bool:
    """It can't be sent on this channel; the rules may choose another one."""
    result = tx.conn.execute(
        _mine(mine).values(
            state="failed", reason=reason, detail=words, resolved_at=now, claimed_by=None, claimed_until=None
        )
    )
    return result.rowcount == 1


def settle(tx: Transaction, mine: Claim, outcome: Outcome, address_hash: str, now: datetime) -> bool:
    """Write down what the provider said; False when somebody else has settled the row meanwhile.

    Not for an outcome of "later": see `postpone`.
    """
    return tx.conn.execute(_mine(mine).values(**outcome_values(outcome, address_hash, now))).rowcount == 1


def doubtful(tx: Transaction, now: datetime, limit: int) -> tuple[Delivery, ...]:
    """Unknown rows whose provider should be asked now; nobody else asks until the answer is in.

    The longer ago the message was handed over, the longer the pause until it is asked about again.
    """
    found = (
        selected()
        .where(delivery.c.state == "unknown", delivery.c.next_at <= now, delivery.c.resolved_at.is_(None))
        .order_by(delivery.c.next_at, delivery.c.id)
        .limit(limit)
    )
    if tx.on_postgres:
        found = found.with_for_update(skip_locked=True)
    rows = [read(row) for row in tx.conn.execute(found)]
    for row in rows:
        age = now - (row.sent_at or row.decided_at)
        pause = min(max(age, ASK_FIRST_AFTER), ASK_AT_LEAST_EVERY)
        tx.conn.execute(update(delivery).where(delivery.c.id == row.id).values(next_at=now + pause))
    return tuple(rows)


def resolve(
    tx: Transaction, row: Delivery, outcome: Outcome | None, address_hash: str, now: datetime
) -> bool:
    """What the provider answered about an unknown row.

    "later" means that it never took the message: due again. None or "unknown": it can't say; we ask for
    three days, then the row stays unknown for good. Returns False when the row is no longer unknown.
    """
    still = update(delivery).where(delivery.c.id == row.id, delivery.c.state == "unknown")
    if outcome is None or outcome.status == "unknown":
        if now - (row.sent_at or row.decided_at) >= ASK_UNTIL:
            still = still.values(resolved_at=now)
            return tx.conn.execute(still).rowcount == 1
        return False
    if outcome.status == "later":
        again = still.values(state="due", next_at=now, provider=None, sent_at=None, claimed_by=None)
        return tx.conn.execute(again).rowcount == 1
    return tx.conn.execute(still.values(**outcome_values(outcome, address_hash, now))).rowcount == 1


def _mine(mine: Claim) -> Update:
    return update(delivery).where(
        delivery.c.id == mine.delivery.id,
        delivery.c.claimed_by == mine.holder,
        delivery.c.state.in_(("claimed", "unknown")),
    )


_STATES = {
    "accepted": "sent",
    "delivered": "delivered",
    "refused": "failed",
    "address_refused": "address_refused",
    "unknown": "unknown",
}


def outcome_values(outcome: Outcome, address_hash: str, now: datetime) -> dict[str, object]:
    """The columns that say what a provider said. Not for an outcome of "later"."""
    state = _STATES[outcome.status]
    values: dict[str, object] = {
        "state": state,
        "reason": None,
        "provider": outcome.provider,
        "detail": outcome.detail or None,
        "claimed_until": None,
    }
    if state == "unknown":
        return {**values, "next_at": now + ASK_FIRST_AFTER}
    if outcome.remote_id:
        values["remote_id"] = outcome.remote_id[:200]
    if state == "sent":
        values["next_at"] = now + ASK_TAKEN_AFTER
    if state == "address_refused":
        values["refused_address"] = address_hash
    if state == "failed":
        values["reason"] = "delivery_refused"
    return {**values, "resolved_at": now, "claimed_by": None}

"""What is heard of messages after a provider has taken them: reports that come, and whom to ask for one."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from pro_app.ports import Outcome
from pro_app.records.deliveries import Delivery, read, selected
from pro_app.records.delivery_claims import ASK_TAKEN_AFTER, outcome_values
from pro_app.records.schema import delivery
from pro_app.records.store import Transaction

# A taken message is asked about this long after it left, then never again.
ASK_AFTER = (ASK_TAKEN_AFTER, timedelta(hours=8), timedelta(hours=24), timedelta(hours=72))
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
MAY_CHANGE = ("claimed", "unknown", "sent")


def by_reference(tx: Transaction, reference: str) -> Delivery | None:
    row = tx.conn.execute(selected().where(delivery.c.reference == reference)).one_or_none()
    return read(row) if row else None


def by_its_id(tx: Transaction, provider: str, remote_id: str) -> Delivery | None:
    """The message to which `provider` gave that id; None too when it isn't certain which one."""
    found = selected().where(delivery.c.remote_id == remote_id, delivery.c.provider == provider).limit(2)
    rows = tx.conn.execute(found).all()
    return read(rows[0]) if len(rows) == 1 else None


def reported(tx: Transaction, row: Delivery, outcome: Outcome, address_hash: str, now: datetime) -> bool:
    """A provider's or mail server's later word: delivered, refused, or no such address.

    False when the row is settled already: the same word again, or one that came too late.
    """
    known = update(delivery).where(delivery.c.id == row.id, delivery.c.state.in_(MAY_CHANGE))
    return tx.conn.execute(known.values(**outcome_values(outcome, address_hash, now))).rowcount == 1


def note(tx: Transaction, row: Delivery, words: str) -> None:
    """Keep a provider's words about a message that is still on its way."""
    tx.conn.execute(
        update(delivery).where(delivery.c.id == row.id, delivery.c.state.in_(MAY_CHANGE)).values(detail=words)
    )


def to_ask(tx: Transaction, now: datetime, limit: int) -> tuple[Delivery, ...]:
    """Taken messages of which nothing was heard; nobody else asks until the next time comes.

    An index range on state and time: what has been asked about often enough is not even looked at.
    """
    found = (
        selected()
        .where(delivery.c.state == "sent", delivery.c.next_at <= now)
        .order_by(delivery.c.next_at, delivery.c.id)
        .limit(limit)
    )
    if tx.on_postgres:
        found = found.with_for_update(skip_locked=True)
    rows = [read(row) for row in tx.conn.execute(found)]
    for row in rows:
        left_at = row.sent_at or row.decided_at
        later = (left_at + after for after in ASK_AFTER if left_at + after > now)
        tx.conn.execute(
            update(delivery)
            .where(delivery.c.id == row.id, delivery.c.state == "sent")
            .values(next_at=next(later, NEVER))
        )
    return tuple(rows)

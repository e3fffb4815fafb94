"""Deliveries: one row for each message that was decided, sent or not, and why.

A row is unique for participant, timepoint, opening day, step and channel: whoever decides first has
decided, and a second clock that comes to the same result changes nothing. How rows are claimed and what
providers said of them is in `delivery_claims`.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Select, select

from pro_app.records.schema import delivery, participant
from pro_app.records.store import Transaction
from pro_app.records.upsert import upsert
from pro_app.schedule.delivery import NOT_SENT, Decision, Held, Intent, Past

State = Literal["due", "claimed", "sent", "delivered", "unknown", "failed", "address_refused", "not_sent"]

CALL = "call"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One row. `reason` is the code of a sentence; `detail` the provider's own words, for staff.

    `decided_at`: when this state was decided. `next_at`: not before then. `sent_at`: when it was handed to
    `provider`. `resolved_at`: when its outcome was known for good. `attempts`: calls to providers so far.
    `reference` is ours: a provider is asked by it what became of the message.
    """

    id: int
    participant_id: int
    timepoint: str
    opens_on: date
    step: str
    channel: str
    audience: str
    state: State
    reason: str | None
    reference: str
    decided_at: datetime
    next_at: datetime
    attempts: int
    provider: str | None
    remote_id: str | None
    refused_address: str | None
    detail: str | None
    sent_at: datetime | None
    resolved_at: datetime | None

    @property
    def key(self) -> tuple[str, date, str, str]:
        """What is unique within one participant."""
        return (self.timepoint, self.opens_on, self.step, self.channel)

    def as_past(self) -> Past:
        """What the rules want to know of it. A message counts for the day on which it left."""
        at = self.sent_at or self.decided_at
        return Past(self.timepoint, self.opens_on, self.step, self.channel, self.audience, self.state, at)


_COLUMNS = [delivery.c[name] for name in Delivery.__dataclass_fields__]
_UNIQUE = ["participant_id", "timepoint", "opens_on", "step", "channel"]


def selected() -> Select[Any]:
    """The columns that `read` wants."""
    return select(*_COLUMNS)


def read(row: Sequence[Any]) -> Delivery:
    return Delivery(*row)


def of_many(tx: Transaction, participant_ids: Iterable[int]) -> dict[int, tuple[Delivery, ...]]:
    """Every delivery of these participants, in the order they were first decided."""
    found: dict[int, list[Delivery]] = defaultdict(list)
    rows = tx.conn.execute(
        selected().where(delivery.c.participant_id.in_(tuple(participant_ids))).order_by(delivery.c.id)
    )
    for row in rows:
        found[row.participant_id].append(read(row))
    return {participant_id: tuple(rows) for participant_id, rows in found.items()}


def of_participant(tx: Transaction, participant_id: int) -> tuple[Delivery, ...]:
    """What a nurse reads on a participant's page: every message, sent or not, in order."""
    return of_many(tx, [participant_id]).get(participant_id, ())


def record(tx: Transaction, decisions: Mapping[int, Decision], now: datetime) -> int:
    """Write down decisions by participant id; returns how many rows were new or changed.

    An intent takes the place of an earlier decision against the same message, and of nothing else: what
    is under way, sent or failed stays as it is. A decision against is written once and again when its
    reason changes.
    """
    due = [_due(who, intent, now) for who, made in sorted(decisions.items()) for intent in made.intents]
    held = [_held(who, one, now) for who, made in sorted(decisions.items()) for one in made.held]
    insert = upsert(tx, delivery)
    new = insert.excluded
    taken = {
        "state": new.state,
        "reason": new.reason,
        "decided_at": new.decided_at,
        "next_at": new.next_at,
        "provider": None,
        "sent_at": None,
        "resolved_at": None,
    }
    still_against = delivery.c.state == NOT_SENT
    intend = insert.on_conflict_do_update(index_elements=_UNIQUE, set_=taken, where=still_against)
    hold = insert.on_conflict_do_update(
        index_elements=_UNIQUE,
        set_=taken,
        where=still_against & (delivery.c.reason.is_distinct_from(new.reason)),
    )
    for statement, rows in ((intend, due), (hold, held)):
        if rows:
            tx.conn.execute(statement, rows)
    return len(due) + len(held)


def _due(participant_id: int, intent: Intent, now: datetime) -> dict[str, object]:
    return {
        "participant_id": participant_id,
        "timepoint": intent.timepoint,
        "opens_on": intent.opens_on,
        "step": intent.step,
        "channel": intent.channel,
        "audience": str(intent.audience),
        "state": "due",
        "reason": None,
        "reference": str(uuid.uuid4()),
        "decided_at": now,
        "next_at": now,
        "attempts": 0,
    }


def _held(participant_id: int, held: Held, now: datetime) -> dict[str, object]:
    return {
        "participant_id": participant_id,
        "timepoint": held.timepoint,
        "opens_on": held.opens_on,
        "step": held.step,
        "channel": held.channel,
        "audience": str(held.audience),
        "state": NOT_SENT,
        "reason": str(held.reason),
        "reference": str(uuid.uuid4()),
        "decided_at": now,
        "next_at": held.until or now,
        "attempts": 0,
    }


def withdraw_call(tx: Transaction, row: Delivery, reason: str, now: datetime) -> None:
    """Take a call that is no longer wanted off the call list."""
    tx.conn.execute(
        delivery.update()
        .where(delivery.c.id == row.id, delivery.c.channel == CALL, delivery.c.state == "due")
        .values(state=NOT_SENT, reason=reason, decided_at=now, resolved_at=now)
    )


def calls(tx: Transaction, sites: Iterable[str], limit: int = 200) -> tuple[Delivery, ...]:
    """The call list of `sites`: whom a nurse should telephone, the longest waiting first."""
    rows = tx.conn.execute(
        selected()
        .join(participant, participant.c.id == delivery.c.participant_id)
        .where(
            delivery.c.state == "due",
            delivery.c.channel == CALL,
            participant.c.site.in_(tuple(sites)),
        )
        .order_by(delivery.c.next_at, delivery.c.id)
        .limit(limit)
    )
    return tuple(read(row) for row in rows)


def unwilling(tx: Transaction, participant_ids: Iterable[int]) -> frozenset[int]:
    """Which of these participants said no to the privacy notice: nobody may write to them."""
    rows = tx.conn.execute(
        select(participant.c.id).where(
            participant.c.id.in_(tuple(participant_ids)), participant.c.privacy_answer.is_(False)
        )
    )
    return frozenset(rows.scalars())


def address_hash(tx: Transaction, address: str) -> str:
    """By which a refused address is known again without being kept in the open."""
    return tx.keys.blind(address, "delivery address")


def is_refused(tx: Transaction, rows: Iterable[Delivery], channel: str, address: str) -> bool:
    """Whether a provider has said of this very address that it doesn't exist.

    A corrected address has another hash, and messages go out again.
    """
    hashes = {row.refused_address for row in rows if row.refused_address and row.channel == channel}
    return bool(hashes) and address_hash(tx, address) in hashes

"""What happened to the whole installation and must be remembered: backups, restores, changes of keys.

A restore leaves a gap: what happened between the backup and the restore is not on record here, but it did
happen. Messages may have been sent in it, so whatever was due by the moment of the restore waits for a
person's word; see `Gap`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import insert, select, update

from pro_app.records.deliveries import CALL, Delivery, read, selected
from pro_app.records.schema import delivery, lease, participant, staff_session
from pro_app.records.schema_clinic import milestone
from pro_app.records.store import Transaction
from pro_app.schedule.delivery import Decision, Held, Intent
from pro_app.schedule.reasons import Reason

BACKUP, RESTORED, RELEASED, KEYS_CHANGED = "backup", "restored", "gap_released", "keys_changed"
# Why a message waits; its sentence is in `sentences.about_operations`.
HELD = "held_restored_gap"
EVERYBODY = "*"


@dataclass(frozen=True, slots=True)
class Milestone:
    """One thing that happened; `detail` names nobody but by study number."""

    id: int
    name: str
    at: datetime
    detail: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Gap:
    """The newest restore: from when the backup was, when it came back, and whom a person has released."""

    made_at: datetime
    restored_at: datetime
    released: frozenset[str]

    def holds(self, study_number: str, due_at: datetime) -> bool:
        """Whether a message that became due at `due_at` may have been sent already, unknown to us."""
        free = EVERYBODY in self.released or study_number in self.released
        return due_at <= self.restored_at and not free

    def without_what_may_be_sent(self, decision: Decision, study_number: str) -> Decision:
        """The decision with every message that may be in the gap held, not sent; calls are a person's own."""

        def caught(one: Intent | Held) -> bool:
            waits = isinstance(one, Intent) or one.reason.waits
            return waits and one.channel != CALL and self.holds(study_number, one.at)

        # Like the missing wording, no rule of the schedule: it hangs on what happened to this installation.
        reason = cast(Reason, HELD)
        every: tuple[Intent | Held, ...] = (*decision.intents, *decision.held)
        held = tuple(
            Held(one.timepoint, one.opens_on, one.step, one.audience, one.channel, reason, one.at)
            for one in every
            if caught(one)
        )
        return Decision(
            tuple(one for one in decision.intents if not caught(one)),
            (*(one for one in decision.held if not caught(one)), *held),
        )


def record(tx: Transaction, name: str, at: datetime, detail: Mapping[str, object]) -> None:
    tx.conn.execute(insert(milestone).values(name=name, at=at, detail=json.dumps(detail, sort_keys=True)))


def latest(tx: Transaction, name: str) -> Milestone | None:
    row = tx.conn.execute(
        select(milestone).where(milestone.c.name == name).order_by(milestone.c.id.desc()).limit(1)
    ).one_or_none()
    return Milestone(row.id, row.name, row.at, json.loads(row.detail)) if row else None


def gap(tx: Transaction) -> Gap | None:
    """The gap of the newest restore; None when there never was one."""
    found = latest(tx, RESTORED)
    if found is None:
        return None
    later = select(milestone.c.detail).where(milestone.c.name == RELEASED, milestone.c.id > found.id)
    released = frozenset(str(json.loads(text)["of"]) for text in tx.conn.execute(later).scalars())
    return Gap(datetime.fromisoformat(str(found.detail["made_at"])), found.at, released)


@dataclass(frozen=True, slots=True)
class Settled:
    """What a restore did to rows that were under way in the backup."""

    messages_held: int
    messages_asked: int
    sessions_ended: int


def after_restore(tx: Transaction, made_at: datetime, now: datetime, detail: Mapping[str, object]) -> Settled:
    """Make yesterday's rows fit for today; in the transaction that brings them.

    Messages that were about to be sent are held. Those a provider was just being handed are unknown, so it
    is asked. Nobody stays signed in, and no clock leads.
    """
    message = delivery.c.channel != CALL
    handed = update(delivery).where(delivery.c.state == "claimed", delivery.c.provider.is_not(None))
    asked = tx.conn.execute(handed.values(state="unknown", next_at=now, claimed_until=None)).rowcount
    waiting = update(delivery).where(delivery.c.state.in_(("due", "claimed")), message)
    held = tx.conn.execute(
        waiting.values(
            state="not_sent", reason=HELD, decided_at=now, next_at=now, claimed_by=None, claimed_until=None
        )
    ).rowcount
    open_sessions = update(staff_session).where(staff_session.c.ended_at.is_(None))
    ended = tx.conn.execute(open_sessions.values(ended_at=now)).rowcount
    tx.conn.execute(lease.delete())
    record(tx, RESTORED, now, {**detail, "made_at": made_at.isoformat()})
    return Settled(held, asked, ended)


def held(tx: Transaction) -> tuple[tuple[str, Delivery], ...]:
    """Messages that wait for a person's word, each with its study number."""
    rows = tx.conn.execute(
        selected()
        .add_columns(participant.c.study_number)
        .join(participant, participant.c.id == delivery.c.participant_id)
        .where(delivery.c.state == "not_sent", delivery.c.reason == HELD)
        .order_by(participant.c.study_number, delivery.c.id)
    )
    return tuple((row[-1], read(row[:-1])) for row in rows)


def doubt(tx: Transaction, row: Delivery) -> bool:
    """A held message becomes unknown: its provider was asked, and `delivery_claims.resolve` comes next."""
    still = (delivery.c.id == row.id) & (delivery.c.state == "not_sent") & (delivery.c.reason == HELD)
    changed = update(delivery).where(still).values(state="unknown", reason=None)
    return tx.conn.execute(changed).rowcount == 1

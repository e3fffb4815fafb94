"""One-time links for staff: an invitation, or a new password. Only the hash of a link's secret is kept.

Using one is a conditional update: of two people with the same link only the first chooses the password.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, cast

from sqlalchemy import insert, select, update

from pro_app.records.schema_clinic import staff_ticket
from pro_app.records.store import Transaction

Purpose = Literal["invitation", "new_password"]
LASTS = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class Ticket:
    """A link that still works: whose it is, what for, until when."""

    staff_id: int
    purpose: Purpose
    expires_at: datetime


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def issue(tx: Transaction, staff_id: int, purpose: Purpose, now: datetime) -> str:
    """A new link's secret; the account's earlier links are void from now on."""
    void(tx, staff_id, now)
    token = secrets.token_urlsafe(24)
    tx.conn.execute(
        insert(staff_ticket).values(
            token_hash=hash_of(token),
            staff_id=staff_id,
            purpose=purpose,
            created_at=now,
            expires_at=now + LASTS,
        )
    )
    return token


def find(tx: Transaction, token: str, now: datetime) -> Ticket | None:
    """The ticket, or None when it is none, was used, was replaced or has run out: all look alike."""
    row = tx.conn.execute(
        select(staff_ticket.c.staff_id, staff_ticket.c.purpose, staff_ticket.c.expires_at).where(
            staff_ticket.c.token_hash == hash_of(token),
            staff_ticket.c.used_at.is_(None),
            staff_ticket.c.expires_at > now,
        )
    ).one_or_none()
    return Ticket(row.staff_id, cast(Purpose, row.purpose), row.expires_at) if row else None


def use(tx: Transaction, token: str, now: datetime) -> bool:
    """Use it up; False when somebody was faster or its time is over."""
    done = (
        update(staff_ticket)
        .where(
            staff_ticket.c.token_hash == hash_of(token),
            staff_ticket.c.used_at.is_(None),
            staff_ticket.c.expires_at > now,
        )
        .values(used_at=now)
    )
    return tx.conn.execute(done).rowcount == 1


def void(tx: Transaction, staff_id: int, now: datetime) -> None:
    """No link of this account works any more."""
    tx.conn.execute(
        update(staff_ticket)
        .where(staff_ticket.c.staff_id == staff_id, staff_ticket.c.used_at.is_(None))
        .values(used_at=now)
    )

"""Who is signed in: one row per session, looked up on every request, so that ending one acts at once.

Only the hash of a session's key is kept: a stolen database opens no session.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from pro_app.records.schema import audit, staff, staff_session
from pro_app.records.staff import COLUMNS, Staff, read
from pro_app.records.store import Transaction


@dataclass(frozen=True, slots=True)
class Session:
    """A session that nobody has ended. Whether it is still fresh is for `actions.sign_in` to say."""

    account: Staff
    created_at: datetime
    seen_at: datetime


def start(tx: Transaction, token_hash: str, staff_id: int, now: datetime) -> None:
    tx.conn.execute(
        insert(staff_session).values(token_hash=token_hash, staff_id=staff_id, created_at=now, seen_at=now)
    )


def find(tx: Transaction, token_hash: str) -> Session | None:
    """The session with its account, or None when it was ended or its account is disabled."""
    row = tx.conn.execute(
        select(*COLUMNS, staff_session.c.created_at, staff_session.c.seen_at)
        .join(staff, staff.c.id == staff_session.c.staff_id)
        .where(
            staff_session.c.token_hash == token_hash,
            staff_session.c.ended_at.is_(None),
            staff.c.active.is_(True),
        )
    ).one_or_none()
    return Session(read(row), row.created_at, row.seen_at) if row else None


def touch(tx: Transaction, token_hash: str, now: datetime) -> None:
    """The session was used just now."""
    tx.conn.execute(
        update(staff_session)
        .where(staff_session.c.token_hash == token_hash, staff_session.c.ended_at.is_(None))
        .values(seen_at=now)
    )


def end(tx: Transaction, token_hash: str, now: datetime) -> None:
    tx.conn.execute(
        update(staff_session)
        .where(staff_session.c.token_hash == token_hash, staff_session.c.ended_at.is_(None))
        .values(ended_at=now)
    )


def end_all(tx: Transaction, staff_id: int, now: datetime) -> int:
    """End every session of an account (disabled, new password, lost tablet); returns how many."""
    result = tx.conn.execute(
        update(staff_session)
        .where(staff_session.c.staff_id == staff_id, staff_session.c.ended_at.is_(None))
        .values(ended_at=now)
    )
    return result.rowcount


def end_others(tx: Transaction, staff_id: int, token_hash: str, now: datetime) -> int:
    """End every session of an account but the one with `token_hash`; returns how many."""
    result = tx.conn.execute(
        update(staff_session)
        .where(
            staff_session.c.staff_id == staff_id,
            staff_session.c.ended_at.is_(None),
            staff_session.c.token_hash != token_hash,
        )
        .values(ended_at=now)
    )
    return result.rowcount


@dataclass(frozen=True, slots=True)
class Stay:
    """One session as its owner sees it in the list; `address`: where it began, as the trail has it."""

    started_at: datetime
    seen_at: datetime
    address: str | None
    this: bool


def running(tx: Transaction, account: Staff, token_hash: str, seen_since: datetime) -> tuple[Stay, ...]:
    """The sessions that nobody ended and that were used since `seen_since`, newest first."""
    began = (
        select(audit.c.address)
        .where(
            audit.c.actor == account.login,
            audit.c.action == "signed_in",
            audit.c.at == staff_session.c.created_at,
        )
        .limit(1)
        .scalar_subquery()
    )
    rows = tx.conn.execute(
        select(staff_session.c.token_hash, staff_session.c.created_at, staff_session.c.seen_at, began)
        .where(
            staff_session.c.staff_id == account.id,
            staff_session.c.ended_at.is_(None),
            staff_session.c.seen_at > seen_since,
        )
        .order_by(staff_session.c.created_at.desc())
        .limit(50)
    )
    return tuple(Stay(row[1], row[2], row[3], row[0] == token_hash) for row in rows)

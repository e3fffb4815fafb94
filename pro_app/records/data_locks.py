"""Locks of data: of one site or of the study, with who, when and why, and each ever taken.

That somebody's data are locked stands in the participant's own row (`locked_at`), which whoever stores or
changes anything has read anyway: on the way of an answer the question costs nothing. The row is written by
`spread`, which waits for the writers that hold it, so that nobody who has read "open" writes after the lock.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from pro_app.errors import ProAppError
from pro_app.records.participants import Participant
from pro_app.records.schema import participant
from pro_app.records.schema_clinic import data_lock
from pro_app.records.store import Transaction

# The scope of a lock that covers every site; the others are sites' codes.
STUDY = "*"


class DataLocked(ProAppError):
    """The data are locked: nothing about them changes before somebody unlocks them."""

    code = "data_locked"


class LockedAlready(ProAppError):
    """This scope is locked already, perhaps by somebody who was faster."""

    code = "lock_there"


class NotLocked(ProAppError):
    """This scope is not locked, or not any more."""

    code = "lock_gone"


@dataclass(frozen=True, slots=True)
class DataLock:
    """One lock. `unlocked_at`, `unlocked_by`, `unlock_reason`: None while it is in force."""

    scope: str
    locked_at: datetime
    locked_by: str
    reason: str
    unlocked_at: datetime | None
    unlocked_by: str | None
    unlock_reason: str | None

    def covers(self, site: str) -> bool:
        return self.scope in (STUDY, site)


_COLUMNS = [data_lock.c[name] for name in DataLock.__dataclass_fields__]


def hold(tx: Transaction, person: Participant) -> None:
    """Raises `DataLocked`; otherwise nobody locks this participant's data before the transaction ends.

    For changes by staff, who read the participant without locking the row.
    """
    query = select(participant.c.locked_at).where(participant.c.id == person.id)
    # Not FOR SHARE: of two who share it neither could write afterwards.
    if tx.conn.execute(query.with_for_update(key_share=True)).scalar_one() is not None:
        raise DataLocked()


def check(person: Participant) -> None:
    """Raises `DataLocked`: for what only looks ahead, and for who read the row with a lock."""
    if person.locked_at is not None:
        raise DataLocked()


def check_site(tx: Transaction, site: str) -> None:
    """Raises `DataLocked` when the whole site is locked: nobody new is enrolled there."""
    if any(one.covers(site) for one in in_force(tx)):
        raise DataLocked()


def in_force(tx: Transaction) -> tuple[DataLock, ...]:
    """The locks that hold now, the study's first, then by site."""
    query = select(*_COLUMNS).where(data_lock.c.unlocked_at.is_(None)).order_by(data_lock.c.scope)
    return tuple(DataLock(*row) for row in tx.conn.execute(query))


def history(tx: Transaction, limit: int = 100) -> tuple[DataLock, ...]:
    """Every lock there ever was, the newest first."""
    query = select(*_COLUMNS).order_by(data_lock.c.id.desc()).limit(limit)
    return tuple(DataLock(*row) for row in tx.conn.execute(query))


def add(tx: Transaction, scope: str, by: str, reason: str, now: datetime) -> None:
    """Raises `LockedAlready`."""
    if tx.conn.execute(
        select(data_lock.c.id).where(data_lock.c.scope == scope, data_lock.c.unlocked_at.is_(None))
    ).first():
        raise LockedAlready()
    try:
        tx.conn.execute(insert(data_lock).values(scope=scope, locked_at=now, locked_by=by, reason=reason))
    except IntegrityError as fault:  # somebody else at the same instant
        raise LockedAlready() from fault


def lift(tx: Transaction, scope: str, by: str, reason: str, now: datetime) -> None:
    """Raises `NotLocked`."""
    lifted = (
        update(data_lock)
        .where(data_lock.c.scope == scope, data_lock.c.unlocked_at.is_(None))
        .values(unlocked_at=now, unlocked_by=by, unlock_reason=reason)
    )
    if tx.conn.execute(lifted).rowcount != 1:
        raise NotLocked()


def spread(tx: Transaction, sites: Collection[str]) -> int:
    """Write to each participant of `sites` since when their data are locked, or that they are not; returns
    for how many that is new.

    Waits for every transaction that has read one of them for writing. To be called again after the audit
    row: whoever was being enrolled meanwhile is there then.
    """
    locks, count = in_force(tx), 0
    for site in sites:
        since = min((one.locked_at for one in locks if one.covers(site)), default=None)
        other = participant.c.locked_at.is_distinct_from(since)
        done = update(participant).where(participant.c.site == site, other).values(locked_at=since)
        count += tx.conn.execute(done).rowcount
    return count

"""Slowing down guesses: a leaky bucket of failures per address or login, shared by all processes.

Only failures fill a bucket and time drains it, so a hospital behind one address that types correct
codes is never held up, and nobody is locked out for good.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update

from pro_app.records.schema import throttle
from pro_app.records.store import Transaction
from pro_app.records.upsert import upsert


@dataclass(frozen=True, slots=True)
class Limit:
    """`size` failures at once, then one more for every `seconds_each`."""

    size: int
    seconds_each: float


def _level(tx: Transaction, bucket: str, limit: Limit, now: datetime) -> float | None:
    row = tx.conn.execute(select(throttle).where(throttle.c.bucket == bucket).with_for_update()).one_or_none()
    if row is None:
        return None
    drained = (now - row.updated_at).total_seconds() / limit.seconds_each
    return max(0.0, float(row.level - drained))


def wait_seconds(tx: Transaction, bucket: str, limit: Limit, now: datetime) -> int:
    """How long until the next guess is looked at; 0 when it is welcome now."""
    over = (_level(tx, bucket, limit, now) or 0.0) + 1 - limit.size
    return max(0, int(over * limit.seconds_each + 0.999)) if over > 0 else 0


def failed(tx: Transaction, bucket: str, limit: Limit, now: datetime) -> None:
    """Count one failed guess."""
    empty = upsert(tx, throttle)
    # Two first failures at the same instant: the second waits here, then counts on.
    tx.conn.execute(empty.values(bucket=bucket, level=0.0, updated_at=now).on_conflict_do_nothing())
    level = _level(tx, bucket, limit, now) or 0.0
    change = update(throttle).where(throttle.c.bucket == bucket)
    tx.conn.execute(change.values(level=min(level + 1, float(limit.size)), updated_at=now))


def counted(tx: Transaction, bucket: str, limit: Limit, now: datetime) -> bool:
    """Count one more if the bucket has room for it; of many at once only as many as have room are counted."""
    empty = upsert(tx, throttle)
    tx.conn.execute(empty.values(bucket=bucket, level=0.0, updated_at=now).on_conflict_do_nothing())
    level = _level(tx, bucket, limit, now) or 0.0
    if level + 1 > limit.size:
        return False
    change = update(throttle).where(throttle.c.bucket == bucket)
    tx.conn.execute(change.values(level=level + 1, updated_at=now))
    return True


def taken_back(tx: Transaction, bucket: str, limit: Limit, now: datetime) -> None:
    """One failure that turned out to be none."""
    level = _level(tx, bucket, limit, now)
    if level is not None:
        change = update(throttle).where(throttle.c.bucket == bucket)
        tx.conn.execute(change.values(level=max(0.0, level - 1), updated_at=now))


def empty(tx: Transaction, bucket: str) -> None:
    """Forget the failures: whom they belong to has proved to be right."""
    tx.conn.execute(delete(throttle).where(throttle.c.bucket == bucket))

"""Leading: of all clocks that run, one works through the ticks; another takes over when it falls silent."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from pro_app.records import leases
from pro_app.records.store import Transaction

CLOCK = "clock"


def lead(tx: Transaction, holder: str, now: datetime, hold_for: timedelta) -> bool:
    """Whether `holder` (any name that no other process has, up to 60 characters) leads now.

    Saying so again in time keeps the lead; the moment of it is the clock's heartbeat.
    """
    return leases.take(tx, CLOCK, holder, now, hold_for)


def step_down(tx: Transaction, holder: str, now: datetime) -> None:
    """Let the next process lead at once."""
    leases.let_go(tx, CLOCK, holder, now)


def note_parts(tx: Transaction, parts: Iterable[str], holder: str, now: datetime) -> None:
    """Keep when each of these parts of a tick last ended well."""
    leases.note(tx, [f"{leases.PARTS}{part}" for part in parts], holder, now)


def last_beat(tx: Transaction) -> datetime | None:
    """When a clock last said that it leads; None when none ever has."""
    found = leases.of(tx, CLOCK)
    return found.beat_at if found else None

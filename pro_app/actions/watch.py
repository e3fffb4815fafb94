"""Is everything at work: for `/readyz`, `/metrics`, the line on staff's pages, and `doctor`.

A clock that died can't say so itself. Its heartbeat is a row that every other process can read; when the
newest one is older than four minutes (or three ticks, where ticks are rarer), it counts as stopped.
"""

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pro_app.records import health_figures, migrating
from pro_app.records.health_figures import Figures
from pro_app.records.store import Store, Transaction

# The lease that `actions.lead` takes.
CLOCK = "clock"
STOPPED_AFTER = timedelta(minutes=4)
TICKS_MISSED = 3
LEAST_FREE = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Condition:
    """What a balancer wants to know: names of what stops the work; the clock is ok, stopped or unknown."""

    faults: tuple[str, ...]
    clock: str

    @property
    def ready(self) -> bool:
        return not self.faults


def condition(store: Store, folder: Path, now: datetime, interval: timedelta, up_for: timedelta) -> Condition:
    """Look at database, migrations, disk and clock; never raises. up_for: how long this process has run."""
    faults = []
    clock = "unknown"
    try:
        health_figures.writable(store, now)
    except Exception:
        faults.append("database")
    try:
        if migrating.current(store) != migrating.newest():
            faults.append("migrations")
    except Exception:
        faults.append("migrations")
    if free_bytes(folder) < LEAST_FREE:
        faults.append("disk")
    try:
        with store.reading() as tx:
            clock = "stopped" if silent_for(tx, now, interval, up_for) else "ok"
    except Exception:
        clock = "unknown"
    return Condition(tuple(faults), clock)


def free_bytes(folder: Path) -> int:
    """Room left where our files lie; 0 when the folder can't be looked at."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0


def silent_for(tx: Transaction, now: datetime, interval: timedelta, up_for: timedelta) -> timedelta | None:
    """For how long no clock has said a word, once that is too long; None while all is well.

    Where no clock has ever run there is nothing to be told before this process itself is old enough.
    """
    limit: timedelta = max(STOPPED_AFTER, TICKS_MISSED * interval)
    beat = health_figures.newest_beat(tx, CLOCK)
    silence = up_for if beat is None else now - beat
    return silence if silence > limit else None


def figures(tx: Transaction) -> Figures:
    return health_figures.read(tx, CLOCK)

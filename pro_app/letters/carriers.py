"""Which provider carries the next message: the first of its channel that is well.

Each failure halves a provider's weight, time brings it back, and the heaviest goes first; of equals, the
one named first in the settings. After several failures in a row a provider rests, for longer each time, so
that an outage costs one time-out now and then and not one for each message. Nobody has to repair anything.
"""

import math
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from pro_app.ports import Messenger, Outcome

FAILURES_THAT_REST = 3
FIRST_REST = timedelta(seconds=30)
LONGEST_REST = timedelta(minutes=10)
DOUBLES_EVERY = timedelta(minutes=1)


@runtime_checkable
class FindsByAddress(Protocol):
    """A provider that looks messages up by address and time, and has our reference beside them."""

    def find(self, reference: str, to: str, sent_at: datetime, now: datetime) -> Outcome | None:
        """As `Messenger.look_up`: "later" means that it surely never took the message."""
        ...


@dataclass(slots=True)
class _Health:
    """`weight` (0-1) was true at `at`. `failures`: in a row. `rests_until`: not asked before then."""

    weight: float = 1.0
    at: datetime | None = None
    failures: int = 0
    rests_until: datetime | None = None

    def weight_at(self, now: datetime) -> float:
        if self.at is None:
            return 1.0
        doublings = min(max((now - self.at) / DOUBLES_EVERY, 0.0), 30.0)
        return min(1.0, self.weight * math.pow(2.0, doublings))


class Carriers:
    """All messengers, with how they have fared. One for each process; safe from several threads."""

    def __init__(self, messengers: Iterable[Messenger]) -> None:
        self._messengers = tuple(messengers)
        self._health = {id(one): _Health() for one in self._messengers}
        self._lock = threading.Lock()

    def order(self, channel: str, now: datetime) -> tuple[Messenger, ...]:
        """Whom to try for a message on `channel`, the best first; empty while all of them rest."""
        with self._lock:
            well = [
                one
                for one in self._messengers
                if one.channel == channel and not self._rests(self._health[id(one)], now)
            ]
            return tuple(sorted(well, key=lambda one: -self._health[id(one)].weight_at(now)))

    def named(self, name: str | None, channel: str) -> Messenger | None:
        """The messenger that a delivery was handed to; None when it is no longer among ours."""
        for one in self._messengers:
            if one.name == name and one.channel == channel:
                return one
        return None

    def serves(self, channel: str) -> bool:
        return any(one.channel == channel for one in self._messengers)

    def rested_at(self, channel: str, now: datetime) -> datetime:
        """When the first of the channel's messengers may be tried again."""
        with self._lock:
            ends = [
                self._health[id(one)].rests_until or now for one in self._messengers if one.channel == channel
            ]
        return max(min(ends, default=now), now)

    def well(self, messenger: Messenger) -> None:
        """It answered about a message: whatever it said, it works."""
        with self._lock:
            health = self._health[id(messenger)]
            health.failures, health.rests_until = 0, None

    def failed(self, messenger: Messenger, now: datetime) -> None:
        """It could not be reached or is too busy."""
        with self._lock:
            health = self._health[id(messenger)]
            health.weight, health.at = health.weight_at(now) / 2, now
            health.failures += 1
            if health.failures >= FAILURES_THAT_REST:
                times = min(health.failures - FAILURES_THAT_REST, 10)
                health.rests_until = now + min(FIRST_REST * 2**times, LONGEST_REST)

    @staticmethod
    def _rests(health: _Health, now: datetime) -> bool:
        return health.rests_until is not None and now < health.rests_until

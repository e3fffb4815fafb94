"""What every loop that hands messages to providers does alike: the moment, the call, the wait after it."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pro_app.letters.carriers import Carriers
from pro_app.ports import Message, Messenger, Outcome
from pro_app.records.store import Store

log = logging.getLogger(__name__)

FIRST_DELAY = timedelta(minutes=1)
LONGEST_DELAY = timedelta(hours=1)
MOST_TRIES = 24


@dataclass(slots=True, kw_only=True)
class Handing:
    """One run of such a loop. chance: a number in [0, 1) for the jitter of delays."""

    store: Store
    carriers: Carriers
    started: datetime
    chance: Callable[[], float]
    began: float = field(default_factory=time.monotonic)

    def moment(self) -> datetime:
        """Now: it moves on while we work."""
        return self.started + timedelta(seconds=time.monotonic() - self.began)

    def call(self, messenger: Messenger, reference: str, write: Callable[[], Message]) -> Outcome:
        """The provider's answer. Hold no transaction meanwhile: it may take long.

        An adapter that stumbles may have sent: that is unknown. Of its fault only the kind is kept, for its
        words may quote the message.
        """
        try:
            said = messenger.send(write(), self.moment())
        except Exception as fault:
            kind = type(fault).__name__
            log.warning("message %s: %s stumbled: %s", reference, messenger.name, kind)
            said = Outcome("unknown", messenger.name, detail=f"the adapter stumbled: {kind}")
        if said.status in ("later", "unknown"):
            self.carriers.failed(messenger, self.moment())
        else:
            self.carriers.well(messenger)
        return said

    def wait(self, times: int) -> timedelta:
        """`FIRST_DELAY` doubled `times` times, at most `LONGEST_DELAY`, then 75 % to 125 % of that."""
        doubled: timedelta = FIRST_DELAY * (2 ** min(times, 10))
        return min(doubled, LONGEST_DELAY) * (0.75 + self.chance() / 2)

"""A process that serves keeps to one core, and goes to another when it has to share that one.

Threads of a Python process take turns. Spread over several cores each turn wakes another core and finds its
caches cold, which on two cores took up to twice the processor time of the work itself (decision 0125); on one
core the next thread just goes on. What the kernel would do against crowding is done here every few seconds:
a core that others use much more than another one is left.
"""

import os
import random
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

LOOK_EVERY_S = 5.0
# So much more of this core than of another must be taken by others before a move is worth its cold caches.
WORTH_MOVING = 0.2
_STAT, _THREADS = Path("/proc/stat"), Path("/proc/self/task")
_IDLE = (3, 4)  # idle and iowait, among the numbers of a line of /proc/stat (proc(5))


def busy_seconds(stat: str) -> dict[int, float]:
    """Each core's seconds of work since the machine was started, out of the text of Linux's /proc/stat."""
    ticks = os.sysconf("SC_CLK_TCK")
    found = {}
    for line in stat.splitlines():
        name, *numbers = line.split()
        if name.startswith("cpu") and name != "cpu":
            found[int(name[3:])] = sum(int(n) for i, n in enumerate(numbers[:8]) if i not in _IDLE) / ticks
    return found


def better(core: int, mine: float, busy: Mapping[int, float]) -> int:
    """Where to be: `core` or one that others use less. mine, busy: shares of a core, 0 to 1."""
    others = busy.get(core, 0.0) - mine
    calmest = min(busy, key=lambda one: (busy[one], one != core), default=core)
    return calmest if calmest != core and others - busy[calmest] > WORTH_MOVING else core


def _read() -> dict[int, float]:
    return busy_seconds(_STAT.read_text(encoding="ascii"))


class OneCore:
    """Keeps all threads of this process, and those made later, on one of the cores that it may use."""

    def __init__(self, read: Callable[[], Mapping[int, float]] = _read) -> None:
        self._read = read
        self._core = -1
        self._allowed: frozenset[int] = frozenset()
        self._last: tuple[float, float, Mapping[int, float]] = (0.0, 0.0, {})

    def settle(self) -> bool:
        """Take the core that has worked least so far. False, and nothing is done, where there is no choice or
        no telling: another system than Linux, one core, a process that was given one."""
        try:
            self._allowed = frozenset(os.sched_getaffinity(0))
            busy = {core: spent for core, spent in self._read().items() if core in self._allowed}
        except (AttributeError, OSError, ValueError):
            return False
        if len(busy) < 2:
            return False
        self._note(busy)
        return self._go(min(busy, key=lambda core: busy[core]))

    def look_again(self) -> None:
        """Move if others take much more of this core than of another one since the last look."""
        then, used, before = self._last
        busy = self._read()
        self._note(busy)
        now, used_now, _ = self._last
        if (passed := now - then) <= 0:
            return
        shares = {core: (busy.get(core, 0.0) - before[core]) / passed for core in before}
        there = better(self._core, (used_now - used) / passed, shares)
        if there != self._core:
            self._go(there)

    def keep_looking(self) -> None:
        """Settle, and look again every few seconds in a thread of its own."""
        if self.settle():
            threading.Thread(target=self._look_for_ever, name="one-core", daemon=True).start()

    def _look_for_ever(self) -> None:
        while True:
            # Not in step: two processes that share a core must not both leave it for the same one.
            time.sleep(LOOK_EVERY_S * random.uniform(0.6, 1.4))
            try:
                self.look_again()
            except (OSError, ValueError):
                return

    def _note(self, busy: Mapping[int, float]) -> None:
        mine = {core: spent for core, spent in busy.items() if core in self._allowed}
        self._last = time.monotonic(), time.process_time(), mine

    def _go(self, core: int) -> bool:
        for thread in _THREADS.iterdir():
            try:
                os.sched_setaffinity(int(thread.name), {core})
            except ProcessLookupError:  # it has just ended
                continue
        self._core = core
        return True

"""A process that serves keeps to one core, and lets the kernel choose anew every few seconds.

Threads of a Python process take turns. Spread over several cores each turn wakes another core and finds its
caches cold, which took up to twice the processor time of the work itself (decision 0125); on one core the
next thread just goes on. But whoever stays on a core for good may stay beside somebody who needs it as well:
so now and then all threads are let free for a moment, and stay where the kernel has put them.
"""

import os
import random
import threading
import time
from collections import Counter
from pathlib import Path

STAY_S = 5.0
LOOKS, BETWEEN_S = 5, 0.01
_THREADS = Path("/proc/self/task")
_PROCESSOR = (
    36  # of the fields behind the name in /proc/…/stat, the core on which a thread ran last (proc(5))
)


def core_in(stat: str) -> int:
    """The core that a line of Linux's /proc/…/stat names."""
    return int(stat.rpartition(")")[2].split()[_PROCESSOR])


def _main_thread() -> str:
    return (_THREADS / str(os.getpid()) / "stat").read_text()


class OneCore:
    """Keeps all threads of this process, and those made later, on one of the cores that it may use."""

    def __init__(self) -> None:
        self._allowed: set[int] = set()

    def keep(self) -> bool:
        """Stay here, and choose anew every few seconds in a thread of its own. False, and nothing is done,
        where there is no choice or no way: one core, another system than Linux, a service that may not."""
        try:
            self._allowed = os.sched_getaffinity(0)
            if len(self._allowed) < 2:
                return False
            self._go({core_in(_main_thread())})
        except (AttributeError, OSError):
            return False
        threading.Thread(target=self._for_ever, name="one-core", daemon=True).start()
        return True

    def choose(self) -> int:
        """Let everything free for a moment; stay where the kernel has the main thread, which is that core."""
        self._go(self._allowed)
        seen: Counter[int] = Counter()
        for _ in range(LOOKS):
            time.sleep(BETWEEN_S)
            seen[core_in(_main_thread())] += 1
        core = seen.most_common(1)[0][0]
        self._go({core})
        return core

    def _for_ever(self) -> None:
        while True:
            # Not in step with another process that has the same core and looks for a better one too.
            time.sleep(STAY_S * random.uniform(0.6, 1.4))
            try:
                self.choose()
            except OSError:
                return

    @staticmethod
    def _go(cores: set[int]) -> None:
        for thread in _THREADS.iterdir():
            try:
                os.sched_setaffinity(int(thread.name), cores)
            except ProcessLookupError:  # it has just ended
                continue

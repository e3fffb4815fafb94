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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STAY_S = 5.0
LOOKS, BETWEEN_S = 5, 0.01
_THREADS = Path("/proc/self/task")
# Of the fields behind the name in /proc/…/stat: the core on which a thread ran last (proc(5)).
_PROCESSOR = 36
# The cores that this process may use, once it keeps to one.
_allowed: set[int] = set()


def core_in(stat: str) -> int:
    """The core that a line of Linux's /proc/…/stat names."""
    return int(stat.rpartition(")")[2].split()[_PROCESSOR])


def _main_thread() -> str:
    return (_THREADS / str(os.getpid()) / "stat").read_text()


@contextmanager
def anywhere() -> Iterator[None]:
    """What this thread starts in the block, another program, may use every core; it would inherit our one."""
    if not _allowed:
        yield
        return
    os.sched_setaffinity(0, _allowed)
    try:
        yield
    finally:
        os.sched_setaffinity(0, {core_in(_main_thread())})


def keep_to_one_core() -> bool:
    """All threads of this process, and those made later, stay on the core where it is now, and on another one
    every few seconds if the kernel says so. False, and nothing is done, where there is no choice or no way:
    one core, another system than Linux, a service that may not."""
    try:
        allowed = os.sched_getaffinity(0)
        if len(allowed) < 2:
            return False
        _go({core_in(_main_thread())})
    except (AttributeError, OSError):
        return False
    _allowed.update(allowed)
    threading.Thread(target=_for_ever, name="one-core", daemon=True).start()
    return True


def choose() -> int:
    """Let everything free for a moment; stay where the kernel has the main thread, which is that core."""
    _go(_allowed)
    seen: Counter[int] = Counter()
    for _ in range(LOOKS):
        time.sleep(BETWEEN_S)
        seen[core_in(_main_thread())] += 1
    core = seen.most_common(1)[0][0]
    _go({core})
    return core


def _for_ever() -> None:
    while True:
        # Not in step with another process that has the same core and looks for a better one too.
        time.sleep(STAY_S * random.uniform(0.6, 1.4))
        try:
            choose()
        except OSError:
            return


def _go(cores: set[int]) -> None:
    for thread in _THREADS.iterdir():
        try:
            os.sched_setaffinity(int(thread.name), cores)
        except ProcessLookupError:  # it has just ended
            continue

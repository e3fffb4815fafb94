"""What a process and all its children use, read from Linux's /proc."""

import os
import time
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
# Seconds of processor in a second: waiting threads look around now and then.
AT_REST_S = 0.02


class Watched:
    """A process with its children."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def _all(self) -> list[int]:
        found, todo = [], [self._pid]
        while todo:
            pid = todo.pop()
            found.append(pid)
            for task in Path(f"/proc/{pid}/task").iterdir():
                todo += map(int, (task / "children").read_text().split())
        return found

    def cpu_seconds(self) -> float:
        """Seconds of processor used so far, user and system together."""
        total = 0
        for pid in self._all():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / _TICKS

    def wait_for_rest(self, seconds: float = 60) -> None:
        """Until a second passed in which almost nothing was done; raises TimeoutError."""
        end = time.monotonic() + seconds
        used = self.cpu_seconds()
        while time.monotonic() < end:
            time.sleep(1)
            before, used = used, self.cpu_seconds()
            if used - before <= AT_REST_S:
                return
        raise TimeoutError("still at work")

    def memory_mib(self) -> float:
        """Proportional set size: memory that several processes share counts once, a library that programs
        besides these map counts in part."""
        return self._sum("Pss:")

    def whole_mib(self) -> float:
        """Resident set size: every page that a process maps counts, whoever else maps it. What several of
        these share counts in each, so it says something of a process without children."""
        return self._sum("Rss:")

    def _sum(self, word: str) -> float:
        kib = 0
        for pid in self._all():
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith(word):
                    kib += int(line.split()[1])
        return kib / 1024

"""Whose turn it is to write: one at a time, over all threads and processes that share an SQLite file.

SQLite lets one writer in and has the others try again after growing pauses, so that some wait for seconds.
Here threads of one process stand in a queue, and the one at its head takes two file locks: first the place
beside the door, then the door. Whoever has just written and wants to write again finds the other process
beside the door, so that they take turns; `docs/decisions/0105` has the figures. The locks are the kernel's:
whoever is killed lets go.

Nothing depends on this queue but the time: SQLite's own lock is still what keeps writers apart.
"""

import fcntl
import os
import threading
import time
from collections import deque
from pathlib import Path

from pro_app.records.store_faults import Away, Busy

PATIENCE_S = 10.0
_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 0.0002, 0.0005
# So many threads of one process write after one another before another process has its turn.
IN_A_ROW = 4
ENDING = "-writers"


class _Turn:
    """One who waits."""

    def __init__(self, joins: bool) -> None:
        self.joins = joins
        self._closed = threading.Lock()
        self._closed.acquire()

    def comes(self, patience_s: float) -> bool:
        return self._closed.acquire(timeout=patience_s)

    def give(self) -> None:
        self._closed.release()


class Writers:
    """The queue of one process. Not re-entrant: who writes must not ask to write once more.

    file: the database's, or None for one that is in memory only.
    """

    def __init__(self, file: Path | None, patience_s: float = PATIENCE_S) -> None:
        self._names = [] if file is None else [f"{file}{ENDING}{end}" for end in ("-next", "")]
        self._patience_s = patience_s
        self._guard = threading.Lock()
        self._waiting: deque[_Turn] = deque()
        self._taken = False
        self._inside = False
        self._in_a_row = 0
        self._open_in = 0
        self._places: list[int] = []

    def __enter__(self) -> None:
        self.take_turn()

    def __exit__(self, *_fault: object) -> None:
        self.leave()

    def take_turn(self, *, joins: bool = False) -> None:
        """Wait for the turn; raises `Busy` when patience ends first, `Away` when no lock can be made.

        joins: would go on in the transaction of the one before (see `together`).
        """
        with self._guard:
            if not self._taken:
                self._taken, turn = True, None
            else:
                turn = _Turn(joins)
                self._waiting.append(turn)
        end = 0.0 if turn is None else time.monotonic() + self._patience_s
        if turn is not None and not turn.comes(self._patience_s):
            with self._guard:
                if turn in self._waiting:
                    self._waiting.remove(turn)
                    raise Busy(cause="the queue of this process does not move")
            # else it became ours in this very moment
        try:
            self._enter_file(end)
        except BaseException:
            self.leave()
            raise

    def hand_on(self) -> bool:
        """Give the turn to the next one with all that it holds, if that one joins; else nothing happens."""
        with self._guard:
            if not self._waiting or not self._waiting[0].joins:
                return False
            self._waiting.popleft().give()
            return True

    def close(self) -> None:
        """Let go of the files; whoever writes afterwards opens them anew."""
        places, self._places, owner, self._open_in = self._places, [], self._open_in, 0
        if owner == os.getpid():
            for place in places:
                os.close(place)

    def leave(self) -> None:
        """The turn is over."""
        with self._guard:
            self._in_a_row += 1
            if self._inside and (not self._waiting or self._in_a_row >= IN_A_ROW):
                fcntl.flock(self._places[1], fcntl.LOCK_UN)
                self._inside, self._in_a_row = False, 0
            if self._waiting:
                self._waiting.popleft().give()
            else:
                self._taken = False

    def _enter_file(self, end: float) -> None:
        if self._inside or not self._names:
            return
        try:
            if self._open_in != os.getpid():
                self._open()
            beside, door = self._places
            end = end or time.monotonic() + self._patience_s
            _take(beside, end)
            try:
                _take(door, end)
            finally:
                fcntl.flock(beside, fcntl.LOCK_UN)
        except OSError as fault:
            raise Away(cause=f"the queue of writers: {fault.strerror}") from fault
        self._inside = True

    def _open(self) -> None:
        """Also in a child that was forked: a lock shared with its parent would keep neither out."""
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        self._places = [os.open(name, flags, 0o600) for name in self._names]
        self._open_in = os.getpid()


def _take(place: int, end: float) -> None:
    """The lock, tried for anew until `end`: a waiting call of the kernel's could not be given up."""
    pause = _SHORTEST_PAUSE_S
    while True:
        try:
            fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= end:
                raise Busy(cause="another process writes, and does not end") from None
        time.sleep(pause)
        pause = min(_LONGEST_PAUSE_S, pause * 1.2)

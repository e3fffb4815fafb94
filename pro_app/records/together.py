"""Several short changes made durable at once, on SQLite: one commit for all that came while the last one ran.

A commit waits for the disk, four to six milliseconds of the machine that this was measured on, and only one
can run at a time; the change itself takes one. So whoever is done and sees that the next in the queue may
join leaves the transaction open and hands it on; the last one commits for all. Each one's part is a
savepoint: what fails is undone alone. Nobody is answered before the common commit, and if that fails, it
fails for all.

PostgreSQL does the same by itself. Long changes don't join: others would wait for them.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

from sqlalchemy import Connection

from pro_app.records.driver import begin_on_driver, end_on_driver
from pro_app.records.kept import Kept
from pro_app.records.store_faults import Away, Busy
from pro_app.records.writers import Writers

MOST, LONGEST_S = 16, 0.02
_PATIENCE_S = 60.0


class _Group:
    """One transaction and those who have a part in it; only whoever has the turn touches more than `wait`."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self.conn = kept.take()
        try:
            begin_on_driver(self.conn, to_write=True)
        except BaseException:
            self.conn.close()
            raise
        self._driver: Any = self.conn.connection.driver_connection
        self._began = time.monotonic()
        self._parts = 0
        self._fault: BaseException | None = None
        self._done = Event()

    @contextmanager
    def part(self) -> Iterator[None]:
        self._parts += 1
        self._driver.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            self._undo()
            raise
        else:
            self._driver.execute("RELEASE part")
        finally:
            if not self._driver.in_transaction and self._fault is None:
                # A full disk, for one: SQLite has undone everything, the parts of others too.
                self._fault = Away(cause="the common transaction was undone")

    def _undo(self) -> None:
        try:
            if self._driver.in_transaction:
                self._driver.execute("ROLLBACK TO part")
                self._driver.execute("RELEASE part")
        except BaseException:
            self._fault = Away(cause="a part of the common transaction could not be undone")
            raise

    @property
    def has_room(self) -> bool:
        young = time.monotonic() - self._began < LONGEST_S
        return young and self._parts < MOST and self._fault is None

    def end(self) -> None:
        """Commit for all, or tell all why not. Does not raise: that is for `wait`."""
        try:
            if self._fault is None:
                end_on_driver(self.conn, commit=True)
        except BaseException as fault:
            self._fault = fault
        finally:
            self._let_go()
            self._done.set()

    def _let_go(self) -> None:
        """Give the connection back, without a transaction: one that could not be committed is still open."""
        try:
            if self._fault is None:
                self._kept.give_back(self.conn)
                return
            if self._driver.in_transaction:
                self._driver.rollback()
            self.conn.close()
        except BaseException as fault:
            self._fault = self._fault or fault
            self.conn.invalidate()

    def wait(self) -> None:
        """Until it is durable; raises why it is not."""
        if not self._done.wait(_PATIENCE_S):
            raise Busy(cause="the common commit does not come")
        if self._fault is not None:
            raise self._fault.with_traceback(None)


class Together:
    """The open group of one process, and the way into it."""

    def __init__(self, kept: Kept, writers: Writers) -> None:
        self._kept = kept
        self._writers = writers
        self._open: _Group | None = None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection in a transaction that others may share; left when all of it is durable."""
        self._writers.take_turn(joins=True)
        group = self._open
        try:
            if group is None:
                group = self._open = _Group(self._kept)
            with group.part():
                yield group.conn
        finally:
            if group is None or not group.has_room or not self._writers.hand_on():
                self._open = None
                try:
                    if group is not None:
                        group.end()
                finally:
                    self._writers.leave()
        group.wait()

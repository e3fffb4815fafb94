"""Connections that stay open between short transactions.

SQLAlchemy lends a connection, begins on it and takes it back for 50 to 80 µs of processor, as long as all of
a short transaction's statements take. Here a transaction is begun and ended by the driver alone, on a
connection that waits for it. SQLAlchemy's own is begun only when somebody runs a statement of Core.
"""

import time
from collections import deque
from collections.abc import Callable

from sqlalchemy import Connection, Engine


class Kept:
    """The connections of one process that nobody uses just now; the one used last is lent first.

    stands: whether one that has waited for so many seconds may still be used.
    """

    def __init__(self, engine: Engine, stands: Callable[[Connection, float], bool]) -> None:
        self._engine = engine
        self._stands = stands
        self._idle: deque[tuple[Connection, float]] = deque()

    def take(self) -> Connection:
        """One on which nothing is begun. Whoever takes it gives it back, or closes it if something failed."""
        while True:
            try:
                conn, since = self._idle.pop()
            except IndexError:
                return self._engine.connect()
            if self._stands(conn, time.monotonic() - since):
                return conn
            conn.invalidate()
            conn.close()

    def give_back(self, conn: Connection) -> None:
        """Only one on which nothing is begun any more."""
        self._idle.append((conn, time.monotonic()))

    def close(self) -> None:
        while self._idle:
            self._idle.pop()[0].close()

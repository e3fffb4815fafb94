"""What a database says when it can't work just now, as two faults of ours; the rest stays what it is.

`Busy`: somebody else is at it for too long. `Away`: it can't be reached, or its disk is full or fails. Both
pass by themselves, so that whoever asks is told to come again. A wrong statement or a missing table does not
pass: it is not translated, and shows in the log for what it is.
"""

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from pro_app.errors import ProAppError

# Primary result codes of SQLite (https://www.sqlite.org/rescode.html).
_SQLITE_BUSY = {5: "busy", 6: "locked", 15: "protocol"}
_SQLITE_AWAY = {7: "no memory", 8: "read-only", 10: "disk I/O error", 13: "disk full", 14: "can't be opened"}
# SQLSTATE: lock not available, serialisation failure, deadlock, query cancelled, too many connections.
_POSTGRES_BUSY = ("55P03", "40001", "40P01", "57014", "53300")
# Classes: connection, insufficient resources, operator intervention, system error; and a standby's refusal.
_POSTGRES_AWAY = ("08", "53", "57", "58", "25006", "55000")


class StoreFault(ProAppError):
    """The database can't work just now. `cause`: why, for the log; it never holds a value of a row."""

    def __init__(self, cause: str = "") -> None:
        self.cause = cause
        super().__init__()

    def __str__(self) -> str:
        """For the clock's log and the command line; a person on a page gets the sentence alone."""
        return f"{super().__str__()} ({self.cause})" if self.cause else super().__str__()


class Busy(StoreFault):
    """Others write for so long that waiting was given up."""

    code = "busy"


class Away(StoreFault):
    """The database can't be reached, or can't store anything."""

    code = "store_away"


def of(fault: BaseException) -> StoreFault | None:
    """What `fault` means, or None when it is no passing one."""
    if isinstance(fault, PoolTimeout):
        return Busy(cause="no connection became free")
    driver = fault.orig if isinstance(fault, DBAPIError) else fault
    code = getattr(driver, "sqlite_errorcode", None)
    if code is not None:
        return _of_sqlite(code & 0xFF, getattr(driver, "sqlite_errorname", str(code)))
    return _of_postgres(fault) if isinstance(fault, DBAPIError) and fault.orig else None


def _of_sqlite(code: int, name: str) -> StoreFault | None:
    if code in _SQLITE_BUSY:
        return Busy(cause=f"{name}: {_SQLITE_BUSY[code]}")
    if code in _SQLITE_AWAY:
        return Away(cause=f"{name}: {_SQLITE_AWAY[code]}")
    return None


def _of_postgres(fault: DBAPIError) -> StoreFault | None:
    kind, state = type(fault.orig).__name__, getattr(fault.orig, "sqlstate", None)
    if state is None:
        # Without a state the server said nothing: it could not be reached, or the connection is gone.
        gone = fault.connection_invalidated or kind in ("OperationalError", "ConnectionTimeout")
        return Away(cause=f"{kind}: no connection") if gone else None
    if state in _POSTGRES_BUSY:
        return Busy(cause=f"{kind}: {state}")
    return Away(cause=f"{kind}: {state}") if state.startswith(_POSTGRES_AWAY) else None

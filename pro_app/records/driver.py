"""A statement on the driver's own cursor, in SQLAlchemy's transaction and with SQLAlchemy's faults."""

from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


def run_on_driver(conn: Connection, text: str, values: Any, *, many: bool) -> Any:
    """A cursor on which it has run. Faults are SQLAlchemy's, as they are everywhere else in this floor."""
    # Whoever listens to what is asked (benchmarks and tests count statements) hears of these as well.
    if heard := conn.dispatch.before_cursor_execute:
        heard(conn, None, text, values, None, many)
    own = conn.connection
    cursor = own.cursor()
    try:
        if many:
            cursor.executemany(text, values)
        else:
            cursor.execute(text, values)
    except conn.dialect.loaded_dbapi.Error as fault:
        lost = conn.dialect.is_disconnect(fault, own, cursor)
        if lost:
            conn.invalidate(fault)
        raise DBAPIError.instance(
            text,
            None,
            fault,
            conn.dialect.loaded_dbapi.Error,
            hide_parameters=True,
            connection_invalidated=lost,
            dialect=conn.dialect,
        ) from fault
    return cursor

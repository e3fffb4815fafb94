"""A statement on the driver's own cursor, in SQLAlchemy's transaction and with SQLAlchemy's faults."""

from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


def run_on_driver(conn: Connection, text: str, values: Any, *, many: bool) -> Any:
    """A cursor on which it has run. Faults are SQLAlchemy's, as they are everywhere else in this floor."""
    tell(conn, text, values, many=many)
    own = conn.connection
    cursor = own.cursor()
    try:
        if many:
            cursor.executemany(text, values)
        else:
            cursor.execute(text, values)
    except conn.dialect.loaded_dbapi.Error as fault:
        raise packed(conn, text, fault) from fault
    return cursor


def tell(conn: Connection, text: str, values: Any, *, many: bool = False) -> None:
    """Whoever listens to what is asked (benchmarks and tests count statements) hears of this as well."""
    if heard := conn.dispatch.before_cursor_execute:
        heard(conn, None, text, values, None, many)


def packed(conn: Connection, text: str, fault: Any) -> Exception:
    """A driver's fault as SQLAlchemy raises it; a connection that is lost is given up."""
    kind = conn.dialect.loaded_dbapi.Error
    lost = conn.dialect.is_disconnect(fault, conn.connection, None)
    if lost:
        conn.invalidate(fault)
    found: Exception = DBAPIError.instance(
        text, None, fault, kind, hide_parameters=True, connection_invalidated=lost, dialect=conn.dialect
    )
    return found


def begin_on_driver(conn: Connection, *, to_write: bool = False) -> None:
    """Begin on SQLite, without a word to SQLAlchemy."""
    run_on_driver(conn, "BEGIN IMMEDIATE" if to_write else "BEGIN", (), many=False).close()


def end_on_driver(conn: Connection, *, commit: bool) -> None:
    """End whatever is begun: by SQLAlchemy if it began something itself, else by the driver alone."""
    ending: Any = conn if conn.in_transaction() else conn.connection.driver_connection
    if commit:
        ending.commit()
    else:
        ending.rollback()

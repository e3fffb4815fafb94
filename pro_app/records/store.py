"""The database: opening it safely, and the two kinds of transaction.

On SQLite the bundled library is used, not the system's: versions before 3.51.3 (but for 3.44.6 and
3.50.7) can corrupt a WAL database when several connections write. `synchronous=FULL` makes a commit
outlive a power cut; writers queue on one lock in the process, since SQLite lets only one write and
starves the others.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url

from pro_app.errors import SettingsError
from pro_app.keys import KeyRing

_SAFE_SQLITE = (3, 51, 3)
_BACKPORTED = {(3, 44, 6), (3, 50, 7)}
BUSY_TIMEOUT_MS = 15_000


@dataclass(frozen=True, slots=True)
class Transaction:
    """What the rooms above hand down: a connection in a transaction, and the keys to sealed fields."""

    conn: Connection
    keys: KeyRing

    @property
    def on_postgres(self) -> bool:
        return self.conn.dialect.name == "postgresql"


class Store:
    """One database. `reading()` sees one consistent moment; `writing()` commits when its block ends well."""

    def __init__(self, url: str, keys: KeyRing, pool_size: int = 8) -> None:
        self.url = make_url(url)
        self.keys = keys
        self.engine = _open(self.url.render_as_string(hide_password=False), pool_size)
        self._writer = threading.Lock() if self.on_sqlite else None

    @property
    def on_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        with self.engine.connect() as conn:
            yield Transaction(conn, self.keys)

    @contextmanager
    def snapshot(self) -> Iterator[Transaction]:
        """For reading at length: each query sees the moment of the first, whatever is written meanwhile."""
        with self.engine.connect() as conn:
            if not self.on_sqlite:  # on SQLite a reader in WAL sees one moment anyway
                conn = conn.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield Transaction(conn, self.keys)

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        if self._writer is None:
            with self.engine.begin() as conn:
                yield Transaction(conn, self.keys)
            return
        with self._writer, self.engine.connect() as conn:
            conn = conn.execution_options(pro_app_write=True)
            with conn.begin():
                yield Transaction(conn, self.keys)

    def answers(self) -> bool:
        """Whether the database replies at all (for `/readyz`)."""
        with self.engine.connect() as conn:
            return bool(conn.execute(text("SELECT 1")).scalar_one())

    def close(self) -> None:
        self.engine.dispose()


def _open(url: str, pool_size: int) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        psycopg_url = parsed.set(drivername="postgresql+psycopg")
        return create_engine(
            psycopg_url, pool_size=pool_size, max_overflow=4, pool_pre_ping=True, hide_parameters=True
        )
    version = pysqlite3.dbapi2.sqlite_version_info
    if version < _SAFE_SQLITE and version not in _BACKPORTED:
        number = ".".join(map(str, version))
        raise SettingsError(
            faults=f"SQLite {number} can corrupt the database; install pysqlite3 0.6.1 or later."
        )
    if parsed.database and parsed.database != ":memory:":
        path = Path(parsed.database)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # a new file is its owner's alone; its WAL takes the same rights
    engine = create_engine(
        parsed,
        module=pysqlite3.dbapi2,
        pool_size=pool_size,
        max_overflow=4,
        connect_args={"check_same_thread": False},
        hide_parameters=True,  # a fault must not carry a row into a log
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(conn: Connection) -> None:
    write = conn.get_execution_options().get("pro_app_write")
    conn.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

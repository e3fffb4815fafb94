"""The database: opening it safely, and the two kinds of transaction.

On SQLite the bundled library is used, not the system's: versions before 3.51.3 (but for 3.44.6 and
3.50.7) can corrupt a WAL database when several connections write. `synchronous=FULL` makes a commit
outlive a power cut; writers stand in one queue over all processes (`writers`), since SQLite lets only one
write and starves the others. What a database says when it can't work just now comes out of here as
`store_faults.Busy` or `store_faults.Away`.
"""

import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pysqlite3.dbapi2
from sqlalchemy import Connection, Dialect, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError

from pro_app.errors import SettingsError
from pro_app.keys import KeyRing
from pro_app.records import store_faults
from pro_app.records.driver import begin_on_driver, end_on_driver
from pro_app.records.kept import Kept
from pro_app.records.together import Together
from pro_app.records.writers import PATIENCE_S, Writers

if TYPE_CHECKING:
    from pro_app.records.pipeline import Pipeline

# A driver's own fault comes from a row that is fetched; elsewhere SQLAlchemy has packed it.
_FAULTS = (SQLAlchemyError, pysqlite3.dbapi2.Error)
# A PostgreSQL connection that was used within so many seconds is not asked whether it still answers.
TRUSTED_S = 5.0
_SAFE_SQLITE = (3, 51, 3)
_BACKPORTED = {(3, 44, 6), (3, 50, 7)}
# Of a PostgreSQL that is on another machine: how long it may be silent before it counts as gone.
_REACHING = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}


@dataclass(frozen=True, slots=True)
class Transaction:
    """What the rooms above hand down: a connection in a transaction, and the keys to sealed fields.

    pipeline: on PostgreSQL, where `prepared` statements wait for one another.
    """

    connection: Connection
    keys: KeyRing
    pipeline: "Pipeline | None" = None

    @property
    def conn(self) -> Connection:
        """For statements of Core, which find done what was asked before them."""
        if self.pipeline:
            self.pipeline.flush()
        return self.connection

    @property
    def dialect(self) -> Dialect:
        return self.connection.dialect

    @property
    def on_postgres(self) -> bool:
        return self.pipeline is not None


class Store:
    """One database. `reading()` sees one consistent moment; `writing()` commits when its block ends well.

    Each raises `store_faults.Busy` when others write for longer than `patience_s` seconds, and
    `store_faults.Away` when the database can't be reached or can't store.
    """

    def __init__(self, url: str, keys: KeyRing, pool_size: int = 8, patience_s: float = PATIENCE_S) -> None:
        self.url = make_url(url)
        self.keys = keys
        self.engine = _open(self.url, pool_size, patience_s)
        self._kept = Kept(self.engine, _always if self.on_sqlite else _stands)
        # What an SQLite connection has read stays good until another one writes, so writers have their own.
        self._kept_to_write = Kept(self.engine, _always)
        self._writers: Writers | None = None
        self._together: Together | None = None
        if self.on_sqlite:
            self._writers = Writers(_file_of(self.url), patience_s)
            self._together = Together(self._kept_to_write, self._writers)

    @property
    def on_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def reading(self, *, short: bool = False) -> Iterator[Transaction]:
        """short: a few statements. On PostgreSQL each sees its own moment either way (READ COMMITTED), and
        these go without the two round trips that open and close a transaction."""
        try:
            with self._lent(commit=False, short=short) as conn:
                yield self._transaction(conn, begins=not short)
        except _FAULTS as fault:
            if meaning := store_faults.of(fault):
                raise meaning from fault
            raise

    @contextmanager
    def snapshot(self) -> Iterator[Transaction]:
        """For reading at length: each query sees the moment of the first, whatever is written meanwhile."""
        try:
            with self._lent(commit=False, short=False) as conn:
                if not self.on_sqlite:  # on SQLite a reader in WAL sees one moment anyway
                    conn.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                yield self._transaction(conn)
        except _FAULTS as fault:
            if meaning := store_faults.of(fault):
                raise meaning from fault
            raise

    @contextmanager
    def writing(self, *, short: bool = False) -> Iterator[Transaction]:
        """short: takes no longer than a few statements, so that others may share its commit."""
        try:
            if self._together and short:
                with self._together.writing() as conn:
                    yield self._transaction(conn)
                return
            if self._writers is None:
                with self._lent(commit=True, short=short) as conn:
                    tx = self._transaction(conn)
                    yield tx
                    if tx.pipeline:
                        tx.pipeline.commit()
                return
            with self._writers, self.engine.connect() as conn:
                conn = conn.execution_options(pro_app_write=True)
                with conn.begin():
                    yield self._transaction(conn)
        except _FAULTS as fault:
            if meaning := store_faults.of(fault):
                raise meaning from fault
            raise

    def _transaction(self, conn: Connection, *, begins: bool = True) -> Transaction:
        if self.on_sqlite:
            return Transaction(conn, self.keys)
        from pro_app.records.pipeline import Pipeline  # late: decision 0095

        return Transaction(conn, self.keys, Pipeline(conn, begins=begins))

    @contextmanager
    def _lent(self, *, commit: bool, short: bool) -> Iterator[Connection]:
        """A connection for one transaction. On PostgreSQL always one that is kept, so that there are no more
        than are used at once; its transaction is the pipeline's to begin, or SQLAlchemy's."""
        if self.on_sqlite and not short:
            with self.engine.connect() as conn:
                yield conn
            return
        conn = self._kept.take()
        try:
            if self.on_sqlite:
                begin_on_driver(conn, to_write=commit)
            yield conn
            end_on_driver(conn, commit=commit)
        except BaseException:
            conn.close()
            raise
        self._kept.give_back(conn)

    def answers(self) -> bool:
        """Whether the database replies at all (for `/readyz`)."""
        with self._lent(commit=False, short=True) as conn:
            return bool(conn.execute(text("SELECT 1")).scalar_one())

    def let_go(self) -> None:
        """Close every connection that nobody uses just now; whoever comes next opens a new one."""
        self._kept.close()
        self._kept_to_write.close()
        self.engine.dispose()

    def close(self) -> None:
        self.let_go()
        if self._writers:
            self._writers.close()


def _file_of(url: URL) -> Path | None:
    return Path(url.database) if url.database and url.database != ":memory:" else None


def _open(parsed: URL, pool_size: int, patience_s: float) -> Engine:
    if parsed.get_backend_name() != "sqlite":
        engine = create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_size=pool_size,
            max_overflow=pool_size + 4,
            pool_timeout=patience_s,
            connect_args={
                **{name: value for name, value in _REACHING.items() if name not in parsed.query},
                # At a rollback the driver forgets every statement, the pipeline's too, if it has one itself.
                "prepare_threshold": None,
            },
            hide_parameters=True,
        )
        event.listen(engine, "connect", partial(_prepare_postgres, int(patience_s * 1000)))
        event.listen(engine, "checkin", _note_return)
        event.listen(engine, "checkout", _lend)
        return engine
    version = pysqlite3.dbapi2.sqlite_version_info
    if version < _SAFE_SQLITE and version not in _BACKPORTED:
        number = ".".join(map(str, version))
        raise SettingsError(
            faults=f"SQLite {number} can corrupt the database; install pysqlite3 0.6.1 or later."
        )
    if path := _file_of(parsed):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # a new file is its owner's alone; its WAL takes the same rights
    engine = create_engine(
        parsed,
        module=pysqlite3.dbapi2,
        pool_size=pool_size,
        max_overflow=pool_size + 4,
        pool_timeout=patience_s,
        connect_args={"check_same_thread": False},
        hide_parameters=True,  # a fault must not carry a row into a log
    )
    event.listen(engine, "connect", partial(_prepare_sqlite, int(patience_s * 1000)))
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_postgres(patience_ms: int, connection: Any, _record: Any) -> None:
    """Nobody waits for a lock for ever: a process that was stopped in a transaction may hold one.

    Our questions take milliseconds: to start further processes for one, or to compile it, takes longer.
    """
    settings = {
        "lock_timeout": patience_ms,
        "max_parallel_workers_per_gather": 0,
        "jit": "off",
        "timezone": "'UTC'",
    }
    with connection.cursor() as cursor:
        cursor.execute("; ".join(f"SET {name} = {value}" for name, value in settings.items()))
    connection.commit()


def _note_return(_connection: Any, record: Any) -> None:
    record.info["back"] = time.monotonic()


def _always(_conn: Connection, _idle_s: float) -> bool:
    """A file is not closed by somebody else."""
    return True


def _stands(conn: Connection, idle_s: float) -> bool:
    try:
        _look_at(conn.connection.driver_connection, idle_s)
    except DisconnectionError:
        return False
    return True


def _lend(connection: Any, record: Any, _proxy: Any) -> None:
    _look_at(connection, time.monotonic() - record.info.get("back", 0.0))


def _look_at(connection: Any, idle_s: float) -> None:
    """Whether a kept connection still stands, else the pool makes a new one. A server that went has closed
    it, which shows without a round trip: there is something to read where nothing was asked. After a while
    without use the server is asked, for a network may forget a connection without a word."""
    try:
        look = select.poll()
        look.register(connection.fileno(), select.POLLIN)
        if idle_s < TRUSTED_S and not look.poll(0):
            return
        connection.execute("SELECT 1")
        connection.rollback()
    except connection.Error as fault:
        raise DisconnectionError() from fault


def _prepare_sqlite(patience_ms: int, connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={patience_ms}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(conn: Connection) -> None:
    driver: Any = conn.connection.driver_connection
    if not driver.in_transaction:  # else it was begun by the driver alone, see `kept`
        begin_on_driver(conn, to_write=bool(conn.get_execution_options().get("pro_app_write")))

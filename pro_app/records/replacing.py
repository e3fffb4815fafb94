"""A fresh, empty database beside the one in use, which takes its place only when everything in it is good.

SQLite: another file, renamed over the former one at the end. PostgreSQL: the former tables' schema gets
another name, all in one transaction. Either way the former database is kept, a kill at any moment leaves the
former or the new one, and nothing happens while another program has the database open.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pysqlite3.dbapi2
from sqlalchemy import inspect, literal, select, table, text
from sqlalchemy.engine import make_url

from pro_app.errors import ProAppError
from pro_app.keys import KeyRing
from pro_app.records.store import Store, Transaction

_BESIDE = ("-wal", "-shm", "-journal", "-writers", "-writers-next")


class InUse(ProAppError):
    """Another program has the database open; it must be stopped first."""

    code = "restore_in_use"


class NotEmpty(ProAppError):
    """There are participants or an audit trail in the database already."""

    code = "restore_not_empty"


@contextmanager
def fresh(url: str, keys: KeyRing, stamp: str, *, replace: bool) -> Iterator[tuple[Transaction, str]]:
    """A transaction in an empty database, and the name under which the former one is kept ("" if none was).

    stamp: goes into that name. replace: put it in the place of one that has something in it. When the block
    raises, nothing has changed. Raises `InUse` or `NotEmpty`.
    """
    place = _fresh_file if make_url(url).get_backend_name() == "sqlite" else _fresh_schema
    with place(url, keys, stamp, replace) as given:
        yield given


@contextmanager
def scratch(folder: Path, keys: KeyRing) -> Iterator[Transaction]:
    """An empty SQLite database in `folder`, for looking only; the caller throws the folder away."""
    store = Store(f"sqlite:///{folder / 'scratch.sqlite'}", keys, pool_size=1)
    try:
        with store.writing() as tx:
            yield tx
    finally:
        store.close()


@contextmanager
def _fresh_file(url: str, keys: KeyRing, stamp: str, replace: bool) -> Iterator[tuple[Transaction, str]]:
    path = Path(make_url(url).database or "")
    aside = path.with_name(f".{path.name}.restoring")
    former = path.with_name(f"{path.name}.before-restore-{stamp}")
    there = path.exists() and path.stat().st_size > 0
    if there and _holds_something(url, keys) and not replace:
        raise NotEmpty()
    if there:
        _alone(path)
    _remove(aside)
    store = Store(f"sqlite:///{aside}", keys, pool_size=1)
    try:
        with store.writing() as tx:
            yield tx, former.name if there else ""
        store.close()
        _alone(aside)
        _flush(aside)
        if there:
            _alone(path)  # somebody may have started it meanwhile
            os.link(path, former)
        aside.replace(path)
        _flush(path.parent)
    finally:
        store.close()
        _remove(aside)


@contextmanager
def _fresh_schema(url: str, keys: KeyRing, stamp: str, replace: bool) -> Iterator[tuple[Transaction, str]]:
    store = Store(url, keys, pool_size=1)
    former = f"before_restore_{stamp}".replace("-", "_").lower()
    try:
        with store.writing() as tx:
            others = tx.conn.execute(
                text(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
                )
            ).scalar_one()
            if others:
                raise InUse()
            there = bool(inspect(tx.conn).get_table_names())
            if there and _something(tx) and not replace:
                raise NotEmpty()
            if there:
                schema = tx.conn.execute(text("SELECT current_schema()")).scalar_one()
                tx.conn.execute(text(f'ALTER SCHEMA "{schema}" RENAME TO "{former}"'))
                tx.conn.execute(text(f'CREATE SCHEMA "{schema}"'))
            yield tx, former if there else ""
    finally:
        store.close()


def _holds_something(url: str, keys: KeyRing) -> bool:
    store = Store(url, keys, pool_size=1)
    try:
        with store.reading() as tx:
            return _something(tx)
    finally:
        store.close()


def _something(tx: Transaction) -> bool:
    """Whether there is a participant, an account or an audit row; migrated tables alone are nothing."""
    names = set(inspect(tx.conn).get_table_names()) & {"participant", "staff", "audit"}
    return any(
        tx.conn.execute(select(literal(1)).select_from(table(name)).limit(1)).first()
        for name in sorted(names)
    )


def _alone(path: Path) -> None:
    """Fold the write-ahead log into the file, which SQLite does only for the last one who has it open."""
    connection = pysqlite3.dbapi2.connect(str(path), timeout=1.0, isolation_level=None)
    try:
        mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
    except pysqlite3.dbapi2.OperationalError as fault:
        raise InUse() from fault
    finally:
        connection.close()
    if mode != "delete":
        raise InUse()


def _remove(path: Path) -> None:
    for one in (path, *(path.with_name(path.name + end) for end in _BESIDE)):
        one.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""All rows of all tables as plain values, out of one database and into another, whatever its kind.

A backup is rows, not files of a database: it is the same for SQLite and PostgreSQL, needs no other program,
and a study that outgrows its one file is moved by a backup and a restore. Tables and columns are read from
the database itself, so that a database of an earlier release can be saved before it is migrated.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Date, DateTime, MetaData, Table, func, insert, inspect, select, text
from sqlalchemy import table as named

from pro_app.errors import ProAppError
from pro_app.records.store import Transaction

VERSIONS = "alembic_version"
LOADED_AT_ONCE = 500
# Kept for an hour and made again by a click: hundreds of megabytes that no backup needs.
PASSING = ("export_job", "export_chunk")


class Unloadable(ProAppError):
    """The backup has a table or column that its own release's tables don't have."""

    code = "backup_unloadable"


@dataclass(frozen=True, slots=True)
class Shape:
    """The tables that are there, those first that others refer to, and the revision they are at."""

    revision: str | None
    tables: tuple[Table, ...]

    def named(self, name: str) -> Table:
        for one in self.tables:
            if one.name == name:
                return one
        raise Unloadable(what=name)


def shape(tx: Transaction) -> Shape:
    """Look at the database as it is."""
    found = MetaData()
    found.reflect(tx.conn)
    revision = None
    if VERSIONS in found.tables:
        revision = tx.conn.execute(select(found.tables[VERSIONS].c.version_num)).scalar_one_or_none()
    return Shape(revision, tuple(one for one in found.sorted_tables if one.name != VERSIONS))


def count(tx: Transaction, table: Table) -> int:
    return int(tx.conn.execute(select(func.count()).select_from(table)).scalar_one())


def rows(tx: Transaction, table: Table) -> Iterator[list[Any]]:
    """Every row in the order of the primary key, as values that JSON knows."""
    query = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=1000)
    for row in tx.conn.execute(query):
        yield [_plain(value) for value in row]


def load(tx: Transaction, table: Table, columns: Iterable[str], values: Iterable[list[Any]]) -> int:
    """Put rows back; returns how many. Raises `Unloadable` for a column that is not there."""
    names = list(columns)
    for name in names:
        if name not in table.c:
            raise Unloadable(what=f"{table.name}.{name}")
    readers = [_reader(table.c[name].type, tx.on_postgres) for name in names]
    batch: list[dict[str, Any]] = []
    total = 0
    for row in values:
        batch.append({name: read(value) for name, read, value in zip(names, readers, row, strict=True)})
        if len(batch) == LOADED_AT_ONCE:
            total += _insert(tx, table, batch)
            batch = []
    return total + (_insert(tx, table, batch) if batch else 0)


def _insert(tx: Transaction, table: Table, batch: list[dict[str, Any]]) -> int:
    tx.conn.execute(insert(table), batch)
    return len(batch)


def set_counters(tx: Transaction, tables: Iterable[Table]) -> None:
    """On PostgreSQL new rows must get numbers after the loaded ones; SQLite counts by itself."""
    if not tx.on_postgres:
        return
    for table in tables:
        for column in table.primary_key.columns:
            if column.server_default is not None or column.identity is not None:
                tx.conn.execute(
                    text("SELECT setval(pg_get_serial_sequence(:t, :c), greatest(:n, 1), :n > 0)"),
                    {"t": table.name, "c": column.name, "n": _highest(tx, table, column.name)},
                )


def _highest(tx: Transaction, table: Table, column: str) -> int:
    return int(tx.conn.execute(select(func.coalesce(func.max(table.c[column]), 0))).scalar_one())


def whole(tx: Transaction) -> tuple[str, ...]:
    """What the database finds wrong with its file and its references; PostgreSQL minds them always."""
    if tx.on_postgres:
        return ()
    found = [row[0] for row in tx.conn.execute(text("PRAGMA integrity_check")) if row[0] != "ok"]
    found += [f"{row[0]} refers to nothing" for row in tx.conn.execute(text("PRAGMA foreign_key_check"))]
    return tuple(found)


def counts(tx: Transaction, names: Iterable[str]) -> Mapping[str, int]:
    present = set(inspect(tx.conn).get_table_names())
    return {
        name: int(tx.conn.execute(select(func.count()).select_from(named(name))).scalar_one())
        for name in names
        if name in present
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def _reader(kind: Any, on_postgres: bool) -> Any:
    """How a plain value becomes one that this database's column takes."""
    if isinstance(kind, DateTime):
        return _instant if on_postgres else _naive_instant
    return _day if isinstance(kind, Date) else _same


def _same(value: Any) -> Any:
    return value


def _instant(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def _naive_instant(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).astimezone(UTC).replace(tzinfo=None)


def _day(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)

"""Two rows in every table there is: one with every column filled, one with everything empty that may be."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    insert,
    select,
)

from pro_app.records import schema, schema_clinic, schema_exports  # noqa: F401  the tables themselves
from pro_app.records.columns import metadata
from pro_app.records.store import Transaction

MOMENT = datetime(2026, 12, 1, 4, 5, 6, 789012, tzinfo=UTC)
_LISTED = re.compile(r"^(\w+) IN \('([^']+)'")
# Columns that a constraint ties together.
_TIED = {"score": ({"reason": None}, {"value": None, "reason": "too_few"})}


def reflected(tx: Transaction) -> list[Table]:
    """The tables of the database as it is, those first that others refer to."""
    found = MetaData()
    found.reflect(tx.conn)
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


def fill(tx: Transaction) -> dict[str, list[dict[str, Any]]]:
    """Insert them; returns what was written by table."""
    written = {}
    for table in reflected(tx):
        rows = [_row(table, number, tx.on_postgres) for number in (1, 2)]
        tx.conn.execute(insert(table), rows)
        written[table.name] = rows
    return written


def content(tx: Transaction, columns: dict[str, list[str]] | None = None) -> dict[str, list[list[str]]]:
    """Every table's rows as text, in a form that does not depend on the kind of database.

    columns: only these of each table.
    """
    found = {}
    for table in reflected(tx):
        names = [one.name for one in table.columns]
        if columns is not None:
            names = [name for name in names if name in columns.get(table.name, ())]
        if names:
            query = select(*(table.c[name] for name in names))
            found[table.name] = sorted([_told(value) for value in row] for row in tx.conn.execute(query))
    return found


def _told(value: object) -> str:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    return repr(value)


def _allowed(table: str) -> dict[str, str]:
    if table not in metadata.tables:
        return {}
    told = [
        _LISTED.match(str(one.sqltext))
        for one in metadata.tables[table].constraints
        if isinstance(one, CheckConstraint)
    ]
    return {one[1]: one[2] for one in told if one}


def _row(table: Table, number: int, on_postgres: bool) -> dict[str, Any]:
    allowed = _allowed(table.name)
    row: dict[str, Any] = {}
    for column in table.columns:
        if number == 2 and column.nullable and not column.foreign_keys:
            row[column.name] = None
        else:
            row[column.name] = allowed.get(column.name) or _value(column, number, on_postgres)
    return row | (_TIED.get(table.name, ({}, {}))[number - 1])


def _value(column: Any, number: int, on_postgres: bool) -> Any:
    for one in column.foreign_keys:
        return _value(one.column, number, on_postgres)
    kind = column.type
    if isinstance(kind, LargeBinary):
        return bytes((number, 0, 255))
    if isinstance(kind, DateTime):
        moment = MOMENT + timedelta(days=number)
        return moment if on_postgres else moment.replace(tzinfo=None)
    if isinstance(kind, Date):
        return date(2026, 12, number)
    if isinstance(kind, Boolean):
        return number == 1
    if isinstance(kind, Float):
        return 66.66666666666667 * number
    if isinstance(kind, Integer):
        return number
    length = getattr(kind, "length", None)
    return f"{number} {column.name} 文字 {{“\n”}}"[: length or 200]

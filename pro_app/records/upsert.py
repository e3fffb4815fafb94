"""An insert that may meet a row which is there already, in the words of the database that is used.

Both databases say it alike, but each dialect brings a class of its own; loading the other one's costs time at
start and 2 MiB for nothing (decision 0095).
"""

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, cast

from sqlalchemy import Table

from pro_app.records.store import Transaction

if TYPE_CHECKING:
    from sqlalchemy.dialects import sqlite


def upsert(tx: Transaction, table: Table) -> "sqlite.Insert":
    """An `INSERT INTO table` that knows `on_conflict_do_update`, `on_conflict_do_nothing` and `excluded`."""
    return into(table, tx.dialect.name)


@cache
def into(table: Table, database: str) -> "sqlite.Insert":
    """The same by the name of the database: `sqlite` or `postgresql`."""
    dialect = import_module(f"sqlalchemy.dialects.{database}")
    # What the classes of the two dialects have in common is all that is used of either.
    return cast("sqlite.Insert", dialect.insert(table))

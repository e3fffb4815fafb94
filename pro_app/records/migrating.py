"""Bringing a database to this release's tables: plain Alembic, driven from here, before any fork.

Alembic is loaded only to migrate. Every start asks only whether the database is at the newest revision, and
that takes a look at the names of the files and one row.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from pro_app.records.store import Store, Transaction

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).resolve().parent.parent.parent / "migrations"
_LOCK = 0x50524F  # "PRO"


def _config(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def newest() -> str | None:
    """The revision that this release wants: files are named `<number>_<what>.py`, one after the other."""
    return max((path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("*.py")), default=None)


def current(store: Store) -> str | None:
    """The revision that the database is at; None when it is empty."""
    with store.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
        return None if found is None else str(found)


def up(store: Store, revision: str = "head") -> None:
    """Migrate forward, all steps in one transaction: a kill leaves the old database or the new one."""
    from alembic import command

    with store.writing() as tx:
        if tx.on_postgres:  # two web processes started together: the second waits, then finds it done
            tx.conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        command.upgrade(_config(tx.conn), revision)


def up_to(tx: Transaction, revision: str) -> None:
    """Migrate forward inside the caller's transaction: a restore brings tables and rows in one."""
    from alembic import command

    command.upgrade(_config(tx.conn), revision)


def down(store: Store, revision: str) -> None:
    """Migrate back to `revision` (`base` for an empty database)."""
    from alembic import command

    with store.writing() as tx:
        command.downgrade(_config(tx.conn), revision)

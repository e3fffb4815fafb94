"""A PostgreSQL connection that was closed behind the program's back is never given to anybody."""

import psycopg
import pytest
from sqlalchemy import text

from pro_app.records import store as storing
from pro_app.records.store import Store


@pytest.fixture
def database_kind() -> str:
    return "postgres"


def backend(store: Store) -> int:
    with store.reading() as tx:
        return int(tx.conn.execute(text("SELECT pg_backend_pid()")).scalar_one())


@pytest.mark.parametrize("trusted_s", [60.0, 0.0])
def test_the_next_one_gets_a_new_connection(
    store: Store, monkeypatch: pytest.MonkeyPatch, trusted_s: float
) -> None:
    monkeypatch.setattr(storing, "TRUSTED_S", trusted_s)
    first = backend(store)
    assert backend(store) == first
    with psycopg.connect(store.url.render_as_string(hide_password=False), autocommit=True) as other:
        assert other.execute("SELECT pg_terminate_backend(%s, 5000)", (first,)).fetchone() == (True,)
    assert backend(store) != first
    with store.writing(short=True) as tx:
        assert tx.conn.execute(text("SELECT 1")).scalar_one() == 1


def test_one_that_this_side_closed_is_replaced_too(store: Store) -> None:
    first = backend(store)
    with store.reading() as tx:
        kept = tx.conn.connection.driver_connection
    kept.close()  # type: ignore[union-attr]
    assert backend(store) != first


def test_short_and_long_transactions_take_turns_on_one_connection(store: Store) -> None:
    first = backend(store)
    for short in (True, False):
        with store.writing(short=short) as tx:
            assert tx.conn.execute(text("SELECT pg_backend_pid()")).scalar_one() == first
        with store.reading(short=short) as tx:
            assert tx.conn.execute(text("SELECT pg_backend_pid()")).scalar_one() == first
    assert store.answers()
    with store.snapshot() as tx:
        assert tx.conn.execute(text("SELECT pg_backend_pid()")).scalar_one() == first


def test_what_a_snapshot_wants_ends_with_it(store: Store) -> None:
    with store.snapshot() as tx:
        level = tx.conn.execute(text("SHOW transaction_isolation")).scalar_one()
        assert (level, tx.conn.execute(text("SHOW transaction_read_only")).scalar_one()) == (
            "repeatable read",
            "on",
        )
    with store.writing() as tx:
        level = tx.conn.execute(text("SHOW transaction_isolation")).scalar_one()
        assert (level, tx.conn.execute(text("SHOW transaction_read_only")).scalar_one()) == (
            "read committed",
            "off",
        )

"""What waits on PostgreSQL goes over in order, at once, and loses nothing on the way."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, event, func, insert, select, update
from sqlalchemy.exc import DataError, IntegrityError

from pro_app.records import store_faults
from pro_app.records.prepared import Prepared
from pro_app.records.schema import throttle
from pro_app.records.store import Store

pytestmark = [pytest.mark.postgres, pytest.mark.parametrize("database_kind", ["postgres"])]
NOW = datetime(2026, 12, 1, 4, tzinfo=UTC)
ADD = Prepared(insert(throttle).inline(), fill=("bucket", "level", "updated_at"))
ALL = Prepared(select(throttle.c.bucket).order_by(throttle.c.bucket))
LEVEL = Prepared(select(throttle.c.level).where(throttle.c.bucket == bindparam("of")))
SET = Prepared(update(throttle).where(throttle.c.bucket == bindparam("of")).values(level=bindparam("to")))


def row(bucket: str, level: float = 0.5) -> dict[str, object]:
    return {"bucket": bucket, "level": level, "updated_at": NOW}


def test_what_returns_nothing_waits_for_the_commit(store: Store, batches: list[int]) -> None:
    with store.writing() as tx:
        ADD.run(tx, row("a"))
        ADD.run_each(tx, [row("b"), row("c")])
        SET.run_each(tx, [{"of": "a", "to": 1.0}, {"of": "b", "to": 2.0}])
        assert batches == []
    assert batches == [4]
    with store.reading() as tx:
        assert LEVEL.rows(tx, {"of": "a"}) == [(1.0,)]


def test_whoever_asks_for_several_things_first_waits_once(store: Store, batches: list[int]) -> None:
    with store.writing() as tx:
        ADD.run(tx, row("a"))
        several = [LEVEL.ask(tx, {"of": name}).then(len) for name in ("a", "nobody")]
        assert batches == []
        assert [one.found() for one in several] == [1, 0]
        assert several[0].found() == 1
    assert batches == [3, 0]


def test_core_finds_done_what_was_asked_before_it(store: Store) -> None:
    with store.writing() as tx:
        ADD.run(tx, row("a"))
        assert tx.conn.execute(select(func.count()).select_from(throttle)).scalar_one() == 1
        tx.conn.execute(insert(throttle).values(row("b")))
        SET.run(tx, {"of": "b", "to": 3.0})
    with store.reading(short=True) as tx:
        assert ALL.rows(tx, {}) == [("a",), ("b",)]
        assert LEVEL.rows(tx, {"of": "b"}) == [(3.0,)]


def test_a_fault_of_one_undoes_all_and_the_connection_goes_on(store: Store) -> None:
    with pytest.raises(IntegrityError), store.writing() as tx:
        ADD.run(tx, row("a"))
        ADD.run(tx, row("a"))
        ADD.run(tx, row("b"))
    for _ in range(3):  # the statements that were cut off are prepared anew
        with pytest.raises(IntegrityError), store.writing() as tx:
            ADD.run_each(tx, [row("c"), row("d")])
            SET.run(tx, {"of": "c", "to": 1.0})
            ADD.run(tx, row("d"))
            LEVEL.one_or_none(tx, {"of": "c"})
    with store.writing() as tx:
        ADD.run(tx, row("e"))
    with store.reading() as tx:
        assert ALL.rows(tx, {}) == [("e",)]


def test_a_commit_that_was_none_is_not_taken_for_one(store: Store) -> None:
    with pytest.raises(Exception, match="had failed before"), store.writing() as tx:
        ADD.run(tx, row("a"))
        with pytest.raises(IntegrityError):
            ADD.run(tx, row("a"))
            LEVEL.rows(tx, {"of": "a"})
    with store.reading() as tx:
        assert ALL.rows(tx, {}) == []


def test_what_libpq_would_cut_short_is_refused(store: Store) -> None:
    with pytest.raises(DataError), store.writing() as tx:
        ADD.run(tx, row("a\0b"))


def test_more_than_a_socket_holds_goes_over(store: Store) -> None:
    long = Prepared(select(func.length(bindparam("words")), bindparam("words")))
    words = "很长" * 2_000_000
    with store.reading() as tx:
        asked = [long.ask(tx, {"words": words}) for _ in range(3)]
        assert [one.found() for one in asked] == [[(len(words), words)]] * 3


def test_a_server_that_goes_away_is_a_fault_that_passes(store: Store) -> None:
    end = Prepared(select(func.pg_terminate_backend(func.pg_backend_pid())))
    with pytest.raises(store_faults.Away), store.writing() as tx:
        ADD.run(tx, row("a"))
        end.rows(tx, {})
    with pytest.raises(store_faults.Away), store.writing() as tx:
        ADD.run(tx, row("a"))
        number = tx.conn.execute(select(func.pg_backend_pid())).scalar_one()
        with store.writing() as other:
            other.conn.execute(select(func.pg_terminate_backend(number)))
        ADD.run(tx, row("b"))
    with store.writing() as tx:
        ADD.run(tx, row("c"))
    with store.reading() as tx:
        assert ALL.rows(tx, {}) == [("c",)]


def test_one_moment_stays_one_for_what_is_prepared(store: Store) -> None:
    with store.snapshot() as tx:
        assert ALL.rows(tx, {}) == []
        with store.writing() as other:
            ADD.run(other, row("a"))
        assert ALL.rows(tx, {}) == []


def test_listeners_hear_each_statement_when_it_is_asked(store: Store) -> None:
    asked: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    with store.writing() as tx:
        ADD.run(tx, row("a"))
        assert [one.split()[0] for one in asked] == ["INSERT"]


def test_what_a_connection_knows_outlives_what_core_does_on_it(store: Store) -> None:
    def both() -> None:
        with store.writing() as tx:
            assert LEVEL.rows(tx, {"of": "a"}) == []
            assert tx.conn.execute(select(func.count()).select_from(throttle)).scalar_one() == 0

    for _ in range(7):  # the driver would know Core's statement by now, and forget all at a rollback
        both()
    with pytest.raises(ZeroDivisionError), store.writing() as tx:
        tx.conn.execute(select(1))
        raise ZeroDivisionError
    both()

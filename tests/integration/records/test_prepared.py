"""A statement run by the driver alone does what Core does with it: same rows, same types, same faults."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import DateTime, bindparam, event, insert, select, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DataError, IntegrityError, InvalidRequestError

from pro_app.records.columns import UtcDateTime
from pro_app.records.prepared import Prepared
from pro_app.records.schema import throttle
from pro_app.records.store import Store

NOW = datetime(2026, 12, 1, 4, 0, 0, 123_000, tzinfo=UTC)
ROWS = [{"bucket": f"here/{number}", "level": number / 3, "updated_at": NOW} for number in range(5)]
ADD = Prepared(insert(throttle).inline(), fill=("bucket", "level", "updated_at"))
ALL = Prepared(select(throttle).order_by(throttle.c.bucket))
ONE = Prepared(select(throttle.c.level, throttle.c.updated_at).where(throttle.c.bucket == bindparam("of")))
SET = Prepared(update(throttle).where(throttle.c.bucket == bindparam("of")).values(level=bindparam("to")))


def test_rows_and_types_are_cores(store: Store) -> None:
    with store.writing() as tx:
        ADD.run(tx, ROWS[0])
        ADD.run_each(tx, ROWS[1:])
        ADD.run_each(tx, [{**ROWS[0], "bucket": "one"}])
        SET.run(tx, {"of": "one", "to": 0.25})
    with store.reading() as tx:
        by_core = [tuple(row) for row in tx.conn.execute(select(throttle).order_by(throttle.c.bucket))]
        assert ALL.rows(tx, {}) == by_core
        assert [row[:2] for row in by_core] == [
            *((one["bucket"], one["level"]) for one in ROWS),
            ("one", 0.25),
        ]
        assert ONE.one_or_none(tx, {"of": "here/1"}) == (1 / 3, NOW)
        assert ONE.one_or_none(tx, {"of": "nowhere"}) is None
        with pytest.raises(InvalidRequestError):
            ALL.one_or_none(tx, {})


def test_it_is_undone_with_its_transaction(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.writing() as tx:
        ADD.run(tx, ROWS[0])
        raise ZeroDivisionError
    with store.reading() as tx:
        assert ALL.rows(tx, {}) == []


def test_one_reading_sees_one_moment_on_sqlite_and_its_own_changes_everywhere(store: Store) -> None:
    with store.reading() as tx:
        assert ALL.rows(tx, {}) == []
        with store.writing() as other:
            ADD.run(other, ROWS[0])
            assert len(ALL.rows(other, {})) == 1
        assert len(ALL.rows(tx, {})) == (0 if store.on_sqlite else 1)


@pytest.mark.parametrize("several", [False, True])
def test_a_fault_is_sqlalchemys_and_holds_no_value(store: Store, several: bool) -> None:
    with pytest.raises(IntegrityError) as caught, store.writing() as tx:
        ADD.run(tx, {**ROWS[0], "bucket": "secret"})
        if several:
            ADD.run_each(tx, [{**ROWS[0], "bucket": "secret"}, ROWS[1]])
        else:
            ADD.run(tx, {**ROWS[0], "bucket": "secret"})
    assert caught.value.params is None and not caught.value.connection_invalidated
    with store.writing() as tx:
        ADD.run(tx, ROWS[0])


def test_whoever_listens_hears_of_it(store: Store) -> None:
    asked: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    with store.writing() as tx:
        ADD.run_each(tx, ROWS)
        ALL.rows(tx, {})
    assert [text.split()[0] for text in asked if not text.startswith("BEGIN")] == ["INSERT", "SELECT"]


@pytest.mark.parametrize("count", [1, 3])
def test_many_rows_are_refused_for_what_one_is(store: Store, count: int) -> None:
    good = [{**ROWS[0], "bucket": f"many/{number}"} for number in range(count - 1)]
    with pytest.raises(ValueError, match="no time zone"), store.writing() as tx:
        ADD.run_each(tx, [*good, {**ROWS[0], "updated_at": NOW.replace(tzinfo=None)}])
    if not store.on_sqlite:  # SQLite knows no length, PostgreSQL cuts a text that is cast to one
        with pytest.raises(DataError), store.writing() as tx:
            ADD.run_each(tx, [*good, {**ROWS[0], "bucket": "x" * 1000}])
    with store.reading() as tx:
        assert ALL.rows(tx, {}) == []


@pytest.mark.parametrize(
    "moment",
    [
        NOW,
        datetime(1, 1, 2, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 3, 1, 0, 30, tzinfo=timezone(timedelta(hours=8))),
    ],
)
def test_sqlite_keeps_an_instant_as_sqlalchemy_would_write_it(moment: datetime) -> None:
    dialect = sqlite.dialect()
    ours = UtcDateTime().dialect_impl(dialect).bind_processor(dialect)
    theirs = DateTime().dialect_impl(dialect).bind_processor(dialect)
    assert ours is not None and theirs is not None
    assert ours(moment) == theirs(moment.astimezone(UTC).replace(tzinfo=None))
    assert ours(None) is None

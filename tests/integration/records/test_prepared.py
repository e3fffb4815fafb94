"""A statement run by the driver alone does what Core does with it: same rows, same types, same faults."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, event, insert, select, update
from sqlalchemy.exc import IntegrityError, InvalidRequestError

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

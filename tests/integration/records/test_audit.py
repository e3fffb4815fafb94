"""The audit trail notices every way of changing it behind its back."""

from datetime import datetime

import pytest
from sqlalchemy import text

from pro_app.records import audit
from pro_app.records.audit import Actor
from pro_app.records.store import Store

LI = Actor("staff", "nurse.li", "10.0.0.7")


@pytest.fixture
def trail(store: Store, now: datetime) -> Store:
    with store.writing() as tx:
        for number in range(5):
            audit.append(tx, "SH01", LI, "surgery_moved", "SH01-001", {"to": f"2026-12-0{number + 1}"}, now)
    return store


def faults_after(store: Store, change: str) -> tuple[str, ...]:
    with store.writing() as tx:
        tx.conn.execute(text(change))
    with store.reading() as tx:
        return audit.verify(tx)


def test_a_trail_that_nobody_touched_is_whole(trail: Store) -> None:
    with trail.reading() as tx:
        assert audit.verify(tx) == ()
        assert len(audit.history(tx, "SH01-001")) == 5
        assert audit.history(tx, "SH01-001")[0].actor == LI


def test_an_edited_row_is_found(trail: Store) -> None:
    assert faults_after(trail, "UPDATE audit SET actor = 'somebody' WHERE number = 2")


def test_a_removed_row_is_found(trail: Store) -> None:
    assert faults_after(trail, "DELETE FROM audit WHERE number = 3")


def test_a_cut_off_end_is_found(trail: Store) -> None:
    assert faults_after(trail, "DELETE FROM audit WHERE number = 5")


def test_two_rows_in_another_order_are_found(trail: Store) -> None:
    with trail.writing() as tx:
        tx.conn.execute(text("UPDATE audit SET number = 99 WHERE number = 2"))
        tx.conn.execute(text("UPDATE audit SET number = 2 WHERE number = 3"))
    assert faults_after(trail, "UPDATE audit SET number = 3 WHERE number = 99")

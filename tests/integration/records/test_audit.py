"""The audit trail notices every way of changing it behind its back, and says which row it was."""

from concurrent.futures import ThreadPoolExecutor
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
        audit.append(tx, "study", LI, "exported", "NCT06120426", {}, now)
    return store


def faults_after(store: Store, *changes: str) -> str:
    with store.writing() as tx:
        for change in changes:
            tx.conn.execute(text(change))
    with store.reading() as tx:
        return "\n".join(audit.verify(tx))


def test_a_trail_that_nobody_touched_is_whole(trail: Store) -> None:
    with trail.reading() as tx:
        assert audit.verify(tx) == ()
        assert audit.length(tx) == 6
        assert len(audit.history(tx, "SH01-001")) == 5
        assert audit.history(tx, "SH01-001")[0].actor == LI


def test_many_who_write_at_one_moment_make_one_chain(trail: Store, now: datetime) -> None:
    def write(number: int) -> None:
        for turn in range(20):
            with trail.writing(short=True) as tx:
                detail = {"turn": turn, "said": '芬太尼 "patch"\n\\ \u2028 \U0001f600'}
                audit.append(tx, "SH01", LI, "surgery_moved", f"SH01-{number:03d}", detail, now)

    with ThreadPoolExecutor(8) as writers:
        list(writers.map(write, range(8)))
    with trail.reading() as tx:
        assert audit.verify(tx) == ()
        assert audit.length(tx) == 6 + 8 * 20


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'somebody'",
        "actor_kind = 'clock'",
        "action = 'enrolled'",
        "subject = 'SH01-002'",
        """detail = '{"to":"2027-01-01"}'""",
        "address = NULL",
        "hash = previous_hash",
    ],
)
def test_an_edited_row_is_found_whatever_was_edited(trail: Store, change: str) -> None:
    said = faults_after(trail, f"UPDATE audit SET {change} WHERE chain = 'SH01' AND number = 2")
    assert "SH01: row 2 is not what was written." in said


def test_an_edited_row_with_its_hash_made_anew_does_not_fit_the_next_one(trail: Store) -> None:
    with trail.writing() as tx:
        row = tx.conn.execute(text("SELECT * FROM audit WHERE chain = 'SH01' AND number = 2")).one()
        with_time = next(event for event in audit.history(tx, "SH01-001") if event.number == 2)
        fields = [
            2,
            with_time.at.isoformat(),
            "staff",
            "nurse.li",
            row.action,
            row.subject,
            "{}",
            row.address,
        ]
        tx.conn.execute(
            text("UPDATE audit SET detail = '{}', hash = :h WHERE chain = 'SH01' AND number = 2"),
            {"h": audit._row_hash(row.previous_hash, fields)},
        )
    assert faults_after(trail) == "SH01: row 3 does not follow the row before it."


def test_a_removed_row_is_found(trail: Store) -> None:
    said = faults_after(trail, "DELETE FROM audit WHERE chain = 'SH01' AND number = 3")
    assert said == "SH01: row 3 is missing."


def test_the_first_row_removed_is_found(trail: Store) -> None:
    said = faults_after(trail, "DELETE FROM audit WHERE chain = 'SH01' AND number < 3")
    assert said == "SH01: rows 1 to 2 are missing."


def test_a_removed_row_is_found_when_the_others_are_numbered_anew(trail: Store) -> None:
    said = faults_after(
        trail,
        "DELETE FROM audit WHERE chain = 'SH01' AND number = 3",
        "UPDATE audit SET number = 3 WHERE chain = 'SH01' AND number = 4",
        "UPDATE audit SET number = 4 WHERE chain = 'SH01' AND number = 5",
    )
    assert "SH01: row 5 is missing. The end was cut off." in said
    assert "SH01: row 3 was written as row 4" in said


def test_a_cut_off_end_is_found(trail: Store) -> None:
    said = faults_after(trail, "DELETE FROM audit WHERE chain = 'SH01' AND number > 3")
    assert said == "SH01: rows 4 to 5 are missing. The end was cut off."


def test_a_whole_chain_that_was_removed_is_found(trail: Store) -> None:
    assert "SH01: rows 1 to 5 are missing" in faults_after(trail, "DELETE FROM audit WHERE chain = 'SH01'")


def test_a_head_that_was_removed_or_set_back_is_found(trail: Store) -> None:
    row = "(SELECT hash FROM audit WHERE chain = 'SH01' AND number = 4)"
    said = faults_after(
        trail,
        f"UPDATE audit_chain SET length = 4, head_hash = {row} WHERE chain = 'SH01'",
        "DELETE FROM audit_chain WHERE chain = 'study'",
    )
    assert "SH01: rows 5 to 5 were put behind the chain's head." in said
    assert "study: the head of this chain was removed." in said


def test_two_rows_in_another_order_are_found_and_named(trail: Store) -> None:
    said = faults_after(
        trail,
        "UPDATE audit SET number = 99 WHERE chain = 'SH01' AND number = 2",
        "UPDATE audit SET number = 2 WHERE chain = 'SH01' AND number = 3",
        "UPDATE audit SET number = 3 WHERE chain = 'SH01' AND number = 99",
    )
    assert said.splitlines() == [
        "SH01: row 2 was written as row 3; the order was changed.",
        "SH01: row 3 was written as row 2; the order was changed.",
    ]

"""The queue of mail to staff: once for each thing, claimed before it is sent, unknown rather than twice."""

from datetime import datetime, timedelta

import pytest

from pro_app.records import staff, staff_letters
from pro_app.records.store import Store


@pytest.fixture
def li(store: Store, now: datetime) -> int:
    with store.writing() as tx:
        account = staff.add(
            tx, login="li", name="Li", role="nurse", site="CZ", language="en", password_hash="x", now=now
        )
        return account.id


def test_the_same_thing_is_written_about_once(store: Store, li: int, now: datetime) -> None:
    with store.writing() as tx:
        assert staff_letters.post(tx, li, "alert", "7", "", now)
        assert not staff_letters.post(tx, li, "alert", "7", "", now)
        assert staff_letters.post(tx, li, "escalation", "7", "", now)
        assert staff_letters.tally(tx) == {"due": 2}


def test_what_the_text_needs_lies_sealed_and_is_gone_once_it_was_sent(
    store: Store, li: int, now: datetime
) -> None:
    with store.writing() as tx:
        staff_letters.post(tx, li, "invitation", "a", "the-secret-of-a-link", now)
        assert "the-secret" not in str(tx.conn.exec_driver_sql("SELECT * FROM staff_letter").all())
        (mine,) = staff_letters.claim(tx, now, 10)
        assert mine.body == "the-secret-of-a-link"
        assert staff_letters.hand_over(tx, mine, now)
        assert staff_letters.settle(tx, mine, "sent", None, now)
        assert tx.conn.exec_driver_sql("SELECT body_sealed FROM staff_letter").scalar_one() is None


def test_a_claim_is_one_persons_and_two_claims_never_share_a_letter(
    store: Store, li: int, now: datetime
) -> None:
    with store.writing() as tx:
        for about in "abc":
            staff_letters.post(tx, li, "alert", about, "", now)
        first, second = staff_letters.claim(tx, now, 2), staff_letters.claim(tx, now, 5)
    assert {one.about for one in first} == {"a", "b"}
    assert {one.about for one in second} == {"c"}


def test_a_process_that_died_before_the_call_leaves_it_due_and_after_it_unknown(
    store: Store, li: int, now: datetime
) -> None:
    with store.writing() as tx:
        staff_letters.post(tx, li, "alert", "before", "", now)
        staff_letters.post(tx, li, "alert", "after", "", now)
        _, after = staff_letters.claim(tx, now, 2)
        assert staff_letters.hand_over(tx, after, now)
        later = now + staff_letters.CLAIM_FOR
        staff_letters.expire(tx, later)
        assert [one.about for one in staff_letters.claim(tx, later, 5)] == ["before"]
        assert staff_letters.tally(tx) == {"claimed": 1, "unknown": 1}
        assert not staff_letters.claim(tx, later + timedelta(days=3), 5)


def test_a_claim_that_ran_out_may_not_be_handed_over(store: Store, li: int, now: datetime) -> None:
    with store.writing() as tx:
        staff_letters.post(tx, li, "alert", "7", "", now)
        (mine,) = staff_letters.claim(tx, now, 2)
        assert not staff_letters.hand_over(tx, mine, now + staff_letters.CLAIM_FOR)

"""The PIN of a tablet: what may be one, and that it can't be guessed in an afternoon."""

from datetime import datetime, timedelta

import pytest

from pro_app.actions import pin
from pro_app.records import audit
from pro_app.records.audit import Actor
from pro_app.records.staff import Staff
from pro_app.records.staff_rules import AccountRefused
from pro_app.records.store import Store
from tests.integration.clinic.people import LI, hired

TABLET = Actor("tablet", "tablet 1", "10.0.0.9")


@pytest.fixture
def li(store: Store, now: datetime) -> Staff:
    account = hired(store, "li", "nurse", "CZ", now)
    with store.writing() as tx:
        pin.set_pin(tx, account, "7305", LI, now)
    return account


def tries(store: Store, account: Staff, typed: str, now: datetime, place: str = "1") -> bool | int:
    with store.reading() as tx:
        attempt = pin.prepare(tx, account.id, place, now)
    if attempt.wait_seconds:
        return attempt.wait_seconds
    fits = pin.pin_fits(store.keys, attempt, typed)
    with store.writing() as tx:
        return pin.conclude(tx, attempt, fits, TABLET, now)


def test_the_right_pin_opens_and_a_wrong_one_is_on_record(store: Store, li: Staff, now: datetime) -> None:
    assert tries(store, li, "7305", now) is True
    assert tries(store, li, "7306", now) is False
    assert tries(store, li, "7305" * 50, now) is False
    with store.reading() as tx:
        assert [event.action for event in audit.history(tx, "li")][:2] == ["staff_pin_wrong"] * 2


def test_whoever_has_no_pin_opens_nothing(store: Store, now: datetime) -> None:
    zhao = hired(store, "zhao", "nurse", "CZ", now)
    for typed in ("", "0000", "7305"):
        assert tries(store, zhao, typed, now) is False


def test_after_five_wrong_ones_that_tablet_waits_and_no_other(store: Store, li: Staff, now: datetime) -> None:
    for _ in range(5):
        assert tries(store, li, "9999", now) is False
    assert 0 < tries(store, li, "7305", now) <= 60
    assert tries(store, li, "7305", now, place="2") is True
    assert tries(store, li, "7305", now + timedelta(seconds=60)) is True


def test_many_at_once_do_not_slip_past_the_wait(store: Store, li: Staff, now: datetime) -> None:
    with store.reading() as tx:
        attempts = [pin.prepare(tx, li.id, "1", now) for _ in range(6)]
    with store.writing() as tx:
        for attempt in attempts[:5]:
            assert not pin.conclude(tx, attempt, False, TABLET, now)
        assert not pin.conclude(tx, attempts[5], True, TABLET, now)


@pytest.mark.parametrize("typed", ["0000", "1234", "4321", "8901", "1212", "1998", "2024", "1199", "777777"])
def test_what_everybody_tries_first_is_no_pin(typed: str) -> None:
    with pytest.raises(AccountRefused) as refused:
        pin.check(typed)
    assert refused.value.fault == "pin_guessable"


@pytest.mark.parametrize("typed", ["", "123", "123456789", "12a4", "１２３４", "12 4"])
def test_a_pin_is_four_to_eight_digits(typed: str) -> None:
    with pytest.raises(AccountRefused) as refused:
        pin.check(typed)
    assert refused.value.fault == "pin_shape"


def test_the_same_pin_of_two_people_looks_different_and_needs_our_key(
    store: Store, li: Staff, now: datetime
) -> None:
    from pro_app import passwords
    from pro_app.records import staff

    zhao = hired(store, "zhao", "nurse", "CZ", now)
    with store.writing() as tx:
        pin.set_pin(tx, zhao, "7305", LI, now)
        digest = staff.pin_hash_of(tx, zhao.id)
    assert digest
    assert not passwords.fits(digest, "7305")

"""Accounts and sessions: who gets in, who has to wait, and that out means out."""

from datetime import datetime, timedelta

import pytest

from pro_app import passwords
from pro_app.actions import accounts, sign_in
from pro_app.actions.accounts import create_staff
from pro_app.actions.sign_in import HalfWay, SignedIn
from pro_app.records import audit
from pro_app.records.staff import ALL_SITES, LoginTaken
from pro_app.records.staff_rules import AccountRefused, sites_of
from pro_app.records.store import Store
from tests.integration.clinic.people import PASSWORD, hired, the_study

HOSPITAL, ELSEWHERE = "10.0.0.1", "203.0.113.9"


def tries(
    store: Store, login: str, password: str, now: datetime, address: str = HOSPITAL, device: str | None = None
) -> SignedIn | int | None:
    """What a visitor gets: a session, None (the second step is offered), or the seconds to wait."""
    with store.reading() as tx:
        attempt = sign_in.prepare(tx, login, address, device, now)
    if attempt.wait_seconds:
        return attempt.wait_seconds
    fits = sign_in.password_fits(attempt, password)
    with store.writing() as tx:
        done = sign_in.conclude(tx, attempt, fits, address, now)
    return done if isinstance(done, SignedIn) else None


def test_li_signs_in_however_she_spells_her_login(store: Store, now: datetime) -> None:
    hired(store, "li", "nurse", "CZ", now)
    done = tries(store, " LI ", PASSWORD, now)
    assert isinstance(done, SignedIn)
    with store.reading() as tx:
        seen = sign_in.current(tx, done.key, now)
        assert audit.history(tx, "li")[0].action == "signed_in"
    assert seen is not None
    assert seen.account.login == "li"


def test_the_key_is_not_in_the_database(store: Store, now: datetime) -> None:
    hired(store, "li", "nurse", "CZ", now)
    done = tries(store, "li", PASSWORD, now)
    assert isinstance(done, SignedIn)
    with store.reading() as tx:
        rows = tx.conn.exec_driver_sql("SELECT * FROM staff_session").all()
    assert done.key not in str(rows)


@pytest.mark.parametrize("login", ["li", "nobody", "", "x" * 5000, "王", "' OR 1=1 --"])
def test_a_wrong_password_and_an_unknown_login_get_the_same_answer(
    store: Store, now: datetime, login: str
) -> None:
    hired(store, "li", "nurse", "CZ", now)
    assert tries(store, login, "not the password", now) is None


@pytest.mark.parametrize("password", ["", "x" * 100_000])
def test_an_odd_password_is_only_wrong(store: Store, now: datetime, password: str) -> None:
    hired(store, "li", "nurse", "CZ", now)
    assert tries(store, "li", password, now) is None


def test_an_unknown_login_costs_the_same_work(
    store: Store, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Counting:
        def __init__(self) -> None:
            self.hashes: list[str] = []
            self.real = passwords._hasher

        def verify(self, digest: str, password: str) -> bool:
            self.hashes.append(digest)
            return self.real.verify(digest, password)

        def hash(self, password: str) -> str:
            return self.real.hash(password)

    hired(store, "li", "nurse", "CZ", now)
    counting = Counting()
    monkeypatch.setattr(passwords, "_hasher", counting)
    for login in ("li", "nobody"):
        tries(store, login, "not the password", now)
    parameters = [digest.split("$")[:4] for digest in counting.hashes]
    assert len(parameters) == 2
    assert parameters[0] == parameters[1]


def test_a_session_ends_after_fifteen_minutes_without_use_and_not_before(store: Store, now: datetime) -> None:
    hired(store, "li", "nurse", "CZ", now)
    done = tries(store, "li", PASSWORD, now)
    assert isinstance(done, SignedIn)
    later = now + timedelta(minutes=14, seconds=59)
    with store.writing() as tx:
        seen = sign_in.current(tx, done.key, later)
        assert seen is not None
        assert seen.touch
        sign_in.keep_alive(tx, done.key, later)
    with store.reading() as tx:
        assert sign_in.current(tx, done.key, later + timedelta(minutes=14)) is not None
        assert sign_in.current(tx, done.key, later + timedelta(minutes=15)) is None


def test_a_session_ends_after_twelve_hours_however_busy(store: Store, now: datetime) -> None:
    hired(store, "li", "nurse", "CZ", now)
    done = tries(store, "li", PASSWORD, now)
    assert isinstance(done, SignedIn)
    end = now + sign_in.LONGEST
    with store.writing() as tx:
        sign_in.keep_alive(tx, done.key, end)
    with store.reading() as tx:
        assert sign_in.current(tx, done.key, end - timedelta(seconds=1)) is not None
        assert sign_in.current(tx, done.key, end) is None


def test_signing_out_ends_the_session_wherever_its_key_was_copied(store: Store, now: datetime) -> None:
    hired(store, "li", "nurse", "CZ", now)
    done = tries(store, "li", PASSWORD, now)
    assert isinstance(done, SignedIn)
    with store.writing() as tx:
        sign_in.sign_out(tx, done.key, done.account, HOSPITAL, now)
        sign_in.keep_alive(tx, done.key, now)
    with store.reading() as tx:
        assert sign_in.current(tx, done.key, now) is None


def test_disabling_an_account_and_a_new_password_end_its_sessions(store: Store, now: datetime) -> None:
    account = hired(store, "li", "nurse", "CZ", now)
    for change in ("password", "disable"):
        done = tries(store, "li", PASSWORD, now)
        assert isinstance(done, SignedIn)
        with store.writing() as tx:
            if change == "password":
                accounts.set_password(tx, account, PASSWORD, audit.CLOCK, now)
            else:
                accounts.set_active(tx, account, False, audit.CLOCK, now)
            assert sign_in.current(tx, done.key, now) is None
    assert tries(store, "li", PASSWORD, now) is None


def test_a_new_sign_in_ends_the_session_that_the_browser_was_in(store: Store, now: datetime) -> None:
    hired(store, "li", "nurse", "CZ", now)
    first = tries(store, "li", PASSWORD, now)
    assert isinstance(first, SignedIn)
    with store.writing() as tx:
        attempt = sign_in.prepare(tx, "li", HOSPITAL, None, now)
        second = sign_in.conclude(tx, attempt, True, HOSPITAL, now, old_key=first.key)
        assert isinstance(second, SignedIn)
        assert second.key != first.key
        assert sign_in.current(tx, first.key, now) is None


def test_guessing_is_slowed_down_and_time_lets_her_in_again(store: Store, now: datetime) -> None:
    hired(store, "li", "nurse", "CZ", now)
    for _ in range(sign_in.LOGIN_HERE.size):
        assert tries(store, "li", "wrong password", now) is None
    wait = tries(store, "li", PASSWORD, now)
    assert isinstance(wait, int)
    assert 0 < wait <= 60
    assert isinstance(tries(store, "li", PASSWORD, now + timedelta(seconds=wait)), SignedIn)


def test_many_guesses_at_once_do_not_slip_past_the_limit(store: Store, now: datetime) -> None:
    hired(store, "li", "nurse", "CZ", now)
    with store.reading() as tx:
        attempts = [sign_in.prepare(tx, "li", ELSEWHERE, None, now) for _ in range(6)]
    for attempt in attempts[:5]:
        with store.writing() as tx:
            assert isinstance(sign_in.conclude(tx, attempt, False, ELSEWHERE, now), HalfWay)
    with store.writing() as tx:
        assert sign_in.conclude(tx, attempts[5], True, ELSEWHERE, now) is None


def test_who_hammers_a_login_elsewhere_does_not_lock_its_owner_out(store: Store, now: datetime) -> None:
    hired(store, "li", "nurse", "CZ", now)
    for number in range(sign_in.LOGIN_ANYWHERE.size):
        tries(store, "li", "wrong password", now, f"203.0.113.{number}")
    assert isinstance(tries(store, "li", PASSWORD, now), int)
    assert isinstance(tries(store, "li", PASSWORD, now, device="her browser"), SignedIn)


def test_one_nurse_who_mistypes_does_not_hold_up_her_hospital(store: Store, now: datetime) -> None:
    hired(store, "li", "nurse", "CZ", now)
    hired(store, "zhao", "nurse", "CZ", now)
    for _ in range(10):
        tries(store, "zhao", "wrong password", now)
    assert isinstance(tries(store, "li", PASSWORD, now), SignedIn)


def test_what_was_typed_as_a_login_is_not_written_down(store: Store, now: datetime) -> None:
    tries(store, "my-secret-password", "x", now)
    with store.reading() as tx:
        rows = str(tx.conn.exec_driver_sql("SELECT subject, detail FROM audit").all())
        buckets = str(tx.conn.exec_driver_sql("SELECT bucket FROM throttle").all())
    assert "unknown login" in rows
    assert "my-secret-password" not in rows + buckets


@pytest.mark.parametrize(
    ("login", "role", "site", "password", "fault"),
    [
        ("L", "nurse", "CZ", PASSWORD, "login_shape"),
        ("li li", "nurse", "CZ", PASSWORD, "login_shape"),
        ("li", "surgeon", "CZ", PASSWORD, "role_unknown"),
        ("li", "nurse", None, PASSWORD, "site_needed"),
        ("li", "nurse", ALL_SITES, PASSWORD, "site_needed"),
        ("chen", "study_coordinator", "CZ", PASSWORD, "site_not_for_role"),
        ("li", "nurse", "CZ", "short", "password_short"),
        ("li", "nurse", "CZ", "x" * 201, "password_long"),
        ("li", "nurse", "CZ", "aaaaaaaaaaaaab", "password_pattern"),
        ("nurse.li", "nurse", "CZ", "NURSE.LI-2026", "password_personal"),
    ],
)
def test_an_account_that_makes_no_sense_is_refused(
    store: Store, now: datetime, login: str, role: str, site: str | None, password: str, fault: str
) -> None:
    with pytest.raises(AccountRefused) as refusal, store.writing() as tx:
        create_staff(tx, login, "Li", role, site, "en", password, now)  # type: ignore[arg-type]
    assert refusal.value.fault == fault


def test_a_login_is_given_out_once(store: Store, now: datetime) -> None:
    hired(store, "li", "nurse", "CZ", now)
    with pytest.raises(LoginTaken):
        hired(store, "li", "nurse", "P3", now)


def test_each_role_sees_the_sites_it_should(store: Store, now: datetime) -> None:
    study = the_study()
    everywhere = tuple(site.code for site in study.sites)
    seen = {
        "li": sites_of(hired(store, "li", "nurse", "CZ", now), study),
        "chen": sites_of(hired(store, "chen", "study_coordinator", None, now), study),
        "mo": sites_of(hired(store, "mo", "monitor", None, now), study),
        "mu": sites_of(hired(store, "mu", "monitor", "P3", now), study),
        "ad": sites_of(hired(store, "ad", "administrator", None, now), study),
    }
    assert seen == {"li": ("CZ",), "chen": everywhere, "mo": everywhere, "mu": ("P3",), "ad": ()}

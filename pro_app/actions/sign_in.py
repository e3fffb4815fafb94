"""Signing in, staying signed in, signing out.

Signing in, in order:
1. `prepare` (reading): how long must this visitor wait, and which hash is the password compared with?
2. `password_fits` (no transaction: Argon2 takes its time on purpose, and would hold up every writer).
3. `conclude` (writing): a session for a right password of an account without a second factor. For
   everything else, right or wrong, the same: one more failure on record, and a ticket to the second step.
4. `finish` (writing): the code. Right password and right code: a session, and the failure of step 3 is taken
   back. Anything else: one more failure, and no word about what was wrong.

An unknown login is compared with a hash of nothing, so that it answers as slowly and in the same words
as a wrong password. Failures fill three buckets that time drains: one for the login at this address, one
for the login from anywhere, one for the address. A browser that this person has signed in with before has a
bucket of its own: whoever hammers her login, or types wrong passwords at her hospital, can't keep her out.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from pro_app import passwords
from pro_app.keys import SealBroken
from pro_app.records import audit, staff, staff_factors, staff_sessions, throttle
from pro_app.records.audit import STUDY_CHAIN, Actor
from pro_app.records.staff import Staff
from pro_app.records.staff_rules import chain_of, tidy_login
from pro_app.records.store import Transaction
from pro_app.records.throttle import Limit

IDLE = timedelta(minutes=15)
LONGEST = timedelta(hours=12)
# A session's last use is written down at most this often, so that reading pages doesn't write.
TOUCH_EVERY = timedelta(minutes=1)
HALF_WAY_LASTS = timedelta(minutes=5)

LOGIN_HERE = Limit(5, 60)
LOGIN_ANYWHERE = Limit(20, 60)
ADDRESS = Limit(60, 10)
KNOWN_BROWSER = Limit(10, 30)
# Codes guessed by somebody who has the password. Full, it makes every code wrong and says nothing: an
# answer of its own would tell the guesser that the password is right.
CODES = Limit(10, 900)
_HALF_WAY = "sign-in/half way"

Buckets = tuple[tuple[str, Limit], ...]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to sign in. `device` is the secret of a browser that has signed in as this login before."""

    login: str
    password_hash: str
    buckets: Buckets
    wait_seconds: int


def prepare(tx: Transaction, login: str, address: str, device: str | None, now: datetime) -> Attempt:
    login = tidy_login(login)
    buckets = _buckets(tx, login, address, device)
    digest = staff.password_hash_of(tx, login)
    return Attempt(login, digest or passwords.hash_of_nothing(), buckets, _wait(tx, buckets, now))


def _wait(tx: Transaction, buckets: Buckets, now: datetime) -> int:
    return max(throttle.wait_seconds(tx, bucket, limit, now) for bucket, limit in buckets)


def _who(tx: Transaction, login: str) -> str:
    return tx.keys.blind(login, "sign-in")[:32]


def _buckets(tx: Transaction, login: str, address: str, device: str | None) -> Buckets:
    who = _who(tx, login)
    if device:
        return ((f"staff device {who} {hashlib.sha256(device.encode()).hexdigest()[:32]}", KNOWN_BROWSER),)
    return (
        (f"staff here {who} {address[:40]}", LOGIN_HERE),
        (f"staff login {who}", LOGIN_ANYWHERE),
        (f"staff address {address[:40]}", ADDRESS),
    )


def password_fits(attempt: Attempt, password: str) -> bool:
    """Compare, in the same time whether the login exists or not. Hold no transaction meanwhile."""
    return passwords.fits(attempt.password_hash, password)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`key` goes into the cookie and is kept nowhere else. `codes_left`: after a recovery code was used."""

    account: Staff
    key: str
    codes_left: int | None = None


@dataclass(frozen=True, slots=True)
class HalfWay:
    """The code is asked next. The ticket is sealed: nobody can tell whether the password was right."""

    ticket: str


def conclude(
    tx: Transaction, attempt: Attempt, fits: bool, address: str, now: datetime, old_key: str | None = None
) -> SignedIn | HalfWay | None:
    """A new session, a ticket to the second step, or None: too many tries at once.

    The wait is asked for again: many guesses sent at once were all welcome when they were prepared.
    """
    if _wait(tx, attempt.buckets, now):
        return None
    digest = staff.password_hash_of(tx, attempt.login)
    right = fits and digest == attempt.password_hash
    if right and not (account := staff.by_login(tx, attempt.login)).second_factor:
        return _let_in(tx, account, address, now, old_key, "password")
    for bucket, limit in attempt.buckets:
        throttle.failed(tx, bucket, limit, now)
    if not right:
        # What was typed is not written down: people type their password into the wrong field.
        _put_on_record(tx, attempt.login if digest else "unknown login", "password", address, now)
    told = [attempt.login, _print_of(attempt.password_hash), int(right), int(now.timestamp())]
    return HalfWay(tx.keys.seal(json.dumps(told), _HALF_WAY))


def half_way_login(tx: Transaction, ticket: str, now: datetime) -> str | None:
    """Whose sign-in a ticket belongs to; None when it is none of ours or too old."""
    told = _opened(tx, ticket, now)
    return str(told[0]) if told else None


def finish(
    tx: Transaction,
    ticket: str,
    code: str,
    address: str,
    device: str | None,
    now: datetime,
    old_key: str | None = None,
) -> SignedIn | int | None:
    """The second step: a session, the seconds to wait, or None: something was wrong."""
    told = _opened(tx, ticket, now)
    if told is None:
        return None
    login, print_of, right = str(told[0]), told[1], told[2] == 1
    # One more than at the first step: the failure counted ahead must not keep its own second step out.
    buckets = tuple(
        (bucket, Limit(limit.size + 1, limit.seconds_each))
        for bucket, limit in _buckets(tx, login, address, device)
    )
    if wait := _wait(tx, buckets, now):
        return wait
    digest = staff.password_hash_of(tx, login)
    account = staff.by_login(tx, login) if right and digest and _print_of(digest) == print_of else None
    guarded = () if device else ((f"staff code {_who(tx, login)}", CODES),)
    tired = any(throttle.wait_seconds(tx, bucket, limit, now) for bucket, limit in guarded)
    how = _code_of(tx, account, code, now) if account and not tired else None
    if account and how:
        left = staff_factors.recovery_codes_left(tx, account) if how == "recovery_code" else None
        for bucket, limit in (*buckets, *guarded):
            throttle.taken_back(tx, bucket, limit, now)
        return _let_in(tx, account, address, now, old_key, how, left)
    for bucket, limit in buckets:
        throttle.failed(tx, bucket, limit, now)
    if account:
        for bucket, limit in guarded:
            throttle.failed(tx, bucket, limit, now)
        _put_on_record(tx, login, "code", address, now)
    return None


def _code_of(tx: Transaction, account: Staff, typed: str, now: datetime) -> str | None:
    """Use up the code that was typed; what kind it was, or None when it is wrong or was used already."""
    how = staff_factors.take_code(tx, account, typed, now)
    if how == "recovery_code":
        actor = Actor("staff", account.login)
        audit.append(tx, chain_of(account), actor, "recovery_code_used", account.login, {}, now)
    return how


def _let_in(
    tx: Transaction,
    account: Staff,
    address: str,
    now: datetime,
    old_key: str | None,
    how: str,
    codes_left: int | None = None,
) -> SignedIn:
    """A new session. One that the browser was in before ends here: its key can't have been planted."""
    if old_key:
        staff_sessions.end(tx, hash_key(old_key), now)
    key = secrets.token_urlsafe(32)
    staff_sessions.start(tx, hash_key(key), account.id, now)
    actor = Actor("staff", account.login, address)
    audit.append(tx, chain_of(account), actor, "signed_in", account.login, {"with": how}, now)
    return SignedIn(account, key, codes_left)


def _put_on_record(tx: Transaction, subject: str, wrong: str, address: str, now: datetime) -> None:
    visitor = Actor("visitor", "visitor", address)
    audit.append(tx, STUDY_CHAIN, visitor, "sign_in_failed", subject, {"wrong": wrong}, now)


def _opened(tx: Transaction, ticket: str, now: datetime) -> list[object] | None:
    try:
        told = json.loads(tx.keys.unseal(ticket, _HALF_WAY))
    except (SealBroken, ValueError):
        return None
    return told if now.timestamp() - told[3] < HALF_WAY_LASTS.total_seconds() else None


def _print_of(password_hash: str) -> str:
    """Tells one password hash from another without giving it away."""
    return hashlib.sha256(password_hash.encode()).hexdigest()[:16]


def hash_key(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Current:
    """Who is signed in with a key. `touch`: its last use should be written down again."""

    account: Staff
    touch: bool


def current(tx: Transaction, key: str, now: datetime) -> Current | None:
    """The account of a session that is neither ended, nor idle for `IDLE`, nor older than `LONGEST`."""
    session = staff_sessions.find(tx, hash_key(key))
    if session is None or now - session.seen_at >= IDLE or now - session.created_at >= LONGEST:
        return None
    return Current(session.account, now - session.seen_at >= TOUCH_EVERY)


def lapsed(tx: Transaction, key: str) -> Staff | None:
    """Whose session this was, if time alone has ended it: what was typed in it may be given back."""
    session = staff_sessions.find(tx, hash_key(key))
    return session.account if session else None


def keep_alive(tx: Transaction, key: str, now: datetime) -> None:
    staff_sessions.touch(tx, hash_key(key), now)


def sign_out(tx: Transaction, key: str, account: Staff, address: str, now: datetime) -> None:
    """End the session for good: its key opens nothing any more, wherever it was copied to."""
    staff_sessions.end(tx, hash_key(key), now)
    actor = Actor("staff", account.login, address)
    audit.append(tx, chain_of(account), actor, "signed_out", account.login, {}, now)

"""Staff accounts and their sessions: making an account, signing in, staying signed in, signing out.

Signing in, in order:
1. `prepare` (reading): how long must this visitor wait, and which hash is the password compared with?
2. `password_fits` (no transaction: Argon2 takes its time on purpose, and would hold up every writer).
3. `conclude` (writing): a session, or one more failure on record.

An unknown login is compared with a hash of nothing, so that it answers as slowly and in the same words
as a wrong password. Failures fill three buckets that time drains: one for the login at this address, one
for the login from anywhere, one for the address. A browser that this person has signed in with before has a
bucket of its own: whoever hammers her login, or types wrong passwords at her hospital, can't keep her out.
"""

import hashlib
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from pro_app.errors import ProAppError
from pro_app.records import audit, staff, staff_sessions, throttle
from pro_app.records.audit import STUDY_CHAIN, Actor
from pro_app.records.staff import ALL_SITES, Role, Staff
from pro_app.records.store import Transaction
from pro_app.records.throttle import Limit
from pro_app.schedule.elements import Study

IDLE = timedelta(minutes=15)
LONGEST = timedelta(hours=12)
# A session's last use is written down at most this often, so that reading pages doesn't write.
TOUCH_EVERY = timedelta(minutes=1)
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200
ROLES: tuple[Role, ...] = (
    "nurse",
    "site_coordinator",
    "investigator",
    "study_coordinator",
    "monitor",
    "administrator",
)
SITE_ROLES = ("nurse", "site_coordinator", "investigator")

_LOGIN = re.compile(r"^[a-z0-9][a-z0-9._@-]{1,59}$")
_hasher = PasswordHasher()

LOGIN_HERE = Limit(5, 60)
LOGIN_ANYWHERE = Limit(20, 60)
ADDRESS = Limit(60, 10)
KNOWN_BROWSER = Limit(10, 30)


class AccountRefused(ProAppError):
    """The account can't be made like this; `field` names what is wrong, `fault` is its code."""

    code = "malformed"

    def __init__(self, field: str, fault: str) -> None:
        self.fault = fault
        super().__init__(field=field)


def tidy_login(text: str) -> str:
    """A login as it is stored, so that `Li ` and `li` are one."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def hash_password(password: str) -> str:
    return _hasher.hash(unicodedata.normalize("NFKC", password))


@cache
def _hash_of_nothing() -> str:
    return hash_password(secrets.token_urlsafe(32))


def create_staff(
    tx: Transaction,
    login: str,
    name: str,
    role: Role,
    site: str | None,
    language: str,
    password: str,
    now: datetime,
    actor: Actor = audit.CLOCK,
) -> Staff:
    """Make an account. `site`: the code of the one site for the roles of a site, or of a monitor; None for a
    monitor of the whole study, a study coordinator (sees all) and an administrator (sees no patient data).

    Raises `AccountRefused` or `LoginTaken`. That the site exists is for the caller, who has the study.
    """
    login = tidy_login(login)
    if not _LOGIN.match(login):
        raise AccountRefused("login", "login_shape")
    if role not in ROLES:
        raise AccountRefused("role", "role_unknown")
    if role == "monitor" and site is None:
        site = ALL_SITES  # said in the row itself: an account without a site sees none
    if role in SITE_ROLES and site in (None, ALL_SITES):
        raise AccountRefused("site", "site_needed")
    if role in ("study_coordinator", "administrator") and site is not None:
        raise AccountRefused("site", "site_not_for_role")
    check_password(login, password)
    account = staff.add(
        tx,
        login=login,
        name=" ".join(name.split()) or login,
        role=role,
        site=site,
        language=language,
        password_hash=hash_password(password),
        now=now,
    )
    detail = {"role": role, "site": site}
    audit.append(tx, chain_of(account), actor, "staff_added", login, detail, now)
    return account


def check_password(login: str, password: str) -> None:
    """Raises `AccountRefused` for one that is short, endless, or guessed first."""
    tidied = unicodedata.normalize("NFKC", password)
    if len(tidied) < SHORTEST_PASSWORD:
        raise AccountRefused("password", "password_short")
    if len(tidied) > LONGEST_PASSWORD:
        raise AccountRefused("password", "password_long")
    if login in tidied.lower() or len(set(tidied.lower())) < 5:
        raise AccountRefused("password", "password_guessable")


def set_password(tx: Transaction, account: Staff, password: str, actor: Actor, now: datetime) -> None:
    """Give a new password; whoever was signed in with the old one is not any more."""
    check_password(account.login, password)
    staff.set_password(tx, account, hash_password(password))
    staff_sessions.end_all(tx, account.id, now)
    audit.append(tx, chain_of(account), actor, "staff_password_set", account.login, {}, now)


def set_active(tx: Transaction, account: Staff, active: bool, actor: Actor, now: datetime) -> None:
    """Disable or enable; disabling acts on the very next request."""
    staff.set_active(tx, account, active)
    if not active:
        staff_sessions.end_all(tx, account.id, now)
    action = "staff_enabled" if active else "staff_disabled"
    audit.append(tx, chain_of(account), actor, action, account.login, {}, now)


def chain_of(account: Staff) -> str:
    """The audit chain that an account's doings belong to."""
    return account.site if account.site and account.site != ALL_SITES else STUDY_CHAIN


def sites_of(account: Staff, study: Study) -> tuple[str, ...]:
    """The codes of the sites whose participants this account may see."""
    everywhere = account.role == "study_coordinator" or account.site == ALL_SITES
    if account.role == "administrator":
        return ()
    return tuple(site.code for site in study.sites if everywhere or site.code == account.site)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to sign in. `device` is the secret of a browser that has signed in as this login before."""

    login: str
    password_hash: str
    buckets: tuple[tuple[str, Limit], ...]
    wait_seconds: int


def prepare(tx: Transaction, login: str, address: str, device: str | None, now: datetime) -> Attempt:
    login = tidy_login(login)
    buckets = _buckets(tx, login, address, device)
    wait = max(throttle.wait_seconds(tx, bucket, limit, now) for bucket, limit in buckets)
    return Attempt(login, staff.password_hash_of(tx, login) or _hash_of_nothing(), buckets, wait)


def _buckets(tx: Transaction, login: str, address: str, device: str | None) -> tuple[tuple[str, Limit], ...]:
    who = tx.keys.blind(login, "sign-in")[:32]
    if device:
        return ((f"staff device {who} {hashlib.sha256(device.encode()).hexdigest()[:32]}", KNOWN_BROWSER),)
    return (
        (f"staff here {who} {address[:40]}", LOGIN_HERE),
        (f"staff login {who}", LOGIN_ANYWHERE),
        (f"staff address {address[:40]}", ADDRESS),
    )


def password_fits(attempt: Attempt, password: str) -> bool:
    """Compare, in the same time whether the login exists or not. Hold no transaction meanwhile."""
    if len(password) > LONGEST_PASSWORD:
        password = ""
    try:
        return _hasher.verify(attempt.password_hash, unicodedata.normalize("NFKC", password))
    except (VerificationError, InvalidHashError):
        return False


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`key` goes into the cookie and is kept nowhere else."""

    account: Staff
    key: str


def conclude(
    tx: Transaction, attempt: Attempt, fits: bool, address: str, now: datetime, old_key: str | None = None
) -> SignedIn | None:
    """A new session, or None with one more failure on record.

    The wait is asked for again: many guesses sent at once were all welcome when they were prepared. A session
    that the browser was in before ends here, so that its key can't have been planted.
    """
    waits = any(throttle.wait_seconds(tx, bucket, limit, now) for bucket, limit in attempt.buckets)
    if waits:
        return None
    if not fits or staff.password_hash_of(tx, attempt.login) != attempt.password_hash:
        for bucket, limit in attempt.buckets:
            throttle.failed(tx, bucket, limit, now)
        # What was typed is not written down: people type their password into the wrong field.
        known = staff.password_hash_of(tx, attempt.login) is not None
        visitor = Actor("visitor", "visitor", address)
        subject = attempt.login if known else "unknown login"
        audit.append(tx, STUDY_CHAIN, visitor, "sign_in_failed", subject, {}, now)
        return None
    if old_key:
        staff_sessions.end(tx, hash_key(old_key), now)
    account = staff.by_login(tx, attempt.login)
    key = secrets.token_urlsafe(32)
    staff_sessions.start(tx, hash_key(key), account.id, now)
    actor = Actor("staff", account.login, address)
    audit.append(tx, chain_of(account), actor, "signed_in", account.login, {}, now)
    return SignedIn(account, key)


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


def keep_alive(tx: Transaction, key: str, now: datetime) -> None:
    staff_sessions.touch(tx, hash_key(key), now)


def sign_out(tx: Transaction, key: str, account: Staff, address: str, now: datetime) -> None:
    """End the session for good: its key opens nothing any more, wherever it was copied to."""
    staff_sessions.end(tx, hash_key(key), now)
    actor = Actor("staff", account.login, address)
    audit.append(tx, chain_of(account), actor, "signed_out", account.login, {}, now)

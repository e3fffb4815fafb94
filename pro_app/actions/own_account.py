"""What people do to their own account: another password, ending other sessions; asked for their old password.

Asking for the password again, in order: `prepare` (reading), `password_fits` (no transaction: Argon2 takes
its time on purpose), `confirmed` (writing). A browser that was left open can't be turned into a way in.
"""

from dataclasses import dataclass
from datetime import datetime

from pro_app import passwords
from pro_app.records import audit, staff, staff_sessions, throttle
from pro_app.records.audit import Actor
from pro_app.records.staff import Staff
from pro_app.records.staff_rules import chain_of
from pro_app.records.store import Transaction
from pro_app.records.throttle import Limit

WRONG = Limit(5, 60)


@dataclass(frozen=True, slots=True)
class Check:
    """What the old password is compared with; `wait_seconds` > 0: too many were wrong."""

    account: Staff
    digest: str
    bucket: str
    wait_seconds: int


def prepare(tx: Transaction, account: Staff, now: datetime) -> Check:
    bucket = f"own password {account.id}"
    wait = throttle.wait_seconds(tx, bucket, WRONG, now)
    digest = staff.password_hash_of(tx, account.login) or passwords.hash_of_nothing()
    return Check(account, digest, bucket, wait)


def password_fits(check: Check, password: str) -> bool:
    """Hold no transaction meanwhile."""
    return passwords.fits(check.digest, password)


def confirmed(tx: Transaction, check: Check, fits: bool, actor: Actor, now: datetime) -> bool:
    """Whether it is really them; a wrong password is counted and put on record."""
    if throttle.wait_seconds(tx, check.bucket, WRONG, now):
        return False
    if fits and staff.password_hash_of(tx, check.account.login) == check.digest:
        return True
    throttle.failed(tx, check.bucket, WRONG, now)
    whose = chain_of(check.account)
    audit.append(tx, whose, actor, "own_password_wrong", check.account.login, {}, now)
    return False


def change_password(
    tx: Transaction, account: Staff, digest: str, this_session: str, actor: Actor, now: datetime
) -> None:
    """Take the new password (its hash; it has been checked); only this session goes on.

    this_session: the hash of this session's key.
    """
    staff.set_password(tx, account, digest)
    staff_sessions.end_others(tx, account.id, this_session, now)
    audit.append(tx, chain_of(account), actor, "staff_password_changed", account.login, {}, now)


def end_others(tx: Transaction, account: Staff, this_session: str, actor: Actor, now: datetime) -> int:
    """End every session of this account but this one; returns how many."""
    count = staff_sessions.end_others(tx, account.id, this_session, now)
    audit.append(tx, chain_of(account), actor, "other_sessions_ended", account.login, {"count": count}, now)
    return count

"""Bringing somebody in by mail, and letting them choose a password: a one-time link in a letter.

The link's secret lies sealed in the letter until that is sent, and elsewhere only as a hash. Whoever
asks for a new password gets the same answer whether there is such an account or not.
"""

from dataclasses import dataclass
from datetime import datetime

from pro_app import passwords
from pro_app.records import audit, staff, staff_letters, staff_sessions, staff_tickets, throttle
from pro_app.records.audit import Actor
from pro_app.records.staff import Staff
from pro_app.records.staff_rules import (
    COORDINATOR_INVITES,
    AccountRefused,
    chain_of,
    check_email,
    check_login,
    check_place,
    tidy_login,
)
from pro_app.records.staff_tickets import Purpose
from pro_app.records.store import Transaction
from pro_app.records.throttle import Limit

# Asking costs us a letter: three at once for one account, then one an hour; sixty from one address.
ASKED = Limit(3, 3600)
ASKED_FROM = Limit(60, 60)


@dataclass(frozen=True, slots=True)
class Invitation:
    """Who is to come. `site`: a site's code, or None for roles of the whole study."""

    login: str
    name: str
    role: str
    site: str | None
    language: str
    email: str


def invite(tx: Transaction, wish: Invitation, by: Staff | None, actor: Actor, now: datetime) -> Staff:
    """Make the account without a password and put its invitation into the queue.

    by: who invites; None for the operator's shell. Raises `AccountRefused` or `LoginTaken`. That the site
    exists is for the caller.
    """
    login = tidy_login(wish.login)
    check_login(login)
    role, site = check_place(wish.role, wish.site)
    if by and by.role == "study_coordinator" and role not in COORDINATOR_INVITES:
        raise AccountRefused("role", "role_not_yours")
    account = staff.add(
        tx,
        login=login,
        name=" ".join(wish.name.split())[:120] or login,
        role=role,
        site=site,
        language=wish.language,
        password_hash=passwords.NONE_YET,
        email=check_email(wish.email),
        now=now,
    )
    _write(tx, account, "invitation", now)
    detail = {"role": role, "site": site}
    audit.append(tx, chain_of(account), actor, "staff_invited", login, detail, now)
    return account


def send_link(tx: Transaction, account: Staff, actor: Actor, now: datetime) -> Purpose:
    """Send the invitation again, or a link to a new password; older links are void.

    Raises `AccountRefused` when there is no address to write to.
    """
    if not account.email:
        raise AccountRefused("email", "email_missing")
    purpose: Purpose = "invitation" if account.waits else "new_password"
    _write(tx, account, purpose, now)
    audit.append(tx, chain_of(account), actor, "staff_link_sent", account.login, {"for": purpose}, now)
    return purpose


def forgotten(tx: Transaction, typed: str, address: str, now: datetime) -> None:
    """Somebody says that this login or e-mail address has forgotten the password.

    Nothing comes back: what the visitor is told is the same for known, unknown, switched off and asked
    too often.
    """
    wanted = tidy_login(typed)[:254]
    buckets = (
        (f"forgotten {tx.keys.blind(wanted, 'forgotten')[:32]}", ASKED),
        (f"forgotten address {address[:40]}", ASKED_FROM),
    )
    if any(throttle.wait_seconds(tx, bucket, limit, now) for bucket, limit in buckets):
        return
    for bucket, limit in buckets:
        throttle.failed(tx, bucket, limit, now)
    account = staff.by_login_or_email(tx, wanted)
    if account is None or not account.email:
        return
    _write(tx, account, "invitation" if account.waits else "new_password", now)
    visitor = Actor("visitor", "visitor", address)
    audit.append(tx, chain_of(account), visitor, "new_password_asked", account.login, {}, now)


def opening(tx: Transaction, token: str, now: datetime) -> Staff | None:
    """Whose link this is, if it still works. Looking changes nothing: scanners open links too."""
    ticket = staff_tickets.find(tx, token, now)
    account = staff.by_id(tx, ticket.staff_id) if ticket else None
    return account if account and account.active else None


def redeem(tx: Transaction, token: str, digest: str, address: str, now: datetime) -> Staff | None:
    """Use the link up and take the password with hash `digest`; None when it doesn't work (any more).

    The caller has checked the password and hashed it outside of any transaction.
    """
    account = opening(tx, token, now)
    if account is None or not staff_tickets.use(tx, token, now):
        return None
    staff.set_password(tx, account, digest)
    staff_sessions.end_all(tx, account.id, now)
    staff_tickets.void(tx, account.id, now)
    actor = Actor("staff", account.login, address)
    audit.append(tx, chain_of(account), actor, "staff_password_chosen", account.login, {}, now)
    return account


def _write(tx: Transaction, account: Staff, purpose: Purpose, now: datetime) -> None:
    token = staff_tickets.issue(tx, account.id, purpose, now)
    staff_letters.post(tx, account.id, purpose, staff_tickets.hash_of(token)[:32], token, now)

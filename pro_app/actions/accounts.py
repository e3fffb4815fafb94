"""Staff accounts as others make and change them: adding, role and site, switching off, a new password.

Every change acts on the account's very next request, since sessions and roles are looked up each time.
"""

from datetime import datetime

from pro_app import passwords
from pro_app.records import audit, staff, staff_sessions
from pro_app.records.audit import Actor
from pro_app.records.staff import Role, Staff
from pro_app.records.staff_rules import chain_of, check_login, check_password, check_place, tidy_login
from pro_app.records.store import Transaction


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
    email: str | None = None,
) -> Staff:
    """Make an account with a password that is told by word of mouth. `site`: as for `check_place`.

    Raises `AccountRefused` or `LoginTaken`. That the site exists is for the caller, who has the study.
    """
    login = tidy_login(login)
    check_login(login)
    role, site = check_place(role, site)
    check_password(login, password)
    account = staff.add(
        tx,
        login=login,
        name=" ".join(name.split()) or login,
        role=role,
        site=site,
        language=language,
        password_hash=passwords.hashed(password),
        email=email,
        now=now,
    )
    detail = {"role": role, "site": site}
    audit.append(tx, chain_of(account), actor, "staff_added", login, detail, now)
    return account


def set_password(tx: Transaction, account: Staff, password: str, actor: Actor, now: datetime) -> None:
    """Give a new password; whoever was signed in with the old one is not any more."""
    check_password(account.login, password)
    staff.set_password(tx, account, passwords.hashed(password))
    staff_sessions.end_all(tx, account.id, now)
    audit.append(tx, chain_of(account), actor, "staff_password_set", account.login, {}, now)


def set_active(tx: Transaction, account: Staff, active: bool, actor: Actor, now: datetime) -> None:
    """Disable or enable; disabling acts on the very next request."""
    if account.active == active:
        return
    staff.set_active(tx, account, active)
    if not active:
        staff_sessions.end_all(tx, account.id, now)
    action = "staff_enabled" if active else "staff_disabled"
    audit.append(tx, chain_of(account), actor, action, account.login, {}, now)


def set_place(
    tx: Transaction, account: Staff, role: str, site: str | None, actor: Actor, now: datetime
) -> None:
    """Another role or site; raises `AccountRefused`.

    It is written down where the account was and where it is now: each site sees its own part of it.
    """
    new_role, new_site = check_place(role, site)
    if (new_role, new_site) == (account.role, account.site):
        return
    staff.set_place(tx, account, new_role, new_site)
    detail = {
        "was": {"role": account.role, "site": account.site},
        "is": {"role": new_role, "site": new_site},
    }
    moved = staff.by_id(tx, account.id)
    for chain in sorted({chain_of(account), chain_of(moved)}):
        audit.append(tx, chain, actor, "staff_moved", account.login, detail, now)


def set_contact(
    tx: Transaction, account: Staff, email: str | None, language: str, actor: Actor, now: datetime
) -> None:
    """Where mail to this account goes, and in which language. The trail says that, not the address."""
    if (email, language) == (account.email, account.language):
        return
    staff.set_contact(tx, account, email, language)
    detail = {"email_changed": email != account.email, "language": language}
    audit.append(tx, chain_of(account), actor, "staff_contact_set", account.login, detail, now)

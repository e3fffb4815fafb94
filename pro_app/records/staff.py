"""Staff accounts. A password is only ever seen here as its Argon2 hash."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, insert, or_, select, update

from pro_app import passwords
from pro_app.errors import NotFound, ProAppError
from pro_app.records.schema import staff
from pro_app.records.store import Transaction

Role = Literal["nurse", "site_coordinator", "investigator", "study_coordinator", "monitor", "administrator"]
ALL_SITES = "*"


class LoginTaken(ProAppError):
    """An account with this login exists already."""

    code = "login_taken"


@dataclass(frozen=True, slots=True)
class Staff:
    """One account.

    site: a site's code, `ALL_SITES` for a monitor of the whole study, or None: sees no site, unless the
    role sees all of them by itself. waits: invited, and has not chosen a password yet.
    """

    id: int
    login: str
    name: str
    role: Role
    site: str | None
    language: str
    active: bool
    email: str | None = None
    second_factor: bool = False
    waits: bool = False


COLUMNS = (
    *(staff.c[name] for name in ("id", "login", "name", "role", "site", "language", "active", "email")),
    staff.c.totp_sealed.is_not(None).label("second_factor"),
    (staff.c.password_hash == passwords.NONE_YET).label("waits"),
)


def read(row: Sequence[Any]) -> Staff:
    """An account from a row that begins with `COLUMNS`."""
    return Staff(*row[: len(COLUMNS)])


def add(
    tx: Transaction,
    *,
    login: str,
    name: str,
    role: Role,
    site: str | None,
    language: str,
    password_hash: str,
    now: datetime,
    email: str | None = None,
) -> Staff:
    """Store a new, active account; raises `LoginTaken`."""
    if tx.conn.execute(select(staff.c.id).where(staff.c.login == login)).first():
        raise LoginTaken(login=login)
    tx.conn.execute(
        insert(staff).values(
            login=login,
            name=name,
            role=role,
            site=site,
            language=language,
            password_hash=password_hash,
            email=email,
            active=True,
            created_at=now,
        )
    )
    return by_login(tx, login)


def by_login(tx: Transaction, login: str) -> Staff:
    """Raises `NotFound`."""
    row = tx.conn.execute(select(*COLUMNS).where(staff.c.login == login)).one_or_none()
    if row is None:
        raise NotFound()
    return read(row)


def password_hash_of(tx: Transaction, login: str) -> str | None:
    """The hash to compare a password with; None for an unknown or disabled login."""
    query = select(staff.c.password_hash).where(staff.c.login == login, staff.c.active.is_(True))
    return tx.conn.execute(query).scalar_one_or_none()


def by_id(tx: Transaction, staff_id: int) -> Staff:
    """Raises `NotFound`."""
    row = tx.conn.execute(select(*COLUMNS).where(staff.c.id == staff_id)).one_or_none()
    if row is None:
        raise NotFound()
    return read(row)


def by_login_or_email(tx: Transaction, text: str) -> Staff | None:
    """The active account with this login, or the only one with this e-mail address."""
    query = select(*COLUMNS).where(
        or_(staff.c.login == text, func.lower(staff.c.email) == text), staff.c.active.is_(True)
    )
    found = [read(row) for row in tx.conn.execute(query)]
    by_that_login = [one for one in found if one.login == text]
    return next(iter(by_that_login or (found if len(found) == 1 else ())), None)


def everybody(tx: Transaction) -> tuple[Staff, ...]:
    return tuple(read(row) for row in tx.conn.execute(select(*COLUMNS).order_by(staff.c.login)))


def count(tx: Transaction) -> int:
    return int(tx.conn.execute(select(func.count()).select_from(staff)).scalar_one())


def set_password(tx: Transaction, account: Staff, password_hash: str) -> None:
    _change(tx, account, password_hash=password_hash)


def set_active(tx: Transaction, account: Staff, active: bool) -> None:
    _change(tx, account, active=active)


def set_place(tx: Transaction, account: Staff, role: Role, site: str | None) -> None:
    """Another role or site: the next request of this account has those rights and no others."""
    _change(tx, account, role=role, site=site)


def set_contact(tx: Transaction, account: Staff, email: str | None, language: str) -> None:
    _change(tx, account, email=email, language=language)


def pin_hash_of(tx: Transaction, staff_id: int) -> str | None:
    """The hash of the PIN that unlocks a tablet; None for who has none, or is switched off."""
    query = select(staff.c.pin_hash).where(staff.c.id == staff_id, staff.c.active.is_(True))
    return tx.conn.execute(query).scalar_one_or_none()


def set_pin_hash(tx: Transaction, account: Staff, pin_hash: str | None) -> None:
    _change(tx, account, pin_hash=pin_hash)


def _change(tx: Transaction, account: Staff, **values: Any) -> None:
    tx.conn.execute(update(staff).where(staff.c.id == account.id).values(**values))

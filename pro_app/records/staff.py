"""Staff accounts. A password is only ever seen here as its Argon2 hash."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, insert, select, update

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
    role sees all of them by itself.
    """

    id: int
    login: str
    name: str
    role: Role
    site: str | None
    language: str
    active: bool


_COLUMNS = [staff.c[name] for name in Staff.__dataclass_fields__]


def _read(row: Sequence[Any]) -> Staff:
    return Staff(*row)


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
            active=True,
            created_at=now,
        )
    )
    return by_login(tx, login)


def by_login(tx: Transaction, login: str) -> Staff:
    """Raises `NotFound`."""
    row = tx.conn.execute(select(*_COLUMNS).where(staff.c.login == login)).one_or_none()
    if row is None:
        raise NotFound()
    return _read(row)


def password_hash_of(tx: Transaction, login: str) -> str | None:
    """The hash to compare a password with; None for an unknown or disabled login."""
    query = select(staff.c.password_hash).where(staff.c.login == login, staff.c.active.is_(True))
    return tx.conn.execute(query).scalar_one_or_none()


def everybody(tx: Transaction) -> tuple[Staff, ...]:
    return tuple(_read(row) for row in tx.conn.execute(select(*_COLUMNS).order_by(staff.c.login)))


def count(tx: Transaction) -> int:
    return int(tx.conn.execute(select(func.count()).select_from(staff)).scalar_one())


def set_password(tx: Transaction, account: Staff, password_hash: str) -> None:
    tx.conn.execute(update(staff).where(staff.c.id == account.id).values(password_hash=password_hash))


def set_active(tx: Transaction, account: Staff, active: bool) -> None:
    tx.conn.execute(update(staff).where(staff.c.id == account.id).values(active=active))

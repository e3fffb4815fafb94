"""The second factor of an account: its secret, the last step that was used, and the recovery codes.

The secret is sealed; recovery codes are kept as keyed hashes. Each code works once: taking one is a
conditional update, so that of two sign-ins with the same code only the first gets in.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, func, insert, or_, select, update

from pro_app import one_time_codes
from pro_app.records.schema import staff
from pro_app.records.schema_clinic import staff_recovery_code
from pro_app.records.staff import Staff
from pro_app.records.store import Transaction


def secret_of(tx: Transaction, account: Staff) -> str | None:
    sealed = tx.conn.execute(select(staff.c.totp_sealed).where(staff.c.id == account.id)).scalar_one()
    return tx.keys.unseal(sealed, _place(account)) if sealed else None


def set_secret(tx: Transaction, account: Staff, secret: str | None, last_step: int | None) -> None:
    """Set up, or remove with None. `last_step`: the step of the code it was confirmed with."""
    sealed = tx.keys.seal(secret, _place(account)) if secret else None
    tx.conn.execute(
        update(staff).where(staff.c.id == account.id).values(totp_sealed=sealed, totp_last_step=last_step)
    )


def take_step(tx: Transaction, account: Staff, step: int) -> bool:
    """Use up `step` and all before it; False when it, or a later one, was used already."""
    later = or_(staff.c.totp_last_step.is_(None), staff.c.totp_last_step < step)
    done = update(staff).where(staff.c.id == account.id, later).values(totp_last_step=step)
    return tx.conn.execute(done).rowcount == 1


def set_recovery_codes(tx: Transaction, account: Staff, codes: Iterable[str]) -> None:
    """Replace all recovery codes by `codes`, as `tidy_recovery_code` gives them."""
    mine = staff_recovery_code.c.staff_id == account.id
    tx.conn.execute(delete(staff_recovery_code).where(mine))
    rows = [{"staff_id": account.id, "code_hash": _hash(tx, account, code)} for code in codes]
    if rows:
        tx.conn.execute(insert(staff_recovery_code), rows)


def take_recovery_code(tx: Transaction, account: Staff, code: str, now: datetime) -> bool:
    """Use one up; False when there is none like it, or it was used already."""
    done = (
        update(staff_recovery_code)
        .where(
            staff_recovery_code.c.staff_id == account.id,
            staff_recovery_code.c.code_hash == _hash(tx, account, code),
            staff_recovery_code.c.used_at.is_(None),
        )
        .values(used_at=now)
    )
    return tx.conn.execute(done).rowcount == 1


def take_code(tx: Transaction, account: Staff, typed: str, now: datetime) -> str | None:
    """Use up the code that was typed: `totp`, `recovery_code`, or None when it is wrong or was used."""
    secret = secret_of(tx, account)
    step = one_time_codes.step_of(secret, typed, now) if secret else None
    if step is not None:
        return "totp" if take_step(tx, account, step) else None
    recovery = one_time_codes.tidy_recovery_code(typed)
    return "recovery_code" if recovery and take_recovery_code(tx, account, recovery, now) else None


def recovery_codes_left(tx: Transaction, account: Staff) -> int:
    query = select(func.count()).where(
        staff_recovery_code.c.staff_id == account.id, staff_recovery_code.c.used_at.is_(None)
    )
    return int(tx.conn.execute(query).scalar_one())


def _hash(tx: Transaction, account: Staff, code: str) -> str:
    return tx.keys.blind(f"{account.id}/{code}", "recovery code")


def _place(account: Staff) -> str:
    return f"staff/{account.id}/totp"

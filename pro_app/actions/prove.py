"""Proving once more who one is, for what weighs as much as a signature: the second factor after the password.

The password is asked for by `own_account`. A wrong code is counted like a wrong password and put on record.
"""

from datetime import datetime

from pro_app.records import audit, staff_factors, throttle
from pro_app.records.audit import Actor
from pro_app.records.signatures import Proof
from pro_app.records.staff import Staff
from pro_app.records.staff_rules import chain_of
from pro_app.records.store import Transaction
from pro_app.records.throttle import Limit

WRONG = Limit(5, 60)


def code(tx: Transaction, account: Staff, typed: str, actor: Actor, now: datetime) -> Proof | None:
    """How they proved it: `password` where the account has no second factor, else the kind of code.

    None when the code is wrong, was used already, or too many were wrong: commit, for it is counted.
    """
    if not account.second_factor:
        return "password"
    bucket = f"own code {account.id}"
    how = None
    if not throttle.wait_seconds(tx, bucket, WRONG, now):
        how = staff_factors.take_code(tx, account, typed, now)
    if how == "totp":
        return "totp"
    if how == "recovery_code":
        audit.append(tx, chain_of(account), actor, "recovery_code_used", account.login, {}, now)
        return "recovery_code"
    throttle.failed(tx, bucket, WRONG, now)
    audit.append(tx, chain_of(account), actor, "own_code_wrong", account.login, {}, now)
    return None

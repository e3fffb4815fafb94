"""The part of a form that asks once more who is there: the password, and the code where the account has one.

In order: `password_fault` before the transaction (Argon2 takes its time on purpose), then
`actions.prove.code` in it.
"""

from flask import request

from pro_app.web import account_own
from pro_app.web.clinic_page import account

LONGEST_CODE = 40


def password_fault() -> str | None:
    """None when the password of this form is the account's; else what to say at its field."""
    wrong = account_own.confirm(request.form.get("password", "")[:200])
    return account_own.said(wrong) if wrong else None


def typed_code() -> str:
    return request.form.get("code", "")[:LONGEST_CODE]


def asks_code() -> bool:
    return account().second_factor

"""The second factor of an account: offering a secret, confirming it with a code, recovery codes, reset.

A secret that was offered is kept nowhere until a code has confirmed it: it travels in the page, sealed for
this account and for a quarter of an hour.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from pro_app import one_time_codes
from pro_app.errors import ProAppError
from pro_app.keys import KeyRing, SealBroken
from pro_app.records import audit, staff_factors, staff_sessions
from pro_app.records.audit import Actor
from pro_app.records.staff import Staff
from pro_app.records.staff_rules import chain_of
from pro_app.records.store import Transaction

OFFER_LASTS = timedelta(minutes=15)


class CodeWrong(ProAppError):
    """The code does not belong to the secret, or its time is over."""

    code = "totp_code_wrong"


class OfferOver(ProAppError):
    """The page with the secret was open for too long, or is somebody else's."""

    code = "totp_offer_over"


@dataclass(frozen=True, slots=True)
class Offer:
    """A secret that may become the account's; `sealed` goes into the page and comes back with the code."""

    secret: str
    sealed: str


def offer(keys: KeyRing, account: Staff, now: datetime, sealed: str | None = None) -> Offer:
    """A new secret, or again the one in `sealed` while it lasts: a mistyped code asks for no new scan."""
    if sealed:
        try:
            return Offer(_opened(keys, account, sealed, now), sealed)
        except OfferOver:
            pass
    secret = one_time_codes.new_secret()
    told = [int(now.timestamp()), secret, account.second_factor]
    return Offer(secret, keys.seal(json.dumps(told), _place(account)))


def set_up(
    tx: Transaction, account: Staff, sealed: str, code: str, actor: Actor, now: datetime
) -> tuple[str, ...]:
    """Take the offered secret if `code` is its code now; returns the recovery codes, told this once.

    Raises `CodeWrong` or `OfferOver`. The code that confirmed it signs nobody in any more.
    """
    secret = _opened(tx.keys, account, sealed, now)
    step = one_time_codes.step_of(secret, code, now)
    if step is None:
        raise CodeWrong()
    staff_factors.set_secret(tx, account, secret, step)
    audit.append(tx, chain_of(account), actor, "second_factor_set", account.login, {}, now)
    return _new_codes(tx, account)


def renew_codes(tx: Transaction, account: Staff, actor: Actor, now: datetime) -> tuple[str, ...]:
    """Ten new recovery codes; the old ones are void."""
    audit.append(tx, chain_of(account), actor, "recovery_codes_renewed", account.login, {}, now)
    return _new_codes(tx, account)


def reset(tx: Transaction, account: Staff, actor: Actor, now: datetime) -> None:
    """Take the second factor away (a lost telephone, or its owner's wish); every session of it ends."""
    staff_factors.set_secret(tx, account, None, None)
    staff_factors.set_recovery_codes(tx, account, ())
    staff_sessions.end_all(tx, account.id, now)
    audit.append(tx, chain_of(account), actor, "second_factor_reset", account.login, {}, now)


def _new_codes(tx: Transaction, account: Staff) -> tuple[str, ...]:
    codes: dict[str, str] = {}
    while len(codes) < one_time_codes.RECOVERY_CODES:
        shown = one_time_codes.new_recovery_code()
        codes[one_time_codes.tidy_recovery_code(shown) or ""] = shown
    staff_factors.set_recovery_codes(tx, account, codes)
    return tuple(codes.values())


def _opened(keys: KeyRing, account: Staff, sealed: str, now: datetime) -> str:
    try:
        offered_at, secret, replaces = json.loads(keys.unseal(sealed, _place(account)))
    except (SealBroken, ValueError) as fault:
        raise OfferOver() from fault
    # One that was offered before there was any must not replace what was set up meanwhile.
    if now.timestamp() - offered_at >= OFFER_LASTS.total_seconds() or account.second_factor > replaces:
        raise OfferOver()
    return str(secret)


def _place(account: Staff) -> str:
    return f"staff/{account.id}/totp offer"

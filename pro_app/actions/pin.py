"""The PIN with which a nurse takes a tablet back: setting it, and trying it.

Trying, in order, like a sign-in:
1. `prepare` (reading): how long must this tablet wait, and what is the PIN compared with?
2. `pin_fits` (no transaction: Argon2 takes its time on purpose).
3. `conclude` (writing): True, or one more failure on record.

The bucket of failures belongs to one person at one place (a tablet): a patient who plays with the keys of a
tablet can't keep the nurse out of another one. Time drains it; nobody is locked out for good.
"""

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from pro_app import passwords
from pro_app.keys import KeyRing
from pro_app.records import audit, staff, throttle
from pro_app.records.audit import Actor
from pro_app.records.staff import Staff
from pro_app.records.staff_rules import AccountRefused, chain_of
from pro_app.records.store import Transaction
from pro_app.records.throttle import Limit

SHORTEST, LONGEST = 4, 8
WRONG_PINS = Limit(5, 60)


@dataclass(frozen=True, slots=True)
class PinTry:
    """One try. `wait_seconds` > 0: too many were wrong, ask again then; `has_pin` False: none is set."""

    staff_id: int
    digest: str
    bucket: str
    wait_seconds: int
    has_pin: bool


def check(pin: str) -> None:
    """Raises `AccountRefused` for what is no PIN, or one that is tried first."""
    if not (pin.isascii() and pin.isdigit() and SHORTEST <= len(pin) <= LONGEST):
        raise AccountRefused("pin", "pin_shape")
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    halves = len(pin) % 2 == 0 and pin[: len(pin) // 2] == pin[len(pin) // 2 :]
    year = len(pin) == 4 and pin[:2] in ("19", "20")
    if (len(steps) == 1 and steps <= {0, 1, 9}) or len(set(pin)) < 3 or halves or year:
        raise AccountRefused("pin", "pin_guessable")


def set_pin(tx: Transaction, account: Staff, pin: str, actor: Actor, now: datetime) -> None:
    """Give a PIN, or another one; raises `AccountRefused`."""
    check(pin)
    mixed = passwords.peppered(tx.keys, pin, str(account.id))
    staff.set_pin_hash(tx, account, passwords.hashed(mixed))
    audit.append(tx, chain_of(account), actor, "staff_pin_set", account.login, {}, now)


def prepare(tx: Transaction, staff_id: int, place: str, now: datetime) -> PinTry:
    """Look up what a PIN of `staff_id` is compared with. `place`: the tablet's id or label."""
    digest = staff.pin_hash_of(tx, staff_id)
    bucket = f"pin {staff_id} {place[:60]}"
    wait = throttle.wait_seconds(tx, bucket, WRONG_PINS, now)
    return PinTry(staff_id, digest or passwords.hash_of_nothing(), bucket, wait, digest is not None)


def pin_fits(keys: KeyRing, attempt: PinTry, pin: str) -> bool:
    """Compare, with the store's keys (`store.keys`). Hold no transaction meanwhile."""
    if len(pin) > LONGEST:
        pin = ""
    fits = passwords.fits(attempt.digest, passwords.peppered(keys, pin, str(attempt.staff_id)))
    return fits and attempt.has_pin


def conclude(tx: Transaction, attempt: PinTry, fits: bool, actor: Actor, now: datetime) -> bool:
    """Whether the tablet opens; a wrong PIN is counted and put on record.

    The wait is asked for again: many PINs sent at once were all welcome when they were prepared.
    """
    if throttle.wait_seconds(tx, attempt.bucket, WRONG_PINS, now):
        return False
    account = staff.by_id(tx, attempt.staff_id)
    if fits and staff.pin_hash_of(tx, attempt.staff_id) == attempt.digest:
        throttle.empty(tx, attempt.bucket)
        return True
    throttle.failed(tx, attempt.bucket, WRONG_PINS, now)
    audit.append(tx, chain_of(account), actor, "staff_pin_wrong", account.login, {}, now)
    return False

"""A signed-in person was turned away: put on the trail by page and account, however often it is tried.

What a row says is the address as it is written in the program, with nothing filled in. Another site's record
and none at all are written down alike, for the work must not tell which of the two it was.

Nobody can flood the trail: one row for an account, a page and ten minutes, and not more than twenty rows of
an account at once. Tries beyond that are counted, and when they are many the trail says so once an hour.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pro_app.records import audit, throttle
from pro_app.records.audit import Actor
from pro_app.records.staff import Staff
from pro_app.records.staff_rules import chain_of
from pro_app.records.store import Transaction
from pro_app.records.throttle import Limit

REFUSED, OFTEN = "access_refused", "access_refused_often"
A_PAGE = Limit(1, 600)
AN_ACCOUNT = Limit(20, 120)
TRIES = Limit(20, 60)
SAID = Limit(1, 3600)
LONGEST_PAGE = 80
UNKNOWN_KEY = "tablet_key_unknown"
KEYS = Limit(20, 120)

Why = Literal["role_too_low", "not_theirs"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """page: the route as the program knows it (`/staff/participants/<study_number>`)."""

    account: Staff
    page: str
    why: Why

    @property
    def here(self) -> str:
        return f"refused {self.account.id} {self.page[:LONGEST_PAGE]}"

    @property
    def rows(self) -> str:
        return f"refused rows {self.account.id}"

    @property
    def tries(self) -> str:
        return f"refused tries {self.account.id}"

    @property
    def said(self) -> str:
        return f"refused often {self.account.id}"


def worth_noting(tx: Transaction, one: Refusal, now: datetime) -> bool:
    """Whether `note` would change anything; reads only, so that a flood of tries takes no writer's lock."""

    def room(bucket: str, limit: Limit) -> bool:
        return throttle.wait_seconds(tx, bucket, limit, now) == 0

    as_row = room(one.here, A_PAGE) and room(one.rows, AN_ACCOUNT)
    return as_row or room(one.tries, TRIES) or room(one.said, SAID)


def key_worth_noting(tx: Transaction, address: str, now: datetime) -> bool:
    """As `worth_noting`, for a tablet's key that is not one of ours."""
    return (
        throttle.wait_seconds(tx, _key(address), A_PAGE, now) == 0
        and throttle.wait_seconds(tx, _key(""), KEYS, now) == 0
    )


def note_key(tx: Transaction, study: str, address: str, now: datetime) -> None:
    """Somebody came with the key of a tablet that there is none of: a copy of an old one, or an invention."""
    if throttle.counted(tx, _key(address), A_PAGE, now) and throttle.counted(tx, _key(""), KEYS, now):
        visitor = Actor("visitor", "visitor", address)
        audit.append(tx, audit.STUDY_CHAIN, visitor, UNKNOWN_KEY, study, {}, now)


def _key(address: str) -> str:
    return f"tablet key {address[:40]}"


def note(tx: Transaction, one: Refusal, actor: Actor, now: datetime) -> None:
    chain, login = chain_of(one.account), one.account.login
    if throttle.counted(tx, one.here, A_PAGE, now) and throttle.counted(tx, one.rows, AN_ACCOUNT, now):
        detail = {"page": one.page, "why": one.why}
        audit.append(tx, chain, actor, REFUSED, login, detail, now)
    if not throttle.counted(tx, one.tries, TRIES, now) and throttle.counted(tx, one.said, SAID, now):
        audit.append(tx, chain, actor, OFTEN, login, {"count": TRIES.size}, now)

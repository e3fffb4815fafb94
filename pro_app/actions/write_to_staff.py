"""Sending the mail to staff that waits in the queue. Like `send`, it commits by itself.

1. Claims of processes that died run out: due again, or unknown if the mail server may have the letter.
2. A batch of due letters is claimed and committed.
3. For each: is it still wanted (the account is on, the link still works)? Then it is marked as handed over,
   committed, and only then the mail server is called, outside any transaction.
4. The outcome is recorded. "Later" waits, longer each time; "unknown" is never sent again blindly.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from pro_app.letters import to_staff
from pro_app.letters.carriers import Carriers
from pro_app.letters.handing import MOST_TRIES, Handing
from pro_app.ports import Message, Outcome
from pro_app.records import staff, staff_letters, staff_tickets
from pro_app.records.staff_letters import StaffLetter
from pro_app.records.store import Store, Transaction

BATCH = 10


@dataclass(frozen=True, slots=True)
class Desk:
    """What writing needs besides the database. `base_url`: what links begin with."""

    study: str
    carriers: Carriers
    base_url: str


@dataclass(frozen=True, slots=True)
class Result:
    """How many letters came to what. `unknown`: perhaps sent, and not sent again."""

    sent: int = 0
    later: int = 0
    failed: int = 0
    unknown: int = 0


@dataclass(slots=True, kw_only=True)
class _Run(Handing):
    """One call."""

    desk: Desk


def write_to_staff(
    store: Store, desk: Desk, now: datetime, limit: int = 200, *, chance: Callable[[], float] = random.random
) -> Result:
    """Send up to `limit` letters that are due; safe to run several times at once.

    chance: a number in [0, 1) for the jitter of delays.
    """
    run = _Run(store=store, carriers=desk.carriers, started=now, chance=chance, desk=desk)
    counts = Counter[str]()
    if not _anything_to_do(store):
        return Result()
    with store.writing() as tx:
        staff_letters.expire(tx, now)
    while limit > 0:
        with store.writing() as tx:
            batch = staff_letters.claim(tx, run.moment(), min(BATCH, limit))
        if not batch:
            break
        counts.update(_deliver(run, mine) for mine in batch)
        limit -= len(batch)
    return Result(counts["sent"], counts["later"], counts["failed"], counts["unknown"])


def _anything_to_do(store: Store) -> bool:
    """Most ticks find nothing: looking takes no writer's lock."""
    with store.reading() as tx:
        found = staff_letters.tally(tx)
    return bool(found.get("due") or found.get("claimed"))


def _deliver(run: _Run, mine: StaffLetter) -> str:
    carriers = run.carriers
    last = Outcome("later", "", detail="every mail server is away")
    if not carriers.serves("email"):
        return _close(run, mine, "failed", "no_provider")
    for messenger in carriers.order("email", run.moment()):
        ready = _ready(run, mine)
        if not isinstance(ready, Message):
            return _close(run, mine, "failed", ready) if ready else "lost"
        last = run.call(messenger, ready.reference, partial(_as_written, ready))
        if last.status != "later":
            break
    if last.status == "later":
        return _later(run, mine, last)
    state = {"accepted": "sent", "delivered": "sent", "unknown": "unknown"}.get(last.status, "failed")
    return _close(run, mine, state, None if state == "sent" else last.status)


def _ready(run: _Run, mine: StaffLetter) -> Message | str:
    """The message, marked as handed over; or why it is not sent; or empty: the claim is somebody else's."""
    with run.store.writing() as tx:
        if problem := _unwanted(tx, mine, run.moment()):
            return problem
        if not staff_letters.hand_over(tx, mine, run.moment()):
            return ""
        login = staff.by_id(tx, mine.staff_id).login
    words = to_staff.write(mine, login, run.desk.study, run.desk.base_url)
    return Message(mine.reference, "email", mine.email or "", mine.language, words.text, words.subject)


def _unwanted(tx: Transaction, mine: StaffLetter, now: datetime) -> str | None:
    if not mine.active:
        return "switched_off"
    if not mine.email:
        return "no_address"
    if mine.kind in ("invitation", "new_password") and staff_tickets.find(tx, mine.body, now) is None:
        return "link_over"  # used, replaced by a newer one, or its 72 hours have passed
    return None


def _as_written(letter: Message) -> Message:
    """The same for every mail server."""
    return letter


def _later(run: _Run, mine: StaffLetter, said: Outcome) -> str:
    if mine.attempts + 1 >= MOST_TRIES:
        return _close(run, mine, "failed", "given_up")
    tried, wait = bool(said.provider), run.wait(mine.attempts)
    with run.store.writing() as tx:
        kept = staff_letters.postpone(tx, mine, "later", run.moment() + wait, tried)
    return "later" if kept else "lost"


def _close(run: _Run, mine: StaffLetter, state: str, problem: str | None) -> str:
    with run.store.writing() as tx:
        kept = staff_letters.settle(tx, mine, state, problem, run.moment())
    return state if kept else "lost"

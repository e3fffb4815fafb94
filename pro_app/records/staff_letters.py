"""Mail to staff: the one queue, and the right to send one letter out of it.

Like deliveries to patients: a claim is committed before the mail server is called, `sent_at` marks the row
just before the call, and a claim that ran out after that mark is "unknown" and never sent again blindly.
What a letter is about (`about`) is the number of a thing of ours, such as an alert's id: no patient.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Update, func, select, update

from pro_app.records.schema import staff
from pro_app.records.schema_clinic import staff_letter
from pro_app.records.store import Transaction
from pro_app.records.upsert import upsert

LetterKind = Literal["invitation", "new_password", "alert", "escalation"]
CLAIM_FOR = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class StaffLetter:
    """One letter with whom it goes to, as the account is now.

    `body`: what the text needs, such as a link's secret; `email` is None when the account has no address.
    """

    id: int
    staff_id: int
    kind: LetterKind
    about: str
    body: str
    state: str
    reference: str
    created_at: datetime
    attempts: int
    email: str | None
    language: str
    active: bool
    holder: str = ""
    problem: str | None = None


def post(tx: Transaction, staff_id: int, kind: LetterKind, about: str, body: str, now: datetime) -> bool:
    """Put one letter into the queue, in the caller's transaction; the clock sends it.

    A second letter of the same kind about the same thing to the same account is no second letter (False).
    For an alert or escalation `body` may be empty or the path of the page to look at (`/staff/…`); it
    must name no patient, for it is put into the mail.
    """
    insert = upsert(tx, staff_letter)
    wish = insert.values(
        staff_id=staff_id,
        kind=kind,
        about=about,
        body_sealed=tx.keys.seal(body, _place(staff_id, kind, about)),
        state="due",
        reference=str(uuid.uuid4()),
        created_at=now,
        next_at=now,
        attempts=0,
    )
    done = wish.on_conflict_do_nothing(index_elements=["staff_id", "kind", "about"])
    return tx.conn.execute(done.returning(staff_letter.c.id)).first() is not None


def expire(tx: Transaction, now: datetime) -> None:
    """Settle the claims of processes that died: due again if never handed over, else unknown."""
    ended = (staff_letter.c.state == "claimed") & (staff_letter.c.claimed_until <= now)
    handed = staff_letter.c.sent_at.is_not(None)
    again = {"state": "due", "claimed_by": None, "claimed_until": None}
    tx.conn.execute(update(staff_letter).where(ended, ~handed).values(**again))
    # `claimed_by` stays: should its holder be alive after all, it may still say what became of it.
    unsure = {"state": "unknown", "claimed_until": None}
    tx.conn.execute(update(staff_letter).where(ended, handed).values(**unsure))


def claim(tx: Transaction, now: datetime, limit: int) -> tuple[StaffLetter, ...]:
    """Take up to `limit` letters that are due; the caller commits before doing anything with them."""
    found = (
        select(staff_letter.c.id)
        .where(staff_letter.c.state == "due", staff_letter.c.next_at <= now)
        .order_by(staff_letter.c.next_at, staff_letter.c.id)
        .limit(limit)
    )
    if tx.on_postgres:
        found = found.with_for_update(skip_locked=True)
    ids = list(tx.conn.execute(found).scalars())
    if not ids:
        return ()
    holder = uuid.uuid4().hex
    tx.conn.execute(
        update(staff_letter)
        .where(staff_letter.c.id.in_(ids), staff_letter.c.state == "due")
        .values(state="claimed", claimed_by=holder, claimed_until=now + CLAIM_FOR, sent_at=None)
    )
    return _read(tx, (staff_letter.c.id.in_(ids), staff_letter.c.claimed_by == holder), holder)


def hand_over(tx: Transaction, mine: StaffLetter, now: datetime) -> bool:
    """Mark that the mail server is called next; False when the claim has run out meanwhile."""
    marked = _mine(mine).where(staff_letter.c.claimed_until > now)
    values = {"sent_at": now, "claimed_until": now + CLAIM_FOR, "attempts": staff_letter.c.attempts + 1}
    return tx.conn.execute(marked.values(**values)).rowcount == 1


def settle(tx: Transaction, mine: StaffLetter, state: str, problem: str | None, now: datetime) -> bool:
    """What became of it: `sent`, `unknown` or `failed`. What is over keeps no secret."""
    values: dict[str, object] = {"state": state, "problem": problem, "claimed_until": None}
    if state != "unknown":
        values |= {"claimed_by": None}
    if state == "failed":
        values |= {"sent_at": None}
    return tx.conn.execute(_mine(mine).values(**values, body_sealed=None)).rowcount == 1


def postpone(tx: Transaction, mine: StaffLetter, problem: str, next_at: datetime, tried: bool) -> bool:
    """Not taken now: due again at `next_at`. `tried`: False when no server has seen this try."""
    return (
        tx.conn.execute(
            _mine(mine).values(
                state="due",
                next_at=next_at,
                problem=problem,
                attempts=staff_letter.c.attempts + int(not tried),
                sent_at=None,
                claimed_by=None,
                claimed_until=None,
            )
        ).rowcount
        == 1
    )


def tally(tx: Transaction) -> dict[str, int]:
    """How many letters are in each state."""
    query = select(staff_letter.c.state, func.count()).group_by(staff_letter.c.state)
    return {state: int(count) for state, count in tx.conn.execute(query)}


def of(tx: Transaction, staff_id: int) -> tuple[StaffLetter, ...]:
    """All letters to one account, newest first."""
    return _read(tx, (staff_letter.c.staff_id == staff_id,), "")[::-1]


def _read(tx: Transaction, where: tuple[object, ...], holder: str) -> tuple[StaffLetter, ...]:
    query = (
        select(staff_letter, staff.c.email, staff.c.language, staff.c.active)
        .join(staff, staff.c.id == staff_letter.c.staff_id)
        .where(*where)  # type: ignore[arg-type]
        .order_by(staff_letter.c.id)
    )
    return tuple(
        StaffLetter(
            id=row.id,
            staff_id=row.staff_id,
            kind=row.kind,
            about=row.about,
            body=_opened(tx, row.body_sealed, _place(row.staff_id, row.kind, row.about)),
            state=row.state,
            reference=row.reference,
            created_at=row.created_at,
            attempts=row.attempts,
            email=row.email,
            language=row.language,
            active=row.active,
            holder=holder,
            problem=row.problem,
        )
        for row in tx.conn.execute(query)
    )


def _opened(tx: Transaction, sealed: str | None, place: str) -> str:
    return tx.keys.unseal(sealed, place) if sealed else ""


def _place(staff_id: int, kind: str, about: str) -> str:
    return f"staff_letter/{staff_id}/{kind}/{about}/body"


def _mine(mine: StaffLetter) -> Update:
    return update(staff_letter).where(
        staff_letter.c.id == mine.id,
        staff_letter.c.claimed_by == mine.holder,
        staff_letter.c.state.in_(("claimed", "unknown")),
    )

"""Telephone calls to participants: what each ended in, and what that does to the call list.

The call list itself is the clock's own decisions (`deliveries`): a call that reached somebody settles its
row, and a call that is taken back puts it there again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import delete, insert, select, tuple_, update

from pro_app.records.deliveries import CALL
from pro_app.records.schema import delivery, participant
from pro_app.records.schema_clinic import phone_call
from pro_app.records.store import Transaction

Outcome = Literal["will_do", "interview_now", "too_ill", "refused", "not_reached"]


@dataclass(frozen=True, slots=True)
class Call:
    """One call that was made."""

    id: int
    participant_id: int
    study_number: str
    site: str
    timepoint: str
    outcome: Outcome
    called_by: str
    called_at: datetime


_COLUMNS: list[Any] = [
    participant.c[name] if name in ("study_number", "site") else phone_call.c[name]
    for name in Call.__dataclass_fields__
]
_SELECT = (
    select(*_COLUMNS)
    .select_from(phone_call)
    .join(participant, participant.c.id == phone_call.c.participant_id)
)


def _read(rows: Iterable[Sequence[Any]]) -> tuple[Call, ...]:
    return tuple(Call(*row) for row in rows)


def add(
    tx: Transaction, participant_id: int, timepoint: str, outcome: Outcome, by: str, now: datetime
) -> int:
    """Store a call, return its id."""
    values = {
        "participant_id": participant_id,
        "timepoint": timepoint,
        "outcome": outcome,
        "called_by": by,
        "called_at": now,
    }
    result = tx.conn.execute(insert(phone_call).values(**values))
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def by_id(tx: Transaction, sites: Iterable[str], call_id: int) -> Call | None:
    """One call; None for another site's."""
    rows = tx.conn.execute(_SELECT.where(phone_call.c.id == call_id, participant.c.site.in_(tuple(sites))))
    return next(iter(_read(rows)), None)


def take_back(tx: Transaction, call_id: int) -> bool:
    """Forget a call that was entered by mistake; False when it is gone already."""
    return tx.conn.execute(delete(phone_call).where(phone_call.c.id == call_id)).rowcount == 1


def of_visits(tx: Transaction, visits: Iterable[tuple[int, str]]) -> dict[tuple[int, str], tuple[Call, ...]]:
    """The calls about each of these visits (participant id, timepoint), in the order they were made."""
    wanted = list(visits)
    found: dict[tuple[int, str], list[Call]] = {}
    if wanted:
        where = tuple_(phone_call.c.participant_id, phone_call.c.timepoint).in_(wanted)
        for one in _read(tx.conn.execute(_SELECT.where(where).order_by(phone_call.c.id))):
            found.setdefault((one.participant_id, one.timepoint), []).append(one)
    return {key: tuple(calls) for key, calls in found.items()}


def lately(tx: Transaction, sites: Iterable[str], by: str, since: datetime) -> tuple[Call, ...]:
    """What this person has entered since then, newest first: what may still be taken back."""
    rows = tx.conn.execute(
        _SELECT.where(
            phone_call.c.called_by == by,
            phone_call.c.called_at >= since,
            participant.c.site.in_(tuple(sites)),
        ).order_by(phone_call.c.id.desc())
    )
    return _read(rows)


def _listed(participant_id: int, timepoint: str) -> tuple[Any, ...]:
    return (
        delivery.c.participant_id == participant_id,
        delivery.c.timepoint == timepoint,
        delivery.c.channel == CALL,
    )


def settle(tx: Transaction, participant_id: int, timepoint: str, now: datetime) -> int:
    """Take the visit off the call list: somebody was reached. Returns how many rows that were."""
    return tx.conn.execute(
        update(delivery)
        .where(*_listed(participant_id, timepoint), delivery.c.state == "due")
        .values(state="delivered", reason=None, sent_at=now, resolved_at=now)
    ).rowcount


def put_back(tx: Transaction, participant_id: int, timepoint: str, called_at: datetime) -> int:
    """Undo `settle`: on the list again, as before that call."""
    return tx.conn.execute(
        update(delivery)
        .where(
            *_listed(participant_id, timepoint),
            delivery.c.state == "delivered",
            delivery.c.sent_at == called_at,
        )
        .values(state="due", sent_at=None, resolved_at=None)
    ).rowcount

"""Name and contact that are not needed any more: whose may be due, and taking them away.

What goes: the sealed identity, its keyed look-up, the keyed hashes of addresses that a provider refused with
what it said, and notes of telephone calls. What stays: answers, scores, and the audit trail, which never had
any of it.
"""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, or_, select, update

from pro_app.records import participants
from pro_app.records.participants import Participant
from pro_app.records.schema import delivery, participant
from pro_app.records.schema_clinic import phone_call
from pro_app.records.store import Transaction

_COLUMNS = [participant.c[name] for name in Participant.__dataclass_fields__]
_ANCHORS: dict[str, tuple[ColumnElement[date], ...]] = {
    "enrolment": (participant.c.enrolled_on,),
    "surgery": (participant.c.surgery_on,),
    "surgery_planned": (participant.c.surgery_planned_on, participant.c.surgery_done_on),
    "surgery_done": (participant.c.surgery_done_on,),
}


def candidates(
    tx: Transaction,
    bounds: Collection[tuple[str, date]],
    final: Collection[str],
    left_by: datetime,
    after: int,
    limit: int,
) -> tuple[Participant, ...]:
    """Who still has name and contact and may be due, by id, the next `limit` after `after`.

    bounds: anchor and date; whoever has that anchor on or before it may be due. final, left_by: statuses that
    end the participation, and since when at the latest.
    """
    may_be = [column <= day for anchor, day in bounds for column in _ANCHORS[anchor]]
    left = and_(participant.c.status.in_(tuple(final)), participant.c.status_since <= left_by)
    query = (
        select(*_COLUMNS)
        .where(participant.c.contact_deleted_at.is_(None), participant.c.id > after, or_(left, *may_be))
        .order_by(participant.c.id)
        .limit(limit)
    )
    return tuple(Participant(*row) for row in tx.conn.execute(query))


def erase(tx: Transaction, person: Participant, now: datetime) -> None:
    """Overwrite all that names or reaches the person. Raises `participants.ChangedMeanwhile`."""
    participants.erase_identity(tx, person, now)
    tx.conn.execute(
        update(delivery)
        .where(delivery.c.participant_id == person.id)
        .values(refused_address=None, detail=None)
    )
    tx.conn.execute(
        update(phone_call).where(phone_call.c.participant_id == person.id).values(note_sealed=None)
    )

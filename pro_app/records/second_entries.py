"""Forms on paper typed in a second time by somebody else; one row for each response that was."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from pro_app.errors import ProAppError
from pro_app.records.schema import response
from pro_app.records.schema_clinic import second_entry
from pro_app.records.store import Transaction

Answer = Mapping[str, object]


class SecondEntryThere(ProAppError):
    """Somebody else typed this form in for the second time first."""

    code = "second_entry_there"


@dataclass(frozen=True, slots=True)
class SecondEntry:
    """A second entry without its answers. `response`: the uuid of the response it repeats.

    differences: in how many items the two differed. settled_at: when it was decided what counts, at once
    where nothing differed.
    """

    id: int
    response: str
    timepoint: str
    instrument: str
    entered_by: str
    entered_at: datetime
    differences: int
    settled_by: str | None
    settled_at: datetime | None


_COLUMNS = (
    second_entry.c.id,
    response.c.uuid,
    response.c.timepoint,
    response.c.instrument,
    second_entry.c.entered_by,
    second_entry.c.entered_at,
    second_entry.c.differences,
    second_entry.c.settled_by,
    second_entry.c.settled_at,
)
_JOINED = (
    select(*_COLUMNS).join(response, response.c.id == second_entry.c.response_id).order_by(second_entry.c.id)
)


def add(
    tx: Transaction,
    response_id: int,
    answers: Mapping[str, Answer],
    entered_by: str,
    differences: int,
    now: datetime,
) -> None:
    """Keep what was typed; without differences it is settled at once. Raises `SecondEntryThere`."""
    settled = differences == 0
    try:
        tx.conn.execute(
            insert(second_entry).values(
                response_id=response_id,
                answers=json.dumps(answers, ensure_ascii=False, separators=(",", ":")),
                entered_by=entered_by,
                entered_at=now,
                differences=differences,
                settled_by=entered_by if settled else None,
                settled_at=now if settled else None,
            )
        )
    except IntegrityError as fault:
        raise SecondEntryThere() from fault


def of_participant(tx: Transaction, participant_id: int) -> tuple[SecondEntry, ...]:
    """All second entries of one participant, in the order they came."""
    rows = tx.conn.execute(_JOINED.where(response.c.participant_id == participant_id))
    return tuple(SecondEntry(*row) for row in rows)


def of_visit(tx: Transaction, participant_id: int, timepoint: str) -> dict[str, SecondEntry]:
    """The latest second entry of each instrument at this visit, also of a response corrected since."""
    return {one.instrument: one for one in of_participant(tx, participant_id) if one.timepoint == timepoint}


def answers_of(tx: Transaction, entry: SecondEntry) -> dict[str, Answer]:
    """What was typed, item by item."""
    text = tx.conn.execute(select(second_entry.c.answers).where(second_entry.c.id == entry.id)).scalar_one()
    found: dict[str, Answer] = json.loads(text)
    return found


def settle(tx: Transaction, entry: SecondEntry, by: str, now: datetime) -> bool:
    """Write down that it was decided what counts; False when somebody else had done so."""
    result = tx.conn.execute(
        update(second_entry)
        .where(second_entry.c.id == entry.id, second_entry.c.settled_at.is_(None))
        .values(settled_by=by, settled_at=now)
    )
    return result.rowcount == 1

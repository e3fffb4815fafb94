"""Forms on paper typed in a second time by somebody else; one row for each response that was.

The person's own words are sealed apart from the other answers, as they are in a response.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from pro_app import json_text
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
    free_text: Collection[str],
    entered_by: str,
    differences: int,
    now: datetime,
) -> None:
    """Keep what was typed; without differences it is settled at once. Raises `SecondEntryThere`.

    free_text: the ids whose value is the person's own words, which are sealed.
    """
    settled = differences == 0
    words = {item: one["value"] for item, one in answers.items() if item in free_text and "value" in one}
    plain = {item: {"sealed": True} if item in words else one for item, one in answers.items()}
    sealed = tx.keys.seal(json.dumps(words, ensure_ascii=False), _place(response_id)) if words else None
    try:
        tx.conn.execute(
            insert(second_entry).values(
                response_id=response_id,
                answers=json_text.compact(plain),
                free_text_sealed=sealed,
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


def of_responses(tx: Transaction, response_ids: Sequence[int]) -> dict[int, SecondEntry]:
    """The second entry of each of these responses that has one, for an export that says who agreed."""
    query = select(second_entry.c.response_id, *_COLUMNS).join(
        response, response.c.id == second_entry.c.response_id
    )
    rows = tx.conn.execute(query.where(second_entry.c.response_id.in_(response_ids)))
    return {response_id: SecondEntry(*entry) for response_id, *entry in rows}


def answers_of(tx: Transaction, entry: SecondEntry) -> dict[str, Answer]:
    """What was typed, item by item, with free text opened."""
    row = tx.conn.execute(
        select(second_entry.c.answers, second_entry.c.free_text_sealed, second_entry.c.response_id).where(
            second_entry.c.id == entry.id
        )
    ).one()
    found: dict[str, Answer] = json.loads(row.answers)
    if row.free_text_sealed:
        words = json.loads(tx.keys.unseal(row.free_text_sealed, _place(row.response_id)))
        found |= {item: {"value": value} for item, value in words.items()}
    return found


def _place(response_id: int) -> str:
    return f"second_entry/{response_id}/free_text"


def settle(tx: Transaction, entry: SecondEntry, by: str, now: datetime) -> bool:
    """Write down that it was decided what counts; False when somebody else had done so."""
    result = tx.conn.execute(
        update(second_entry)
        .where(second_entry.c.id == entry.id, second_entry.c.settled_at.is_(None))
        .values(settled_by=by, settled_at=now)
    )
    return result.rowcount == 1

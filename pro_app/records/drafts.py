"""Answers on their way: each answered screen is kept here until the response is sent.

The whole draft is sealed: it may hold free text, and nobody but the patient has a reason to read it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select, update

from pro_app.records.schema import draft
from pro_app.records.store import Transaction

Answer = Mapping[str, object]
# Built once: putting a statement together costs as much as running it.
_OF_VISIT = select(draft).where(
    draft.c.participant_id == bindparam("of"), draft.c.timepoint == bindparam("at")
)
_DROP = delete(draft).where(
    draft.c.participant_id == bindparam("of"),
    draft.c.timepoint == bindparam("at"),
    draft.c.instrument == bindparam("to"),
)


@dataclass(frozen=True, slots=True)
class Draft:
    """An unfinished response of one instrument at one visit."""

    response: str
    language: str
    pack: str
    position: str | None
    answers: Mapping[str, Answer]
    started_at: datetime
    updated_at: datetime


def _place(participant_id: int, timepoint: str, instrument: str) -> str:
    return f"draft/{participant_id}/{timepoint}/{instrument}"


def of_visit(tx: Transaction, participant_id: int, timepoint: str) -> dict[str, Draft]:
    """Drafts of one visit by instrument."""
    rows = tx.conn.execute(_OF_VISIT, {"of": participant_id, "at": timepoint})
    return {
        row.instrument: Draft(
            row.response,
            row.language,
            row.pack,
            row.position,
            json.loads(tx.keys.unseal(row.answers_sealed, _place(participant_id, timepoint, row.instrument))),
            row.started_at,
            row.updated_at,
        )
        for row in rows
    }


def put(
    tx: Transaction,
    participant_id: int,
    timepoint: str,
    instrument: str,
    *,
    response: str,
    language: str,
    pack: str,
    position: str | None,
    answers: Mapping[str, Answer],
    now: datetime,
) -> None:
    """Merge `answers` into the draft item by item; what was kept for other items stays."""
    where = (
        draft.c.participant_id == participant_id,
        draft.c.timepoint == timepoint,
        draft.c.instrument == instrument,
    )
    place = _place(participant_id, timepoint, instrument)
    row = tx.conn.execute(select(draft.c.answers_sealed).where(*where).with_for_update()).one_or_none()
    kept = json.loads(tx.keys.unseal(row.answers_sealed, place)) if row else {}
    values = {
        "language": language,
        "pack": pack,
        "position": position,
        "answers_sealed": tx.keys.seal(json.dumps({**kept, **answers}, ensure_ascii=False), place),
        "updated_at": now,
    }
    if row:
        tx.conn.execute(update(draft).where(*where).values(**values))
    else:
        tx.conn.execute(
            insert(draft),
            {
                "participant_id": participant_id,
                "timepoint": timepoint,
                "instrument": instrument,
                "response": response,
                "started_at": now,
                **values,
            },
        )


def drop(tx: Transaction, participant_id: int, timepoint: str, instrument: str) -> None:
    """Forget a draft whose response is stored."""
    tx.conn.execute(_DROP, {"of": participant_id, "at": timepoint, "to": instrument})

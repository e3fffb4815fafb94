"""Answers on their way: each answered screen is kept here until the response is sent.

The whole draft is sealed: it may hold free text, and nobody but the patient has a reason to read it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select, update

from pro_app.records.participants import ID_OF_HANDLE
from pro_app.records.prepared import Asked, Prepared, Row
from pro_app.records.schema import draft
from pro_app.records.store import Transaction

Answer = Mapping[str, object]
_DRAFTS = select(
    draft.c.participant_id,
    draft.c.instrument,
    draft.c.response,
    draft.c.language,
    draft.c.pack,
    draft.c.position,
    draft.c.answers_sealed,
    draft.c.started_at,
    draft.c.updated_at,
).where(draft.c.timepoint == bindparam("at"))
_OF_VISIT = Prepared(_DRAFTS.where(draft.c.participant_id == bindparam("of")))
_OF_HANDLE = Prepared(_DRAFTS.where(draft.c.participant_id == ID_OF_HANDLE))
_ONE = (
    draft.c.participant_id == bindparam("of"),
    draft.c.timepoint == bindparam("at"),
    draft.c.instrument == bindparam("to"),
)
_DROP = Prepared(delete(draft).where(*_ONE))
_SEALED = Prepared(select(draft.c.answers_sealed).where(*_ONE).with_for_update())
_KEPT = ("language", "pack", "position", "answers_sealed", "updated_at")
_BEGIN = Prepared(
    insert(draft), fill=("participant_id", "timepoint", "instrument", "response", "started_at", *_KEPT)
)
_GO_ON = Prepared(update(draft).where(*_ONE).values({name: bindparam(f"new_{name}") for name in _KEPT}))


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
    return _read(tx, timepoint, _OF_VISIT.rows(tx, {"of": participant_id, "at": timepoint}))


def ask_of_visit(tx: Transaction, handle: str, timepoint: str) -> Asked[dict[str, Draft]]:
    """The same of the participant of that handle, without waiting for it."""
    asked = _OF_HANDLE.ask(tx, {"handle": handle, "at": timepoint})
    return asked.then(lambda rows: _read(tx, timepoint, rows))


def _read(tx: Transaction, timepoint: str, rows: list[Row]) -> dict[str, Draft]:
    found: dict[str, Draft] = {}
    for (
        participant_id,
        instrument,
        response,
        language,
        pack,
        position,
        sealed,
        started_at,
        updated_at,
    ) in rows:
        answers = json.loads(tx.keys.unseal(sealed, _place(participant_id, timepoint, instrument)))
        found[instrument] = Draft(response, language, pack, position, answers, started_at, updated_at)
    return found


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
    one = {"of": participant_id, "at": timepoint, "to": instrument}
    place = _place(participant_id, timepoint, instrument)
    row = _SEALED.one_or_none(tx, one)
    kept = json.loads(tx.keys.unseal(row[0], place)) if row else {}
    values = {
        "language": language,
        "pack": pack,
        "position": position,
        "answers_sealed": tx.keys.seal(json.dumps({**kept, **answers}, ensure_ascii=False), place),
        "updated_at": now,
    }
    if row:
        _GO_ON.run(tx, {**one, **{f"new_{name}": value for name, value in values.items()}})
    else:
        _BEGIN.run(
            tx,
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
    _DROP.run(tx, {"of": participant_id, "at": timepoint, "to": instrument})

"""What is known of forms that are not in: when each was first opened, and why it is missing.

Both in one query: where a participant stands is asked while somebody waits for a receipt.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    CompoundSelect,
    String,
    any_,
    bindparam,
    null,
    select,
    type_coerce,
    union_all,
)

from pro_app.records.participants import ID_OF_HANDLE
from pro_app.records.prepared import Asked, Prepared
from pro_app.records.schema import draft
from pro_app.records.schema_clinic import missing_reason
from pro_app.records.store import Transaction


def _query(drafts: ColumnElement[bool], reasons: ColumnElement[bool]) -> CompoundSelect[Any]:
    return union_all(
        select(
            draft.c.participant_id,
            draft.c.timepoint,
            draft.c.instrument,
            draft.c.started_at,
            type_coerce(null(), String).label("reason"),
        ).where(drafts),
        select(
            missing_reason.c.participant_id,
            missing_reason.c.timepoint,
            missing_reason.c.instrument,
            missing_reason.c.recorded_at,
            missing_reason.c.reason,
        ).where(reasons),
    )


_EACH: BindParameter[Any] = bindparam("ids", expanding=True)
# One array instead of a parameter for each: for a page of hundreds that is most of the time.
_ARRAY: BindParameter[Any] = bindparam("ids", type_=ARRAY(BigInteger))
_OF_ONE = Prepared(
    _query(draft.c.participant_id == ID_OF_HANDLE, missing_reason.c.participant_id == ID_OF_HANDLE)
)
_UNFINISHED = _query(draft.c.participant_id.in_(_EACH), missing_reason.c.participant_id.in_(_EACH))
_ON_POSTGRES = _query(draft.c.participant_id == any_(_ARRAY), missing_reason.c.participant_id == any_(_ARRAY))


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Of one participant, timepoint -> instrument -> when opened (UTC), or the reason on record."""

    opened: dict[str, dict[str, datetime]]
    excused: dict[str, dict[str, str]]


def of_one(tx: Transaction, handle: str) -> Asked[Unfinished]:
    """What is known of the participant of that handle; nothing if there is no such participant."""
    return _OF_ONE.ask(tx, {"handle": handle}).then(_read)


def of_many(tx: Transaction, participant_ids: Sequence[int]) -> dict[int, Unfinished]:
    """What is known of each of `participant_ids`; nobody is left out."""
    query = _ON_POSTGRES if tx.on_postgres else _UNFINISHED
    of_each: dict[int, list[Sequence[Any]]] = {one: [] for one in participant_ids}
    for row in tx.conn.execute(query, {"ids": list(participant_ids)}):
        of_each[row.participant_id].append(row)
    return {one: _read(rows) for one, rows in of_each.items()}


def _read(rows: Iterable[Sequence[Any]]) -> Unfinished:
    found = Unfinished({}, {})
    for _, timepoint, instrument, at, reason in rows:
        if reason is None:
            found.opened.setdefault(timepoint, {})[instrument] = at
        else:
            found.excused.setdefault(timepoint, {})[instrument] = reason
    return found

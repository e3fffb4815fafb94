"""What of a participant has come in: when each form was sent and opened, and the window it was sent in.

In one query: where a participant stands is asked while somebody waits for a receipt.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, select

from pro_app.records.participants import ID_OF_HANDLE
from pro_app.records.prepared import Asked, Prepared
from pro_app.records.responses import COUNTS
from pro_app.records.schema import response
from pro_app.records.store import Transaction


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What of one participant has come in: `received` and `opened`, timepoint -> instrument -> instant
    (UTC); `windows`, timepoint -> due, opens, closes as they were when the latest response came;
    `completed`, timepoint -> instrument -> the day a form that staff typed in was answered."""

    received: dict[str, dict[str, datetime]]
    opened: dict[str, dict[str, datetime]]
    windows: dict[str, tuple[date, date, date]]
    completed: dict[str, dict[str, date]]


_ARRIVED = select(
    response.c.id,
    response.c.participant_id,
    response.c.timepoint,
    response.c.instrument,
    response.c.received_at,
    response.c.completed_on,
    response.c.opened_at,
    response.c.window_due,
    response.c.window_opens,
    response.c.window_closes,
).where(COUNTS)
# Sorted here: SQLite makes a tree for it, which takes longer than finding the rows.
_OF_ONE = Prepared(_ARRIVED.where(response.c.participant_id == ID_OF_HANDLE))
_IN_ORDER = _ARRIVED.order_by(response.c.id)
_OF_EACH = _IN_ORDER.where(response.c.participant_id.in_(bindparam("ids", expanding=True)))
# One array instead of a parameter for each: for a page of hundreds that is most of the time.
_OF_ARRAY = _IN_ORDER.where(response.c.participant_id == any_(bindparam("ids", type_=ARRAY(BigInteger))))


def of_one(tx: Transaction, handle: str) -> Asked[Arrivals]:
    """The current responses of the participant of that handle; none if there is no such participant."""
    return _OF_ONE.ask(tx, {"handle": handle}).then(lambda rows: _read(sorted(rows, key=itemgetter(0))))


def of_many(tx: Transaction, participant_ids: Sequence[int]) -> dict[int, Arrivals]:
    """The current responses of each of `participant_ids`, in one query; nobody is left out."""
    query = _OF_ARRAY if tx.on_postgres else _OF_EACH
    of_each: dict[int, list[Sequence[Any]]] = {one: [] for one in participant_ids}
    for row in tx.conn.execute(query, {"ids": list(participant_ids)}):
        of_each[row.participant_id].append(row)
    return {one: _read(rows) for one, rows in of_each.items()}


def _read(rows: Iterable[Sequence[Any]]) -> Arrivals:
    found = Arrivals({}, {}, {}, {})
    for _, _, timepoint, instrument, received_at, completed_on, opened_at, due, opens, closes in rows:
        found.received.setdefault(timepoint, {})[instrument] = received_at
        if completed_on is not None:
            found.completed.setdefault(timepoint, {})[instrument] = completed_on
        if opened_at is not None:
            found.opened.setdefault(timepoint, {})[instrument] = opened_at
        if due is not None:
            found.windows[timepoint] = (due, opens, closes)
    return found

"""Signatures of investigators, and what stands under them: rows are added, never changed.

A signature is bound to what was signed by its hash. Whether it still holds is not stored: it holds as long as
the responses that count at the visit hash to the same.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import insert, select

from pro_app.records.schema import response
from pro_app.records.schema_clinic import signature
from pro_app.records.store import Transaction

Proof = Literal["password", "totp", "recovery_code"]


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature. `name` is as it was on that day; `content` is what was signed (see `content_of`)."""

    participant_id: int
    timepoint: str
    meaning: str
    signed_by: str
    name: str
    proved_by: Proof
    signed_at: datetime
    content: str
    hash: str


_NAMES = tuple(Signature.__dataclass_fields__)
_COLUMNS = [signature.c[name] for name in _NAMES]
_COUNTING = (
    select(
        response.c.participant_id,
        response.c.timepoint,
        response.c.instrument,
        response.c.uuid,
        response.c.revision,
        response.c.content_hash,
    )
    .where(response.c.standing == "current")
    .order_by(response.c.participant_id, response.c.timepoint, response.c.instrument)
)


def add(tx: Transaction, new: Signature) -> None:
    tx.conn.execute(insert(signature).values(**{name: getattr(new, name) for name in _NAMES}))


def of_many(tx: Transaction, participant_ids: Sequence[int]) -> dict[int, dict[str, list[Signature]]]:
    """participant -> timepoint -> every signature, the newest last; nobody is left out."""
    found: dict[int, dict[str, list[Signature]]] = {one: {} for one in participant_ids}
    query = select(*_COLUMNS).where(signature.c.participant_id.in_(participant_ids)).order_by(signature.c.id)
    for row in tx.conn.execute(query):
        found[row.participant_id].setdefault(row.timepoint, []).append(Signature(*row))
    return found


def contents(tx: Transaction, participant_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """participant -> timepoint -> what counts there now, in the one spelling that is signed.

    JSON: the participant's number in the database, the visit, and of each response that counts, by
    instrument, its id, its revision and the hash of its content, which covers every answer.
    """
    rows: dict[int, dict[str, list[list[object]]]] = {one: {} for one in participant_ids}
    for one, timepoint, *told in tx.conn.execute(
        _COUNTING.where(response.c.participant_id.in_(participant_ids))
    ):
        rows[one].setdefault(timepoint, []).append(told)
    return {
        one: {
            timepoint: json.dumps(
                {"participant": one, "timepoint": timepoint, "responses": told},
                sort_keys=True,
                separators=(",", ":"),
            )
            for timepoint, told in visits.items()
        }
        for one, visits in rows.items()
    }


def hash_of(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()

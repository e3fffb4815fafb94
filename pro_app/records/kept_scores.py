"""Responses together with every score they ever got, read page by page to be judged again.

One response may have scores of several algorithms side by side: a later one adds rows and takes none away.
Nothing is unsealed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select

from pro_app.records.responses import Answer, by_algorithm
from pro_app.records.schema import participant, response
from pro_app.records.store import Transaction
from pro_app.scoring.result import ScaleScore


@dataclass(frozen=True, slots=True)
class Kept:
    """A response with its answers (free text stays sealed) and its scores.

    sheets: algorithm -> its scores, in the order in which they were computed; the last one counts.
    answers_hashes: the hashes of the answers that the scores say they come from.
    """

    id: int
    uuid: str
    participant_id: int
    study_number: str
    site: str
    timepoint: str
    instrument: str
    version: str
    content_hash: str
    answers: Mapping[str, Answer]
    sheets: Mapping[str, tuple[ScaleScore, ...]]
    answers_hashes: frozenset[str]


def count(tx: Transaction) -> int:
    """How many responses there are, whatever their standing."""
    return int(tx.conn.execute(select(func.count()).select_from(response)).scalar_one())


def page(tx: Transaction, after_id: int = 0, limit: int = 500) -> tuple[Kept, ...]:
    """The next responses by id, whatever their standing; fewer than `limit` on the last page."""
    return _read(tx, _query().where(response.c.id > after_id).order_by(response.c.id).limit(limit))


def by_ids(tx: Transaction, ids: tuple[int, ...]) -> tuple[Kept, ...]:
    """These responses as they are now."""
    return _read(tx, _query().where(response.c.id.in_(ids)).order_by(response.c.id))


def by_uuid(tx: Transaction, uuid: str) -> Kept | None:
    found = _read(tx, _query().where(response.c.uuid == uuid))
    return found[0] if found else None


def _query() -> Select[Any]:
    return select(
        response.c.id,
        response.c.uuid,
        response.c.participant_id,
        participant.c.study_number,
        participant.c.site,
        response.c.timepoint,
        response.c.instrument,
        response.c.version,
        response.c.content_hash,
        response.c.answers,
    ).join(participant, participant.c.id == response.c.participant_id)


def _read(tx: Transaction, query: Select[Any]) -> tuple[Kept, ...]:
    rows = tx.conn.execute(query).all()
    scores = by_algorithm(tx, [row.id for row in rows])
    return tuple(
        Kept(
            id=row.id,
            uuid=row.uuid,
            participant_id=row.participant_id,
            study_number=row.study_number,
            site=row.site,
            timepoint=row.timepoint,
            instrument=row.instrument,
            version=row.version,
            content_hash=row.content_hash,
            answers=json.loads(row.answers),
            sheets={name: tuple(one.result for one in rows) for name, rows in scores[row.id].items()},
            answers_hashes=frozenset(one.answers_hash for rows in scores[row.id].values() for one in rows),
        )
        for row in rows
    )

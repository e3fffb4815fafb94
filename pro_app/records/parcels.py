"""Responses as parcels for a registry: study number, site, visit, answers and scores; no identity.

Free text is sealed in a column that is not even read here; its item arrives as `{"sealed": true}`.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Row, Select, select

from pro_app.errors import ProAppError
from pro_app.ports import Parcel
from pro_app.records.outbox import Claim, Kind
from pro_app.records.schema import outbox, participant, response, score
from pro_app.records.store import Transaction
from pro_app.scoring.result import ScaleScore

_BATCH = 200


class KeptBeside(ProAppError):
    """A second, different response for a visit: a person decides which one the registry gets."""

    code = "kept_beside"


def build(
    tx: Transaction, claims: Iterable[Claim], study: str, citations: Mapping[str, str]
) -> dict[int, Parcel | KeptBeside]:
    """A parcel for each claim, by the claim's id; `citations` maps instrument id to its scoring rules."""
    claims = tuple(claims)
    rows = {row.id: row for row in tx.conn.execute(_query().where(_among(claims)))}
    scores = _scores(tx, rows)
    return {
        claim.id: KeptBeside(response=rows[claim.response_id].uuid)
        if rows[claim.response_id].standing == "beside"
        else _parcel(rows[claim.response_id], claim.kind, scores, study, citations)
        for claim in claims
    }


@dataclass(frozen=True, slots=True)
class Record:
    """A record's newest row and what it carries. settled: the registry has confirmed it."""

    row: int
    parcel: Parcel
    settled: bool


def records(tx: Transaction, registry: str, study: str, citations: Mapping[str, str]) -> Iterator[Record]:
    """Every record that was ever written for `registry`, in its newest state."""
    rows = tx.conn.execute(
        select(
            outbox.c.id,
            outbox.c.response_id,
            outbox.c.kind,
            outbox.c.state,
            outbox.c.participant_id,
            response.c.timepoint,
            response.c.instrument,
        )
        .join(response, response.c.id == outbox.c.response_id)
        .where(outbox.c.registry == registry, response.c.standing != "beside")
        .order_by(outbox.c.id)
    )
    newest = list({(row.participant_id, row.timepoint, row.instrument): row for row in rows}.values())
    for start in range(0, len(newest), _BATCH):
        part = newest[start : start + _BATCH]
        found = {
            one.id: one
            for one in tx.conn.execute(_query().where(response.c.id.in_([row.response_id for row in part])))
        }
        scores = _scores(tx, found)
        for row in part:
            parcel = _parcel(found[row.response_id], cast(Kind, row.kind), scores, study, citations)
            yield Record(row.id, parcel, row.state == "delivered")


def _among(claims: Collection[Claim]) -> Any:
    return response.c.id.in_([claim.response_id for claim in claims])


def _query() -> Select[Any]:
    return select(
        response.c.id,
        response.c.uuid,
        response.c.timepoint,
        response.c.instrument,
        response.c.version,
        response.c.language,
        response.c.pack,
        response.c.mode,
        response.c.helper,
        response.c.standing,
        response.c.revision,
        response.c.finished_at,
        response.c.received_at,
        response.c.answers,
        response.c.content_hash,
        participant.c.uuid.label("participant"),
        participant.c.study_number,
        participant.c.site,
    ).join(participant, participant.c.id == response.c.participant_id)


def _scores(tx: Transaction, response_ids: Collection[int]) -> dict[int, dict[str, list[ScaleScore]]]:
    """Scores by response and algorithm, algorithms in the order in which they were computed."""
    found: dict[int, dict[str, list[ScaleScore]]] = defaultdict(dict)
    rows = tx.conn.execute(select(score).where(score.c.response_id.in_(response_ids)).order_by(score.c.id))
    for row in rows:
        one = ScaleScore(
            row.scale, row.value, row.reason, tuple(row.used.split()), tuple(row.missing.split())
        )
        found[row.response_id].setdefault(row.algorithm, []).append(one)
    return found


def _parcel(
    row: Row[Any],
    kind: Kind,
    scores: Mapping[int, Mapping[str, list[ScaleScore]]],
    study: str,
    citations: Mapping[str, str],
) -> Parcel:
    # Scored anew by later rules: the registry gets the newest result.
    algorithm, sheet = (list(scores.get(row.id, {}).items()) or [("", [])])[-1]
    return Parcel(
        kind=kind,
        study=study,
        site=row.site,
        study_number=row.study_number,
        participant=row.participant,
        response=row.uuid,
        revision=row.revision,
        timepoint=row.timepoint,
        instrument=row.instrument,
        version=row.version,
        language=row.language,
        pack=row.pack,
        mode=row.mode,
        helper=row.helper,
        authored=row.finished_at,
        received=row.received_at,
        content_hash=row.content_hash,
        answers=json.loads(row.answers),
        algorithm=algorithm,
        citation=citations.get(row.instrument, ""),
        scores=tuple(sheet),
    )

"""Responses and their scores: written once, never edited; free text sealed apart from the answers."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import and_, bindparam, false, insert, literal_column, select, true, union_all

from pro_app import json_text
from pro_app.records.participants import ID_OF_HANDLE
from pro_app.records.prepared import Asked, Prepared, Row
from pro_app.records.schema import response, score
from pro_app.records.store import Transaction
from pro_app.scoring.result import ScaleScore

Mode = Literal["own_phone", "clinic_tablet", "interview", "paper"]
Helper = Literal["alone", "read", "filled"]
Standing = Literal["current", "beside", "replaced", "withdrawn"]
Answer = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class NewResponse:
    """One instrument at one timepoint as it was sent.

    `answers` maps item id to `{"value": …}` or `{"missing": code}`; `free_text` holds the ids whose
    value is the person's own words, which are sealed. `opened_at` is when the form was first
    opened on the server's clock, `window` due, opens, closes of the visit then. `completed_on`: the day at
    the site on which a form on paper or an interview was answered, `entered_by` the login of who typed it.
    """

    uuid: str
    participant_id: int
    timepoint: str
    instrument: str
    version: str
    language: str
    pack: str
    mode: Mode
    helper: Helper | None
    standing: Standing
    reason: str | None
    revision: int
    started_at: datetime
    finished_at: datetime
    received_at: datetime
    opened_at: datetime | None
    window: tuple[date, date, date] | None
    answers: Mapping[str, Answer]
    free_text: frozenset[str]
    content_hash: str
    completed_on: date | None = None
    entered_by: str | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """A response as lists and receipts need it: without its answers."""

    id: int
    uuid: str
    participant_id: int
    timepoint: str
    instrument: str
    version: str
    language: str
    pack: str
    mode: Mode
    helper: Helper | None
    standing: Standing
    reason: str | None
    revision: int
    started_at: datetime
    finished_at: datetime
    received_at: datetime
    content_hash: str
    completed_on: date | None = None
    entered_by: str | None = None


_COLUMNS = [response.c[name] for name in Stored.__dataclass_fields__]
_OF_FORM = and_(
    response.c.timepoint == bindparam("timepoint"), response.c.instrument == bindparam("instrument")
)
_BY_UUID = Prepared(select(*_COLUMNS).where(response.c.uuid == bindparam("uuid")))
# Two questions in one, not one with OR: for that PostgreSQL, which plans it while the table is small, reads
# every response there is until the table is next analysed.
_SO_FAR = Prepared(
    union_all(
        select(*_COLUMNS, false().label("theirs")).where(response.c.uuid == bindparam("uuid")),
        select(*_COLUMNS, true()).where(response.c.participant_id == ID_OF_HANDLE, _OF_FORM),
    )
)
# Written out, not a parameter: for a parameter that a partial index depends on, SQLite plans the statement
# anew each time it runs, which takes longer than running it.
COUNTS = response.c.standing == literal_column("'current'")
_CURRENT = Prepared(
    select(*_COLUMNS).where(response.c.participant_id == bindparam("participant"), _OF_FORM, COUNTS)
)
_FILLED = [column.name for column in response.columns if column is not response.c.id]
_INSERT = Prepared(insert(response).returning(response.c.id), fill=_FILLED)
_INSERT_AS = Prepared(insert(response).inline(), fill=["id", *_FILLED])
_NEXT_ID = Prepared(select(literal_column("nextval('response_id_seq')")))
_INSERT_SCORES = Prepared(
    insert(score).inline(), fill=[column.name for column in score.columns if column is not score.c.id]
)
_SCORES = select(score).where(score.c.response_id.in_(bindparam("ids", expanding=True))).order_by(score.c.id)


def _read(row: Sequence[Any]) -> Stored:
    return Stored(*row)


def _place(uuid: str) -> str:
    return f"response/{uuid}/free_text"


def next_id(tx: Transaction) -> Asked[int | None]:
    """An id of which PostgreSQL will make no second one, so that what follows a new response can go over with
    it; a response that is not made after all leaves a gap. None on SQLite, where nothing is far away."""
    if not tx.on_postgres:
        return Asked(lambda: None)
    return _NEXT_ID.ask(tx, {}).then(lambda rows: int(rows[0][0]))


def add(tx: Transaction, new: NewResponse, as_id: int | None = None) -> int:
    """Store a response, return its id. A second `current` one for the same visit breaks a unique index.

    as_id: one that `next_id` gave; nothing is waited for then.
    """
    open_answers: dict[str, Answer] = {}
    words: dict[str, object] = {}
    for item, answer in new.answers.items():
        if item in new.free_text and "value" in answer:
            words[item] = answer["value"]
            open_answers[item] = {"sealed": True}
        else:
            open_answers[item] = answer
    sealed = tx.keys.seal(json.dumps(words, ensure_ascii=False), _place(new.uuid)) if words else None
    due, opens, closes = new.window or (None, None, None)
    row = {
        "uuid": new.uuid,
        "participant_id": new.participant_id,
        "timepoint": new.timepoint,
        "instrument": new.instrument,
        "version": new.version,
        "language": new.language,
        "pack": new.pack,
        "mode": new.mode,
        "helper": new.helper,
        "standing": new.standing,
        "reason": new.reason,
        "revision": new.revision,
        "started_at": new.started_at,
        "finished_at": new.finished_at,
        "received_at": new.received_at,
        "completed_on": new.completed_on,
        "entered_by": new.entered_by,
        "opened_at": new.opened_at,
        "window_due": due,
        "window_opens": opens,
        "window_closes": closes,
        "answers": json_text.compact(open_answers),
        "free_text_sealed": sealed,
        "content_hash": new.content_hash,
    }
    if as_id is not None:
        _INSERT_AS.run(tx, {**row, "id": as_id})
        return as_id
    made = _INSERT.one_or_none(tx, row)
    assert made is not None
    return int(made[0])


def add_scores(
    tx: Transaction, response_id: int, algorithm: str, scores: Iterable[ScaleScore], answers_hash: str
) -> None:
    """Store one row per scale, each with its value or the reason why there is none."""
    _INSERT_SCORES.run_each(
        tx,
        [
            {
                "response_id": response_id,
                "algorithm": algorithm,
                "scale": one.scale,
                "value": one.value,
                "reason": one.reason,
                "used": " ".join(one.used),
                "missing": " ".join(one.missing),
                "answers_hash": answers_hash,
            }
            for one in scores
        ],
    )


def by_uuid(tx: Transaction, uuid: str) -> Stored | None:
    row = _BY_UUID.one_or_none(tx, {"uuid": uuid})
    return _read(row) if row else None


def of_form(
    tx: Transaction, uuid: str, handle: str, timepoint: str, instrument: str
) -> Asked[tuple[Stored | None, int]]:
    """The response with this id, wherever it belongs, and the highest revision that this form of the
    participant of that handle has ever had; 0 when nothing has come to it."""

    def read(rows: list[Row]) -> tuple[Stored | None, int]:
        found = [(_read(row[:-1]), row[-1]) for row in rows]
        revision = max((one.revision for one, theirs in found if theirs), default=0)
        return next((one for one, _ in found if one.uuid == uuid), None), revision

    names = {"uuid": uuid, "handle": handle, "timepoint": timepoint, "instrument": instrument}
    return _SO_FAR.ask(tx, names).then(read)


def current(tx: Transaction, participant_id: int, timepoint: str, instrument: str) -> Stored | None:
    """The response that counts for this instrument at this visit."""
    names = {"participant": participant_id, "timepoint": timepoint, "instrument": instrument}
    row = _CURRENT.one_or_none(tx, names)
    return _read(row) if row else None


def of_participant(tx: Transaction, participant_id: int) -> tuple[Stored, ...]:
    """Every response of one participant, whatever its standing, in the order they came."""
    rows = tx.conn.execute(
        select(*_COLUMNS).where(response.c.participant_id == participant_id).order_by(response.c.id)
    )
    return tuple(_read(row) for row in rows)


def answers_of(tx: Transaction, uuid: str) -> dict[str, Answer]:
    """The answers of one response with its free text opened again."""
    row = tx.conn.execute(
        select(response.c.answers, response.c.free_text_sealed).where(response.c.uuid == uuid)
    ).one()
    answers: dict[str, Answer] = json.loads(row.answers)
    if row.free_text_sealed:
        for item, value in json.loads(tx.keys.unseal(row.free_text_sealed, _place(uuid))).items():
            answers[item] = {"value": value}
    return answers


@dataclass(frozen=True, slots=True)
class StoredScore:
    """A score with the visit it belongs to."""

    timepoint: str
    instrument: str
    received_at: datetime
    algorithm: str
    result: ScaleScore


def scores_of(tx: Transaction, participant_id: int) -> tuple[StoredScore, ...]:
    """Every score of a participant's current responses, each by the algorithm that scored it last.

    A later algorithm's rows stand beside the older ones, which stay: only the newest are given.
    """
    rows = tx.conn.execute(
        select(
            score.c.response_id,
            response.c.timepoint,
            response.c.instrument,
            response.c.received_at,
            score.c.algorithm,
            score.c.scale,
            score.c.value,
            score.c.reason,
            score.c.used,
            score.c.missing,
        )
        .join(response, response.c.id == score.c.response_id)
        .where(response.c.participant_id == participant_id, response.c.standing == "current")
        .order_by(score.c.id)
    ).all()
    newest = {row.response_id: row.algorithm for row in rows}
    return tuple(
        StoredScore(row.timepoint, row.instrument, row.received_at, row.algorithm, _result(row))
        for row in rows
        if newest[row.response_id] == row.algorithm
    )


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """A score as it lies there, with the hash of the answers it was computed from."""

    result: ScaleScore
    answers_hash: str


def by_algorithm(tx: Transaction, response_ids: Sequence[int]) -> dict[int, dict[str, list[ScoreRow]]]:
    """The scores of each of these responses by algorithm, in the order in which they were computed."""
    found: dict[int, dict[str, list[ScoreRow]]] = {one: {} for one in response_ids}
    for row in tx.conn.execute(_SCORES, {"ids": list(response_ids)}):
        found[row.response_id].setdefault(row.algorithm, []).append(ScoreRow(_result(row), row.answers_hash))
    return found


def _result(row: Any) -> ScaleScore:
    return ScaleScore(row.scale, row.value, row.reason, tuple(row.used.split()), tuple(row.missing.split()))

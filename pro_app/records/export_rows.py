"""Reading everything for an export, a page of participants at a time, from one consistent moment.

Identity and free text live in columns that are not read here: they can't leave by mistake.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, func, select

from pro_app.records.participants import Participant
from pro_app.records.schema import audit, participant, response, score
from pro_app.records.schema_clinic import missing_reason, second_entry
from pro_app.records.store import Transaction

# Few at a time: what is alive is walked by the garbage collector again and again.
PAGE = 50
# The audit rows that say when, by what and why a response was changed by a person.
CHANGES = ("response_corrected", "response_withdrawn", "response_moved", "response_chosen")


@dataclass(frozen=True, slots=True)
class Score:
    """One scale of a response: a value or a reason. `used` and `missing` name its items or scales."""

    value: float | None
    reason: str | None
    used: str
    missing: str


@dataclass(frozen=True, slots=True)
class SecondEntry:
    """A form on paper typed in again: by whom, in how many items it differed, who decided (None: nobody)."""

    by: str
    differences: int
    settled_by: str | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A response with its answers and scores. Of free text it holds only `{"sealed": true}`.

    `scores` are those of `algorithm`, the one that scored last; by scale, in the instrument's order.
    """

    id: int
    uuid: str
    participant_id: int
    timepoint: str
    instrument: str
    version: str
    language: str
    pack: str
    mode: str
    helper: str | None
    standing: str
    reason: str | None
    revision: int
    started_at: datetime
    finished_at: datetime
    received_at: datetime
    completed_on: date | None
    entered_by: str | None
    window_due: date | None
    window_opens: date | None
    window_closes: date | None
    content_hash: str
    answers: Mapping[str, Mapping[str, Any]]
    algorithm: str
    scores: Mapping[str, Score]
    second: SecondEntry | None


@dataclass(frozen=True, slots=True)
class Change:
    """What a person did to a response: when, what (one of `CHANGES`) and why."""

    at: datetime
    action: str
    reason: str


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes by response: `made` what came out of one, `ended` what no longer counts because of one."""

    made: Mapping[str, Change]
    ended: Mapping[str, Change]


_PERSON = [participant.c[name] for name in Participant.__dataclass_fields__]
_SHEET_NAMES = [name for name in Sheet.__dataclass_fields__ if name not in ("algorithm", "scores", "second")]
_SECOND = (second_entry.c.entered_by, second_entry.c.differences, second_entry.c.settled_by)
_SHEETS = (
    select(*(response.c[name] for name in _SHEET_NAMES), *_SECOND)
    .outerjoin_from(response, second_entry, second_entry.c.response_id == response.c.id)
    .where(response.c.participant_id.in_(bindparam("ids", expanding=True)))
    .order_by(response.c.id)
)
_SCORES = (
    select(
        score.c.response_id,
        score.c.algorithm,
        score.c.scale,
        score.c.value,
        score.c.reason,
        score.c.used,
        score.c.missing,
    )
    .join(response, response.c.id == score.c.response_id)
    .where(response.c.participant_id.in_(bindparam("ids", expanding=True)))
    .order_by(score.c.id)
)


def freeze(tx: Transaction) -> None:
    """See one moment until the end, however long reading takes; must be the first thing done with `tx`.

    SQLite's transactions do so by themselves; PostgreSQL's must be asked to.
    """
    if tx.on_postgres:
        tx.conn.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def count_people(tx: Transaction, sites: Collection[str]) -> int:
    query = select(func.count()).select_from(participant).where(participant.c.site.in_(tuple(sites)))
    return int(tx.conn.execute(query).scalar_one())


def kept(tx: Transaction) -> frozenset[tuple[str, str]]:
    """Visit and instrument of everything that is stored."""
    rows = tx.conn.execute(select(response.c.timepoint, response.c.instrument).distinct())
    return frozenset((timepoint, instrument) for timepoint, instrument in rows)


def excuses(tx: Transaction) -> frozenset[str]:
    """Every reason that staff have put on record for a missing form."""
    return frozenset(tx.conn.execute(select(missing_reason.c.reason).distinct()).scalars())


def people(tx: Transaction, sites: Collection[str]) -> Iterator[tuple[Participant, ...]]:
    """Pages of the participants of `sites`, in the order in which they were enrolled."""
    query = (
        select(*_PERSON)
        .where(participant.c.site.in_(tuple(sites)), participant.c.id > bindparam("after"))
        .order_by(participant.c.id)
        .limit(PAGE)
    )
    after = 0
    while rows := tx.conn.execute(query, {"after": after}).all():
        yield tuple(Participant(*row) for row in rows)
        after = rows[-1].id


def sheets(tx: Transaction, participant_ids: Sequence[int]) -> dict[int, list[Sheet]]:
    """Every response of these participants, whatever its standing, in the order they were stored."""
    found: dict[int, list[Sheet]] = {one: [] for one in participant_ids}
    scores = _scores(tx, participant_ids)
    for row in tx.conn.execute(_SHEETS, {"ids": list(participant_ids)}):
        plain, entered = tuple[Any, ...](row[: -len(_SECOND)]), row[-len(_SECOND) :]
        by_algorithm = scores.get(plain[0], {})
        algorithm = next(reversed(by_algorithm), "")
        second = SecondEntry(*entered) if entered[0] is not None else None
        own = (json.loads(plain[-1]), algorithm, by_algorithm.get(algorithm, {}), second)
        sheet = Sheet(*(plain[:-1] + own))
        found[sheet.participant_id].append(sheet)
    return found


def _scores(tx: Transaction, participant_ids: Sequence[int]) -> dict[int, dict[str, dict[str, Score]]]:
    """Scores by response, algorithm (in the order in which they were computed) and scale."""
    found: dict[int, dict[str, dict[str, Score]]] = defaultdict(dict)
    for response_id, algorithm, scale, value, reason, used, missing in tx.conn.execute(
        _SCORES, {"ids": list(participant_ids)}
    ).all():
        found[response_id].setdefault(algorithm, {})[scale] = Score(value, reason, used, missing)
    return found


def changes(tx: Transaction) -> Changes:
    """Every correction, move and withdrawal on the audit trail, by the responses it concerns."""
    made: dict[str, Change] = {}
    ended: dict[str, Change] = {}
    rows = tx.conn.execute(
        select(audit.c.at, audit.c.action, audit.c.detail)
        .where(audit.c.action.in_(CHANGES))
        .order_by(audit.c.id)
    )
    for at, action, detail in rows:
        told = json.loads(detail)
        change = Change(at, action, str(told.get("reason", "")))
        if new := told.get("response"):
            made[new] = change
        if old := told.get("was"):
            ended[old] = change
    return Changes(made, ended)

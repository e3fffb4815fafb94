"""Alerts: which scores staff must look at, when they were raised, who was told, what was done.

A response may set off several; they are listed, acknowledged and escalated together.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, bindparam, func, insert, select, update

from pro_app.instruments.definition import Instrument
from pro_app.records.participants import Participant
from pro_app.records.prepared import Prepared
from pro_app.records.schema import participant, response, score
from pro_app.records.schema_clinic import alert
from pro_app.records.store import Transaction
from pro_app.schedule.alarming import Scores, alarms, must_know_before
from pro_app.schedule.outreach import AlertRule

State = Literal["open", "acknowledged"]
Mark = Literal["told_at", "escalated_at", "study_told_at"]


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. `standing`: of its response as it is now; a corrected or withdrawn one says so.

    `compared`: the threshold, or for a rise the value before.
    """

    id: int
    participant_id: int
    study_number: str
    site: str
    timepoint: str
    response_id: int
    instrument: str
    standing: str
    rule: str
    scale: str
    value: float
    compared: float | None
    state: State
    raised_at: datetime
    told_at: datetime | None
    escalated_at: datetime | None
    study_told_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    done: str | None
    noted: bool


@dataclass(frozen=True, slots=True)
class Group:
    """All that one response has set off. `first` stands for what they have in common."""

    alerts: tuple[Alert, ...]

    @property
    def first(self) -> Alert:
        return self.alerts[0]

    @property
    def escalated_at(self) -> datetime | None:
        return max((one.escalated_at for one in self.alerts if one.escalated_at), default=None)

    @property
    def noted(self) -> bool:
        return any(one.noted for one in self.alerts)

    def of_rule(self, rule: str) -> tuple[Alert, ...]:
        return tuple(one for one in self.alerts if one.rule == rule)

    @property
    def rules(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.rule for one in self.alerts))


def grouped(found: Iterable[Alert]) -> tuple[Group, ...]:
    """Alerts by their response, in the order in which the responses first appear."""
    groups: dict[int, list[Alert]] = {}
    for one in found:
        groups.setdefault(one.response_id, []).append(one)
    return tuple(Group(tuple(group)) for group in groups.values())


_FROM_OTHERS = {
    "study_number": participant.c.study_number,
    "instrument": response.c.instrument,
    "standing": response.c.standing,
    "noted": alert.c.note_sealed.is_not(None).label("noted"),
}
_COLUMNS: list[Any] = [_FROM_OTHERS.get(name, alert.c.get(name)) for name in Alert.__dataclass_fields__]
_SELECT = (
    select(*_COLUMNS)
    .select_from(alert)
    .join(participant, participant.c.id == alert.c.participant_id)
    .join(response, response.c.id == alert.c.response_id)
)
_NEW = ("participant_id", "site", "timepoint", "response_id", "state", "raised_at")
_INSERT = Prepared(insert(alert).inline(), fill=(*_NEW, "rule", "scale", "value", "compared"))
# Built once: this runs while somebody waits for the receipt of their answers.
_BEFORE = (
    select(response.c.timepoint, score.c.scale, score.c.value)
    .join(score, score.c.response_id == response.c.id)
    .where(
        response.c.participant_id == bindparam("of"),
        response.c.instrument == bindparam("to"),
        response.c.standing == "current",
        response.c.timepoint.in_(bindparam("earlier", expanding=True)),
        score.c.scale.in_(bindparam("scales", expanding=True)),
    )
    .order_by(score.c.id)
)


def _read(rows: Iterable[Sequence[Any]]) -> tuple[Alert, ...]:
    return tuple(Alert(*row) for row in rows)


def _place(response_id: int) -> str:
    return f"alert/{response_id}/note"


def raise_for(
    tx: Transaction,
    rules: Sequence[AlertRule],
    instrument: Instrument,
    scores: Scores,
    person: Participant,
    timepoints: Sequence[str],
    timepoint: str,
    response_id: int,
    now: datetime,
    *,
    corrected: bool = False,
) -> tuple[str, ...]:
    """Write down what a new response sets off, in its own transaction; returns the ids of the rules.

    timepoints: the visits of the site in their order. No statement when nothing is alarming; one to know the
    value before when a rise is possible, one to write. corrected: the answers take the place of others; what
    the visit has set off before with the very same value is known to staff and not raised twice.
    """
    scales = must_know_before(rules, instrument, scores)
    earlier = list(timepoints[: timepoints.index(timepoint)])
    before: Mapping[str, float] = {}
    if scales and earlier:
        before = _before(tx, person.id, instrument.id, earlier, sorted(scales))
    found = alarms(rules, instrument, scores, before)
    if found and corrected:
        known = _set_off(tx, person.id, timepoint)
        found = tuple(one for one in found if (one.rule, one.scale, one.value) not in known)
    if found:
        row = {
            "participant_id": person.id,
            "site": person.site,
            "timepoint": timepoint,
            "response_id": response_id,
            "state": "open",
            "raised_at": now,
        }
        _INSERT.run_each(
            tx,
            [
                {**row, "rule": one.rule, "scale": one.scale, "value": one.value, "compared": one.compared}
                for one in found
            ],
        )
    return tuple(dict.fromkeys(one.rule for one in found))


def _before(
    tx: Transaction, participant_id: int, instrument: str, earlier: list[str], scales: list[str]
) -> dict[str, float]:
    """Each scale's value at the latest of the `earlier` visits that has one; newer rules' scores go first."""
    names = {"of": participant_id, "to": instrument, "earlier": earlier, "scales": scales}
    found: dict[str, tuple[int, float]] = {}
    newest: dict[tuple[str, str], float | None] = {}
    for timepoint, scale, value in tx.conn.execute(_BEFORE, names):
        newest[timepoint, scale] = value
    for (timepoint, scale), value in newest.items():
        place = earlier.index(timepoint)
        if value is not None and place >= found.get(scale, (-1, 0.0))[0]:
            found[scale] = (place, value)
    return {scale: value for scale, (_, value) in found.items()}


def _set_off(tx: Transaction, participant_id: int, timepoint: str) -> set[tuple[str, str, float]]:
    """What a visit has set off so far: rule, scale, value."""
    mine = (alert.c.participant_id == participant_id, alert.c.timepoint == timepoint)
    query = select(alert.c.rule, alert.c.scale, alert.c.value).where(*mine)
    return {(row.rule, row.scale, row.value) for row in tx.conn.execute(query)}


def of_participant(tx: Transaction, participant_id: int) -> tuple[Alert, ...]:
    """Everything one participant has set off, newest first."""
    rows = tx.conn.execute(
        _SELECT.where(alert.c.participant_id == participant_id).order_by(
            alert.c.response_id.desc(), alert.c.id
        )
    )
    return _read(rows)


def of_response(tx: Transaction, sites: Iterable[str], response_id: int) -> tuple[Alert, ...]:
    """What one response of `sites` has set off, in the order of the rules; none for another site's."""
    rows = tx.conn.execute(
        _SELECT.where(alert.c.response_id == response_id, alert.c.site.in_(tuple(sites))).order_by(alert.c.id)
    )
    return _read(rows)


def page(
    tx: Transaction, sites: Iterable[str], state: State, after: int, limit: int
) -> tuple[tuple[Alert, ...], int | None]:
    """Alerts of up to `limit` responses, and where the next page begins.

    Open ones with the longest waiting first, acknowledged ones with the newest first. `after`: a response's
    id, or 0.
    """
    key, mine = alert.c.response_id, (alert.c.site.in_(tuple(sites)), alert.c.state == state)
    query = select(key).where(*mine).group_by(key).limit(limit + 1)
    if state == "open":
        query = query.where(key > after).order_by(key)
    else:
        query = query.order_by(key.desc())
        query = query.where(key < after) if after else query
    found = list(tx.conn.execute(query).scalars())
    shown = found[:limit]
    if not shown:
        return (), None
    order = key if state == "open" else key.desc()
    rows = tx.conn.execute(_SELECT.where(key.in_(shown), *mine).order_by(order, alert.c.id))
    return _read(rows), shown[-1] if len(found) > limit else None


def waiting(tx: Transaction, sites: Iterable[str], limit: int) -> tuple[Alert, ...]:
    """The open alerts of `sites`, the longest waiting first, up to `limit` rows; one query."""
    rows = tx.conn.execute(
        _SELECT.where(alert.c.site.in_(tuple(sites)), alert.c.state == "open")
        .order_by(alert.c.id)
        .limit(limit)
    )
    return _read(rows)


def count_open(tx: Transaction, sites: Iterable[str]) -> int:
    """Responses of `sites` with an alert that nobody has acknowledged."""
    query = select(func.count(alert.c.response_id.distinct()))
    mine = (alert.c.site.in_(tuple(sites)), alert.c.state == "open")
    return int(tx.conn.execute(query.where(*mine)).scalar_one())


def acknowledge(tx: Transaction, response_id: int, done: str, note: str, by: str, now: datetime) -> int:
    """Close what a response has set off and nobody has closed yet; returns how many alerts that were."""
    values = {
        "state": "acknowledged",
        "acknowledged_at": now,
        "acknowledged_by": by,
        "done": done,
        "note_sealed": tx.keys.seal(note, _place(response_id)) if note else None,
    }
    mine = (alert.c.response_id == response_id, alert.c.state == "open")
    return tx.conn.execute(update(alert).where(*mine).values(**values)).rowcount


def note_of(tx: Transaction, response_id: int) -> str:
    """The words somebody left when acknowledging; empty when there are none."""
    sealed = (
        tx.conn.execute(
            select(alert.c.note_sealed).where(
                alert.c.response_id == response_id, alert.c.note_sealed.is_not(None)
            )
        )
        .scalars()
        .first()
    )
    return tx.keys.unseal(sealed, _place(response_id)) if sealed else ""


def not_yet(tx: Transaction, mark: Mark, raised_before: datetime, limit: int) -> tuple[Alert, ...]:
    """Open alerts, raised by then, of which nobody was told in that way."""
    column: ColumnElement[Any] = alert.c[mark]
    rows = tx.conn.execute(
        _SELECT.where(alert.c.state == "open", alert.c.raised_at <= raised_before, column.is_(None))
        .order_by(alert.c.raised_at, alert.c.id)
        .limit(limit)
    )
    return _read(rows)


def mark(tx: Transaction, ids: Iterable[int], how: Mark, now: datetime) -> None:
    """Remember that people were told of these alerts in that way."""
    tx.conn.execute(update(alert).where(alert.c.id.in_(tuple(ids))).values({how: now}))

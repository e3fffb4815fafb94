"""The call list: whom to telephone about a visit that was not answered, and what the call ended in.

What an outcome does:
- `will_do`, `interview_now`: off the list.
- `too_ill`, `refused`: off the list, and on record as the reason should the forms not come. The status is
  never changed silently: the page proposes it, and messages go on until somebody turns that switch.
- `not_reached`: stays on the list, and is on record as the reason until a later call says better.
A reason that staff gave by hand is not written over. Each call may be taken back for a few minutes.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pro_app import journey
from pro_app.errors import NotFound, ProAppError
from pro_app.journey import Journey, Stop
from pro_app.records import audit, clinic_lists, deliveries, missing_reasons, participants, phone_calls
from pro_app.records.audit import Actor
from pro_app.records.deliveries import Delivery
from pro_app.records.participants import Participant
from pro_app.records.phone_calls import Call, Outcome
from pro_app.records.store import Transaction
from pro_app.schedule.elements import Study

OUTCOMES: tuple[Outcome, ...] = ("will_do", "interview_now", "too_ill", "refused", "not_reached")
REACHED = ("will_do", "interview_now", "too_ill", "refused")
REASONS = ("too_ill", "refused", "not_reached")
UNDO_FOR = timedelta(minutes=10)
MOST = 50


class CallRefused(ProAppError):
    """What was sent makes no sense."""

    code = "call_outcome_unknown"


class CallSettled(ProAppError):
    """It is too late to take the call back."""

    code = "call_settled"


@dataclass(frozen=True, slots=True)
class Line:
    """One visit to telephone about. `row`: the clock's decision; `calls`: those made about it before.

    `written`: how many messages about it went out, `last_written_at` when the last one did (UTC).
    """

    person: Participant
    stop: Stop
    site: str
    row: Delivery
    calls: tuple[Call, ...]
    written: int
    last_written_at: datetime | None


@dataclass(frozen=True, slots=True)
class CallList:
    """`lately`: what this person has entered and may still take back. `more`: there are more than shown."""

    lines: tuple[Line, ...]
    lately: tuple[Call, ...]
    more: bool


def listing(tx: Transaction, study: Study, sites: tuple[str, ...], by: str, now: datetime) -> CallList:
    """The call list of `sites`, the longest waiting first; seven queries."""
    rows = deliveries.calls(tx, sites, MOST + 1)
    shown = rows[:MOST]
    people = clinic_lists.by_ids(tx, {row.participant_id for row in shown})
    ways = {way.person.id: way for way in journey.of_many(tx, study, people, now)}
    made = phone_calls.of_visits(tx, {(row.participant_id, row.timepoint) for row in shown})
    past = deliveries.of_many(tx, list(ways))
    lines = [_line(ways[row.participant_id], row, past, made) for row in shown if row.participant_id in ways]
    lately = phone_calls.lately(tx, sites, by, now - UNDO_FOR)
    return CallList(tuple(one for one in lines if one is not None), lately, len(rows) > MOST)


def _line(
    way: Journey,
    row: Delivery,
    past: dict[int, tuple[Delivery, ...]],
    made: dict[tuple[int, str], tuple[Call, ...]],
) -> Line | None:
    """None for a call about a visit that the study no longer has."""
    stop = next((one for one in way.stops if one.timepoint.id == row.timepoint), None)
    if stop is None:
        return None
    key = (row.participant_id, row.timepoint)
    sent = [
        one.sent_at
        for one in past.get(row.participant_id, ())
        if one.timepoint == row.timepoint and one.channel != deliveries.CALL and one.sent_at
    ]
    calls = made.get(key, ())
    return Line(way.person, stop, way.site.code, row, calls, len(sent), max(sent, default=None))


@dataclass(frozen=True, slots=True)
class About:
    """One visit on the page of a call."""

    way: Journey
    stop: Stop
    calls: tuple[Call, ...]


def about(tx: Transaction, study: Study, person: Participant, timepoint: str, now: datetime) -> About:
    """Raises `NotFound` when there is no such visit."""
    way = journey.of(tx, study, person, now)
    stop = way.at(timepoint)
    key = (person.id, timepoint)
    return About(way, stop, phone_calls.of_visits(tx, [key]).get(key, ()))


def settle(
    tx: Transaction,
    study: Study,
    person: Participant,
    timepoint: str,
    outcome: str,
    actor: Actor,
    now: datetime,
) -> Outcome:
    """Write down what a call ended in. Raises `NotFound` or `CallRefused`."""
    stop = journey.of(tx, study, person, now).at(timepoint)
    known = next((one for one in OUTCOMES if one == outcome), None)
    if known is None:
        raise CallRefused()
    phone_calls.add(tx, person.id, timepoint, known, actor.name, now)
    if known in REACHED:
        phone_calls.settle(tx, person.id, timepoint, now)
    _give_reason(tx, study, person, stop, (known,), actor, now)
    detail = {"timepoint": timepoint, "outcome": known}
    audit.append(tx, person.site, actor, "call_made", person.study_number, detail, now)
    return known


def take_back(
    tx: Transaction, study: Study, sites: tuple[str, ...], call_id: int, actor: Actor, now: datetime
) -> Call:
    """Undo a call within a few minutes, by whoever entered it. Raises `NotFound` or `CallSettled`."""
    call = phone_calls.by_id(tx, sites, call_id)
    if call is None or call.called_by != actor.name:
        raise NotFound()
    if now - call.called_at > UNDO_FOR or not phone_calls.take_back(tx, call_id):
        raise CallSettled()
    person = participants.by_id(tx, call.participant_id)
    phone_calls.put_back(tx, person.id, call.timepoint, call.called_at)
    stop = journey.of(tx, study, person, now).at(call.timepoint)
    kept_reasons = missing_reasons.of_visit(tx, person.id, call.timepoint) if not person.locked_at else {}
    for name, kept in kept_reasons.items():
        if (kept.recorded_by, kept.recorded_at) == (call.called_by, call.called_at):
            missing_reasons.take_away(tx, person.id, call.timepoint, name)
    key = (person.id, call.timepoint)
    earlier = [one.outcome for one in phone_calls.of_visits(tx, [key]).get(key, ())]
    _give_reason(tx, study, person, stop, earlier[-1:], actor, now)
    detail = {"timepoint": call.timepoint, "outcome": call.outcome}
    audit.append(tx, person.site, actor, "call_taken_back", person.study_number, detail, now)
    return call


def _give_reason(
    tx: Transaction,
    study: Study,
    person: Participant,
    stop: Stop,
    outcomes: "list[Outcome] | tuple[Outcome, ...]",
    actor: Actor,
    now: datetime,
) -> None:
    """Put the outcome on record as the reason of the visit's missing forms, where the study knows it.

    It counts only once the window is over without the forms. What a call said before gives way; what was
    given by hand stays.
    """
    if person.locked_at is not None:
        return  # a call may be written down; the reason of a form is data
    known = {reason.id for reason in study.missing_reasons}
    for outcome in outcomes:
        if outcome not in REASONS or outcome not in known:
            continue
        held = missing_reasons.of_visit(tx, person.id, stop.timepoint.id)
        free = [
            name
            for name in stop.timepoint.instruments
            if name not in stop.received and (name not in held or held[name].reason == "not_reached")
        ]
        missing_reasons.put(tx, person.id, stop.timepoint.id, dict.fromkeys(free, outcome), actor.name, now)

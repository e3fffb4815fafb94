"""Surgery's life: planned, moved, done, cancelled, unknown; and which visits go with it.

Nothing is rewritten but the day itself: visits are computed from it. A visit that is finished keeps the
window in which it was finished.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from pro_app import journey
from pro_app.errors import ProAppError
from pro_app.records import audit, data_locks, participants
from pro_app.records.audit import Actor
from pro_app.records.participants import Participant, SurgeryState
from pro_app.records.store import Transaction
from pro_app.schedule.elements import Study
from pro_app.schedule.moving import Change, Move, compare
from pro_app.schedule.plan import Window
from pro_app.schedule.window import today

EARLIEST, LATEST = timedelta(days=2 * 366), timedelta(days=366)


class SurgeryRefused(ProAppError):
    """The new state of surgery makes no sense; `fault` is the code of the reason."""

    code = "malformed"

    def __init__(self, fault: str) -> None:
        self.fault = fault
        super().__init__(field="surgery")


@dataclass(frozen=True, slots=True)
class SurgeryChange:
    """What is now known: `day` is the planned day of a planned operation, the real day of a done one."""

    state: SurgeryState
    day: date | None = None


def _applied(person: Participant, change: SurgeryChange) -> Participant:
    """The participant as the change would leave them. A plan once made is kept when surgery is done."""
    planned, done = person.surgery_planned_on, None
    if change.state == "planned":
        planned = change.day
    elif change.state == "done":
        done = change.day
    elif change.state == "unknown":
        planned = None
    return replace(person, surgery_state=change.state, surgery_planned_on=planned, surgery_done_on=done)


def check(study: Study, person: Participant, change: SurgeryChange, now: datetime) -> None:
    """Raises `SurgeryRefused`."""
    day = today(now, study.site(person.site).tz)
    if change.state not in ("planned", "done", "cancelled", "unknown"):
        raise SurgeryRefused("surgery_state_unknown")
    if change.state in ("cancelled", "unknown"):
        return
    if change.day is None:
        raise SurgeryRefused("date_needed")
    if not day - EARLIEST <= change.day <= day + LATEST:
        raise SurgeryRefused("date_far")
    if change.state == "done" and change.day > day:
        raise SurgeryRefused("date_future")


def foresee(
    tx: Transaction, study: Study, person: Participant, change: SurgeryChange, now: datetime
) -> tuple[Move, ...]:
    """Every visit before and after, in the study's order; nothing is saved.

    Raises `SurgeryRefused`, `DataLocked`.
    """
    data_locks.check(person)
    check(study, person, change, now)
    stops = journey.of(tx, study, person, now).stops
    kept = {
        stop.timepoint.id: Window(stop.visit.due, stop.visit.opens, stop.visit.closes)
        for stop in stops
        if stop.visit.kept and stop.visit.due and stop.visit.opens and stop.visit.closes
    }
    before, after = journey.anchors_of(person), journey.anchors_of(_applied(person, change))
    return compare(study, person.site, before, after, kept)


def change_surgery(
    tx: Transaction,
    study: Study,
    person: Participant,
    seen_version: int,
    change: SurgeryChange,
    actor: Actor,
    now: datetime,
) -> None:
    """Save the change, for the participant as they were when the form was shown (`seen_version`).

    Raises `SurgeryRefused`, or `ChangedMeanwhile` when somebody else saved first.
    """
    data_locks.hold(tx, person)
    moves = foresee(tx, study, person, change, now)
    new = _applied(person, change)
    participants.set_surgery(
        tx,
        replace(person, row_version=seen_version),
        new.surgery_state,
        new.surgery_planned_on,
        new.surgery_done_on,
    )
    detail = {
        "was": _told(person),
        "is": _told(new),
        "moved": [move.timepoint for move in moves if move.change not in (Change.SAME, Change.KEPT)],
    }
    audit.append(tx, person.site, actor, "surgery_changed", person.study_number, detail, now)


def _told(person: Participant) -> dict[str, str | None]:
    planned, done = person.surgery_planned_on, person.surgery_done_on
    return {
        "state": person.surgery_state,
        "planned_on": planned.isoformat() if planned else None,
        "done_on": done.isoformat() if done else None,
    }

"""The one switch: active, paused, too ill, withdrawn, deceased. From that moment nothing is sent.

Each change carries a reason from a list: free words would end up in a trail that must name nobody.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from pro_app import journey
from pro_app.errors import ProAppError
from pro_app.journey import Journey, Past, Stop
from pro_app.records import audit, data_locks, missing_reasons, participants
from pro_app.records.audit import Actor
from pro_app.records.participants import Participant, Status
from pro_app.records.store import Transaction
from pro_app.schedule.elements import Study
from pro_app.schedule.status import MEANING
from pro_app.schedule.status import Status as Word
from pro_app.schedule.window import VisitState, today

REASONS: dict[Status, tuple[str, ...]] = {
    "active": ("goes_on", "entered_in_error"),
    "paused": ("own_wish", "in_hospital", "away", "other_reason"),
    "too_ill": ("tumour", "treatment", "other_illness", "other_reason"),
    "withdrawn": ("consent_withdrawn", "lost_contact", "moved_away", "physician_decision", "other_reason"),
    "deceased": ("tumour", "treatment", "other_illness", "cause_unknown"),
}

IN_ERROR = "entered_in_error"


class StatusRefused(ProAppError):
    """The status or its reason makes no sense; `fault` is the code of what is wrong."""

    code = "malformed"

    def __init__(self, fault: str) -> None:
        self.fault = fault
        super().__init__(field="status")


@dataclass(frozen=True, slots=True)
class Effect:
    """One visit before and after the change."""

    before: Stop
    after: Stop

    @property
    def differs(self) -> bool:
        return self.before.assessment.state is not self.after.assessment.state


def check(person: Participant, status: str, reason: str) -> Status:
    """The status as a known word. Raises `StatusRefused`."""
    for known in REASONS:
        if known == status:
            if person.status == status:
                raise StatusRefused("status_same")
            if reason not in REASONS[known]:
                raise StatusRefused("reason_needed")
            return known
    raise StatusRefused("status_unknown")


def foresee(
    tx: Transaction, study: Study, person: Participant, status: str, reason: str, now: datetime
) -> tuple[Effect, ...]:
    """What the change means for each visit; nothing is saved. Raises `StatusRefused`, `DataLocked`."""
    data_locks.check(person)
    new = replace(person, status=check(person, status, reason), status_since=now)
    past = journey.ask_past(tx, person.handle).found()
    before = journey.build(study, person, past, now)
    kept = _given_by_status(before, reason, now)
    after = journey.build(study, new, _with(past, kept), now)
    return tuple(Effect(one, other) for one, other in zip(before.stops, after.stops, strict=True))


def change_status(
    tx: Transaction,
    study: Study,
    person: Participant,
    seen_version: int,
    status: str,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Save it, for the participant as they were when the form was shown.

    The reasons that the former status gave to missing forms go on record first: they were true then, and
    would be gone with it. Not so when the status had been entered in error.

    Raises `StatusRefused`, `DataLocked`, or `ChangedMeanwhile` when somebody else saved first.
    """
    data_locks.hold(tx, person)
    known = check(person, status, reason)
    kept = _given_by_status(journey.of(tx, study, person, now), reason, now)
    participants.set_status(tx, replace(person, row_version=seen_version), known, reason, now)
    for timepoint, instruments in kept.items():
        missing_reasons.put(tx, person.id, timepoint, instruments, actor.name, now)
    detail: dict[str, object] = {"was": person.status, "is": known, "reason": reason}
    if kept:
        detail["reasons_kept"] = list(kept)
    audit.append(tx, person.site, actor, "status_changed", person.study_number, detail, now)


Given = dict[str, dict[str, str]]


def _given_by_status(way: Journey, reason: str, now: datetime) -> Given:
    """timepoint -> instrument -> reason: forms whose window closed while the status that now ends lasted."""
    given = MEANING[Word(way.person.status)].missing
    if given is None or reason == IN_ERROR:
        return {}
    day = today(now, way.site.tz)
    return {
        stop.timepoint.id: {name: given for name in stop.assessment.missing if name not in stop.excused}
        for stop in way.stops
        if stop.assessment.state is VisitState.EXCUSED
        and stop.assessment.reason == given
        and stop.visit.closes is not None
        and stop.visit.closes < day
        and set(stop.assessment.missing) - set(stop.excused)
    }


def _with(past: Past, kept: Given) -> Past:
    """The past as it will be once `kept` is on record."""
    names = {*past.excused, *kept}
    return replace(past, excused={one: {**past.excused.get(one, {}), **kept.get(one, {})} for one in names})

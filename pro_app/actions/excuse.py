"""Why a form is not there: staff choose from the study's list, for the whole visit or form by form.

Every change is on the trail with what was and what is; a note is sealed and stays at the site.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pro_app import journey
from pro_app.errors import ProAppError
from pro_app.journey import Journey, Stop
from pro_app.records import audit, data_locks, missing_reasons
from pro_app.records.audit import Actor
from pro_app.records.missing_reasons import Recorded
from pro_app.records.participants import Participant
from pro_app.records.store import Transaction
from pro_app.schedule.elements import Study
from pro_app.schedule.outreach import MissingReason

LONGEST_NOTE = 500


class ReasonRefused(ProAppError):
    """The reasons make no sense; `fault` is the code of what is wrong."""

    code = "malformed"

    def __init__(self, fault: str) -> None:
        self.fault = fault
        super().__init__(field="reason")


@dataclass(frozen=True, slots=True)
class Missing:
    """One visit with its missing forms and what is on record for them, by instrument."""

    way: Journey
    stop: Stop
    recorded: Mapping[str, Recorded]

    @property
    def forms(self) -> tuple[str, ...]:
        """Forms that are not in."""
        return self.stop.assessment.missing

    @property
    def over(self) -> bool:
        """Whether a reason may be given: before, the form may still come."""
        return self.stop.assessment.state.missing


def look(tx: Transaction, study: Study, person: Participant, timepoint: str, now: datetime) -> Missing:
    """Raises `NotFound` when there is no such visit."""
    way = journey.of(tx, study, person, now)
    stop = way.at(timepoint)
    return Missing(way, stop, missing_reasons.of_visit(tx, person.id, timepoint))


def excuse(
    tx: Transaction,
    study: Study,
    person: Participant,
    timepoint: str,
    wish: Mapping[str, str],
    note: str,
    actor: Actor,
    now: datetime,
) -> Missing:
    """Put reasons on record: instrument -> reason id, "" takes one away; returns how it was before.

    `note` belongs to every form named in `wish`. Raises `NotFound`, `ReasonRefused` or `DataLocked`; then
    nothing is saved.
    """
    data_locks.hold(tx, person)
    found = look(tx, study, person, timepoint, now)
    note = note.strip()
    _check(study, found, wish, note)
    was = {name: found.recorded[name].reason if name in found.recorded else None for name in wish}
    put = {name: reason for name, reason in wish.items() if reason}
    missing_reasons.put(tx, person.id, timepoint, put, actor.name, now, note)
    for name in wish.keys() - put.keys():
        missing_reasons.take_away(tx, person.id, timepoint, name)
    detail = {
        "timepoint": timepoint,
        "was": was,
        "is": {name: reason or None for name, reason in wish.items()},
        "note": bool(note),
    }
    audit.append(tx, person.site, actor, "missing_reason_set", person.study_number, detail, now)
    return found


def _check(study: Study, found: Missing, wish: Mapping[str, str], note: str) -> None:
    known: dict[str, MissingReason] = {reason.id: reason for reason in study.missing_reasons}
    if not wish:
        raise ReasonRefused("reason_missing")
    if not found.over:
        raise ReasonRefused("form_may_come")
    for name, reason in wish.items():
        if name not in found.forms:
            raise ReasonRefused("form_is_in")
        if reason and reason not in known:
            raise ReasonRefused("reason_unknown")
        if reason and known[reason].note and not note:
            raise ReasonRefused("note_needed")
    if len(note) > LONGEST_NOTE:
        raise ReasonRefused("note_long")

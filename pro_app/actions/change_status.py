"""The one switch: active, paused, too ill, withdrawn, deceased. From that moment nothing is sent.

Each change carries a reason from a list: free words would end up in a trail that must name nobody.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from pro_app import journey
from pro_app.errors import ProAppError
from pro_app.journey import Stop
from pro_app.records import audit, participants
from pro_app.records.audit import Actor
from pro_app.records.participants import Participant, Status
from pro_app.records.store import Transaction
from pro_app.schedule.elements import Study

REASONS: dict[Status, tuple[str, ...]] = {
    "active": ("goes_on", "entered_in_error"),
    "paused": ("own_wish", "in_hospital", "away", "other_reason"),
    "too_ill": ("tumour", "treatment", "other_illness", "other_reason"),
    "withdrawn": ("consent_withdrawn", "lost_contact", "moved_away", "physician_decision", "other_reason"),
    "deceased": ("tumour", "treatment", "other_illness", "cause_unknown"),
}


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
    """What the change means for each visit; nothing is saved. Raises `StatusRefused`."""
    new = replace(person, status=check(person, status, reason), status_since=now)
    before, after = journey.of(tx, study, person, now), journey.of(tx, study, new, now)
    return tuple(Effect(one, other) for one, other in zip(before.stops, after.stops, strict=True))


def change_status(
    tx: Transaction,
    person: Participant,
    seen_version: int,
    status: str,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Save it, for the participant as they were when the form was shown.

    Raises `StatusRefused`, or `ChangedMeanwhile` when somebody else saved first.
    """
    known = check(person, status, reason)
    participants.set_status(tx, replace(person, row_version=seen_version), known, reason, now)
    detail = {"was": person.status, "is": known, "reason": reason}
    audit.append(tx, person.site, actor, "status_changed", person.study_number, detail, now)

"""Telling staff of alerts: the site at once, its coordinator when nothing was done in time, then the study's.

A part of the clock's tick, apart from the submission: an answer must not wait for anybody's mail. A letter
goes into the queue of mail to staff and says only that there is something to look at.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pro_app.records import alerts, audit, staff, staff_letters
from pro_app.records.alerts import Alert, Mark
from pro_app.records.audit import CLOCK
from pro_app.records.staff import Staff
from pro_app.records.staff_letters import LetterKind
from pro_app.records.store import Transaction
from pro_app.schedule.elements import Study

BATCH = 200
LIST = "/staff/alerts"
SITE_STAFF = ("nurse", "site_coordinator", "investigator")
# Of a rule that is not in the study file any more.
UNKNOWN_RULE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Told:
    """What one tick did: alerts by step, and letters put into the queue."""

    told: int = 0
    escalated: int = 0
    to_study: int = 0
    letters: int = 0

    @property
    def steps(self) -> tuple[int, int, int]:
        return self.told, self.escalated, self.to_study


@dataclass(frozen=True, slots=True)
class Due:
    """The alerts that somebody is to be told of, by step."""

    new: tuple[Alert, ...]
    late: tuple[Alert, ...]
    very_late: tuple[Alert, ...]

    @property
    def any(self) -> bool:
        return bool(self.new or self.late or self.very_late)


def survey(tx: Transaction, study: Study, now: datetime) -> Due:
    """Whom to tell of what; reads only, so that a tick with nothing new never holds up an answer."""
    waits = {rule.id: timedelta(hours=rule.escalate_hours) for rule in study.alerts}
    shortest = min(waits.values(), default=UNKNOWN_RULE)

    def overdue(mark: Mark, times: int) -> tuple[Alert, ...]:
        found = alerts.not_yet(tx, mark, now - times * shortest, BATCH)
        return tuple(one for one in found if one.raised_at <= now - times * waits.get(one.rule, UNKNOWN_RULE))

    return Due(
        alerts.not_yet(tx, "told_at", now, BATCH), overdue("escalated_at", 1), overdue("study_told_at", 2)
    )


def record(tx: Transaction, due: Due, now: datetime) -> Told:
    """Put the letters into the queue and remember that it was done."""
    people = [one for one in staff.everybody(tx) if one.active]
    letters = _tell(tx, due.new, "told_at", "alert", _at_site(people, SITE_STAFF), now)
    letters += _tell(tx, due.late, "escalated_at", "escalation", _coordinators(people), now)
    letters += _tell(tx, due.very_late, "study_told_at", "escalation", _of_study(people), now)
    return Told(len(due.new), len(due.late), len(due.very_late), letters)


Recipients = dict[str, list[Staff]]


def _at_site(people: Iterable[Staff], roles: Sequence[str]) -> Recipients:
    found: Recipients = {}
    for one in people:
        if one.role in roles and one.site:
            found.setdefault(one.site, []).append(one)
    return found


def _coordinators(people: Sequence[Staff]) -> Recipients:
    """Each site's coordinators; a site that has none falls to the study's."""
    found = _at_site(people, ("site_coordinator",))
    return {**_of_study(people), **found}


def _of_study(people: Iterable[Staff]) -> Recipients:
    """Under "" stand those who answer for every site."""
    return {"": [one for one in people if one.role == "study_coordinator"]}


def _tell(
    tx: Transaction,
    found: Sequence[Alert],
    mark: Mark,
    kind: LetterKind,
    recipients: Recipients,
    now: datetime,
) -> int:
    """One letter for each site and recipient, however many alerts; the trail has escalations one by one."""
    letters = 0
    responses = {alert.response_id: alert for alert in found}
    latest = {one.site: one.response_id for one in responses.values()}
    for site, response_id in latest.items():
        for person in recipients.get(site) or recipients.get("", []):
            letters += staff_letters.post(tx, person.id, kind, f"{mark}/{site}/{response_id}", LIST, now)
    for one in responses.values() if kind == "escalation" else ():
        detail = {"timepoint": one.timepoint, "to": "site" if mark == "escalated_at" else "study"}
        audit.append(tx, one.site, CLOCK, "alert_escalated", one.study_number, detail, now)
    if found:
        alerts.mark(tx, [one.id for one in found], mark, now)
    return letters

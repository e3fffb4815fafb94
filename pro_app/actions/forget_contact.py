"""Deleting name and contact: when the time that the study file gives is over, or earlier, on request.

Answers, scores and the audit trail are never touched: the law that has a trial keep its records comes first
(PIPL 19 and 47), and none of them names anybody. Like `witness` the daily round commits by itself, person by
person: it may be stopped anywhere.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from pro_app import journey
from pro_app.errors import ProAppError
from pro_app.records import audit, contact_ends, leases, participants
from pro_app.records.audit import CLOCK, Actor
from pro_app.records.participants import ChangedMeanwhile, Participant
from pro_app.records.store import Store, Transaction
from pro_app.schedule import keeping
from pro_app.schedule.elements import Study
from pro_app.schedule.plan import plan
from pro_app.schedule.status import MEANING, Status
from pro_app.schedule.window import today

log = logging.getLogger(__name__)

# Why it was deleted before its time.
REASONS = ("participant_asked", "consent_withdrawn", "moved_away", "other_reason")
IN_TIME = "kept_long_enough"
ROUND = "contact details looked through"
PAGE = 200
# So many in one tick: after years without a clock, reminders still have their turn.
A_TICK = 100
FINAL = tuple(status.value for status in Status if MEANING[status].final)


class DeletionRefused(ProAppError):
    """It can't be deleted like this; the code says why."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__()


@dataclass(frozen=True, slots=True)
class Due:
    """Somebody whose name and contact are to be gone, since `day` at the site."""

    person: Participant
    day: date


def due_day(study: Study, person: Participant) -> date | None:
    """The first day on which their name and contact are to be gone; None while that can't be said."""
    site = study.site(person.site)
    left = today(person.status_since, site.tz) if MEANING[Status(person.status)].final else None
    visits = plan(study, journey.anchors_of(person), site)
    return keeping.due_on(visits, left, study.privacy.contact_kept_days)


def due(tx: Transaction, study: Study, now: datetime) -> Iterator[Due]:
    """Everybody who is due, page by page."""
    kept = study.privacy.contact_kept_days
    # A day of slack for the zones; the day itself is worked out for each.
    bounds = {
        (anchor.value, day)
        for site in study.sites
        if (found := keeping.no_later_than(site, now.date() + timedelta(days=1), kept))
        for anchor, day in (found,)
    }
    left_by, after = now - timedelta(days=kept - 1), 0
    while True:
        page = contact_ends.candidates(tx, bounds, FINAL, left_by, after, PAGE)
        for person in page:
            day = due_day(study, person)
            if day is not None and day <= today(now, study.site(person.site).tz):
                yield Due(person, day)
        if len(page) < PAGE:
            return
        after = page[-1].id


def forget(
    tx: Transaction, person: Participant, seen_version: int, reason: str, actor: Actor, now: datetime
) -> None:
    """Delete them on request. Raises `DeletionRefused`, or `ChangedMeanwhile` when somebody was faster."""
    if reason not in REASONS:
        raise DeletionRefused("delete_reason")
    if person.contact_deleted_at is not None:
        raise DeletionRefused("deleted_already")
    if person.row_version != seen_version:
        raise ChangedMeanwhile()
    _erase(tx, person, reason, actor, now)


def daily(store: Store, study: Study, now: datetime) -> int:
    """Delete what is due, once a day and at most `A_TICK` at a time; returns how many. Safe to run twice."""
    with store.reading() as tx:
        done = leases.of(tx, ROUND)
        if done is not None and done.beat_at.date() == now.date():
            return 0
        found = _first(due(tx, study, now), A_TICK)
    count = sum(forget_in_time(store, study, one.person.id, CLOCK, now) for one in found)
    if len(found) < A_TICK:
        with store.writing() as tx:
            leases.note(tx, (ROUND,), "clock", now)
    if count:
        log.info("clock: name and contact of %s participants deleted, their time was over", count)
    return count


def forget_in_time(store: Store, study: Study, participant_id: int, actor: Actor, now: datetime) -> bool:
    """Delete one whose time is over, in a transaction of its own, asked once more in it; whether it was."""
    try:
        with store.writing() as tx:
            person = participants.by_id(tx, participant_id)
            day = due_day(study, person)
            late = day is not None and day <= today(now, study.site(person.site).tz)
            if person.contact_deleted_at is not None or not late:
                return False
            _erase(tx, person, IN_TIME, actor, now)
    except ChangedMeanwhile:
        return False
    return True


def _erase(tx: Transaction, person: Participant, reason: str, actor: Actor, now: datetime) -> None:
    contact_ends.erase(tx, person, now)
    detail = {"reason": reason, "status": person.status}
    audit.append(tx, person.site, actor, "contact_deleted", person.study_number, detail, now)


def _first(every: Iterator[Due], most: int) -> list[Due]:
    return list(islice(every, most))

"""Where a participant stands: every visit with its state, from what is remembered and what is planned.

Page, clock, export and dry run all look through this, so they can't disagree.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from pro_app.errors import NotFound
from pro_app.records import arrivals, unfinished
from pro_app.records.arrivals import Arrivals
from pro_app.records.participants import Participant
from pro_app.records.prepared import Asked
from pro_app.records.store import Transaction
from pro_app.records.unfinished import Unfinished
from pro_app.schedule.elements import Site, Study, Timepoint
from pro_app.schedule.missing import NOT_ANSWERED
from pro_app.schedule.plan import Anchors, Visit, Window, visit_of
from pro_app.schedule.window import Assessment, assess, start_of, today

Done = Mapping[str, Mapping[str, datetime]]
Excused = Mapping[str, Mapping[str, str]]
Windows = Mapping[str, tuple[date, date, date]]


@dataclass(frozen=True, slots=True)
class Stop:
    """One visit on a participant's way. `received`, `opened`: instrument -> when its answers came, when its
    form was first opened (UTC). `excused`: instrument -> the reason that staff put on record."""

    timepoint: Timepoint
    visit: Visit
    assessment: Assessment
    received: Mapping[str, datetime]
    opened: Mapping[str, datetime]
    excused: Mapping[str, str] = field(default_factory=dict)

    def reason_of(self, instrument: str) -> str | None:
        """Why this form is not there: what is on record for it, else what the visit is excused by, else
        `not_answered`. None while it may still come, and when it is in."""
        if instrument in self.assessment.done or not self.assessment.state.missing:
            return None
        return self.excused.get(instrument) or self.assessment.reason or NOT_ANSWERED

    @property
    def unexplained(self) -> tuple[str, ...]:
        """The forms that are missing and of which nobody has said why."""
        return tuple(name for name in self.assessment.missing if self.reason_of(name) == NOT_ANSWERED)


@dataclass(frozen=True, slots=True)
class Journey:
    """All visits of one participant, in the study's order."""

    person: Participant
    site: Site
    stops: tuple[Stop, ...]

    def at(self, timepoint: str) -> Stop:
        """Raises `NotFound` when the study (or this site) has no such timepoint."""
        for stop in self.stops:
            if stop.timepoint.id == timepoint:
                return stop
        raise NotFound()

    @property
    def open_now(self) -> Stop | None:
        """The visit that can be answered now; the latest, should two windows touch."""
        answerable = [stop for stop in self.stops if stop.assessment.state.answerable]
        return answerable[-1] if answerable else None

    def next_after(self, day: date) -> Stop | None:
        """The first visit that opens after `day`."""
        later = [stop for stop in self.stops if stop.visit.opens and stop.visit.opens > day]
        return min(later, key=lambda stop: stop.visit.opens or day, default=None)


def anchors_of(person: Participant) -> Anchors:
    return Anchors(
        person.enrolled_on, person.surgery_planned_on, person.surgery_done_on, person.surgery_state
    )


@dataclass(frozen=True, slots=True)
class Past:
    """What of one participant is remembered. `received`, `opened`: timepoint -> instrument -> instant (UTC);
    `windows`: timepoint -> due, opens, closes as they were when the latest response came; `completed`:
    timepoint -> instrument -> the day on which a form that staff typed in was answered; `excused`:
    timepoint -> instrument -> reason on record."""

    received: Done
    opened: Done
    windows: Windows
    completed: Mapping[str, Mapping[str, date]]
    excused: Excused


def ask_past(tx: Transaction, handle: str) -> Asked[Past]:
    """The past of the participant of that handle, which may be asked for before they are known."""
    arriving, known = arrivals.of_one(tx, handle), unfinished.of_one(tx, handle)
    return arriving.then(lambda arrived: _past(arrived, known.found()))


def pasts(tx: Transaction, participant_ids: Sequence[int]) -> dict[int, Past]:
    """The past of each of `participant_ids`, in two queries."""
    arrived, others = arrivals.of_many(tx, participant_ids), unfinished.of_many(tx, participant_ids)
    return {one: _past(came, others[one]) for one, came in arrived.items()}


def _past(arrived: Arrivals, other: Unfinished) -> Past:
    opened = _together(arrived.opened, other.opened)
    return Past(arrived.received, opened, arrived.windows, arrived.completed, other.excused)


def _together(sent: Done, begun: Done) -> Done:
    """When forms were opened: those that were sent, and those that are still being filled in."""
    if not sent or not begun:
        return sent or begun
    return {name: {**begun.get(name, {}), **sent.get(name, {})} for name in {*sent, *begun}}


def build(
    study: Study, person: Participant, past: Past, now: datetime, only: Collection[str] | None = None
) -> Journey:
    """Put plan and past together. `only`: timepoints to look at, for a list that needs no others."""
    site, anchors = study.site(person.site), anchors_of(person)
    return Journey(
        person,
        site,
        tuple(
            _stop(site, timepoint, person, anchors, past, now)
            for timepoint in site.timepoints
            if only is None or timepoint.id in only
        ),
    )


def _stop(
    site: Site, timepoint: Timepoint, person: Participant, anchors: Anchors, past: Past, now: datetime
) -> Stop:
    name = timepoint.id
    received, opened = past.received.get(name, {}), past.opened.get(name, {})
    excused = past.excused.get(name, {})
    window = past.windows.get(name)
    finished = window and all(one in received for one in timepoint.instruments)
    kept = Window(*window) if window and finished else None
    visit = visit_of(timepoint, anchors, kept)
    counted = received
    if name in past.completed:
        # A form on paper counts for the day on which it was answered, not for the day it was typed in.
        answered = {one: start_of(day, site.tz) for one, day in past.completed[name].items()}
        counted = {**received, **answered}
    assessment = assess(
        visit,
        site.tz,
        person.status,
        counted,
        now,
        _reason(visit, received, excused, today(now, site.tz)) if excused else None,
        since=person.status_since,
        opened=opened,
    )
    return Stop(timepoint, visit, assessment, received, opened, excused)


def _reason(
    visit: Visit, received: Mapping[str, datetime], excused: Mapping[str, str], day: date
) -> str | None:
    """The reason of the whole visit, once its window is over and each form that lacks has one on record.

    Before that a form may still come: what staff wrote down on the telephone must not close a patient's door.
    """
    if visit.closes is None or day <= visit.closes:
        return None
    reasons = [excused.get(name) for name in visit.instruments if name not in received]
    return reasons[0] if reasons and all(reasons) else None


def of(
    tx: Transaction, study: Study, person: Participant, now: datetime, only: Collection[str] | None = None
) -> Journey:
    """The journey of one participant, or of it the timepoints in `only`."""
    return build(study, person, ask_past(tx, person.handle).found(), now, only)


def of_many(
    tx: Transaction, study: Study, people: tuple[Participant, ...], now: datetime
) -> tuple[Journey, ...]:
    """The journeys of a page of participants, in two queries."""
    found = pasts(tx, [person.id for person in people])
    return tuple(build(study, person, found[person.id], now) for person in people)

"""Where a participant stands: every visit with its state, from what is remembered and what is planned.

Page, clock, export and dry run all look through this, so they can't disagree.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from pro_app.errors import NotFound
from pro_app.records import drafts, responses
from pro_app.records.participants import Participant
from pro_app.records.store import Transaction
from pro_app.schedule.elements import Site, Study, Timepoint
from pro_app.schedule.plan import Anchors, Visit, Window, plan
from pro_app.schedule.window import Assessment, assess

Done = Mapping[str, Mapping[str, datetime]]
Windows = Mapping[str, tuple[date, date, date]]


@dataclass(frozen=True, slots=True)
class Stop:
    """One visit on a participant's way. `received`: instrument -> when it came (UTC)."""

    timepoint: Timepoint
    visit: Visit
    assessment: Assessment
    received: Mapping[str, datetime]


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


def build(
    study: Study,
    person: Participant,
    done: Done,
    windows: Windows,
    now: datetime,
    opened: Mapping[str, Mapping[str, datetime]] | None = None,
) -> Journey:
    """Put the pieces together; `opened` is timepoint -> instrument -> when its form was first opened."""
    site = study.site(person.site)
    kept = {
        timepoint.id: Window(*windows[timepoint.id])
        for timepoint in site.timepoints
        if timepoint.id in windows and all(one in done.get(timepoint.id, {}) for one in timepoint.instruments)
    }
    stops = []
    for timepoint, visit in zip(site.timepoints, plan(study, anchors_of(person), site, kept), strict=True):
        received = done.get(timepoint.id, {})
        assessment = assess(
            visit,
            site.tz,
            person.status,
            received,
            now,
            since=person.status_since,
            opened=(opened or {}).get(timepoint.id, {}),
        )
        stops.append(Stop(timepoint, visit, assessment, received))
    return Journey(person, site, tuple(stops))


def of(tx: Transaction, study: Study, person: Participant, now: datetime) -> Journey:
    """The journey of one participant."""
    return of_many(tx, study, (person,), now)[0]


def of_many(
    tx: Transaction, study: Study, people: tuple[Participant, ...], now: datetime
) -> tuple[Journey, ...]:
    """The journeys of a page of participants, in two queries."""
    ids = [person.id for person in people]
    came, opened = responses.arrivals(tx, ids), drafts.opened(tx, ids)
    return tuple(
        build(study, person, came[person.id].received, came[person.id].windows, now, opened[person.id])
        for person in people
    )

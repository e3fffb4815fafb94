"""What a clinic's pages show, read in a handful of queries however many participants there are.

Lists begin with index ranges on the anchor dates, as the clock does; every state on every page comes from
`journey`, so a page can't disagree with a reminder.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pro_app import journey
from pro_app.instruments.catalogue import Catalogue
from pro_app.instruments.definition import Instrument
from pro_app.instruments.trend import Trend, trends
from pro_app.journey import Journey, Stop
from pro_app.records import audit, clinic_lists, deliveries, outbox_tally, participants, responses
from pro_app.records.audit import Event
from pro_app.records.clinic_lists import AnchorRange
from pro_app.records.deliveries import Delivery
from pro_app.records.outbox_tally import Tally
from pro_app.records.participants import Participant
from pro_app.records.responses import Stored
from pro_app.records.store import Transaction
from pro_app.schedule.due import due_ranges
from pro_app.schedule.elements import Study
from pro_app.schedule.status import MEANING, Status
from pro_app.schedule.window import VisitState
from pro_app.schedule.window import today as local_day
from pro_app.scoring.result import ScaleScore

CLOSING_SOON = timedelta(days=3)
OPENING_SOON = timedelta(days=7)
PERIOD = timedelta(days=30)
# More than this on one list is not a list for one nurse: the page says that it shows the first of them.
MOST = 3000


@dataclass(frozen=True, slots=True)
class Line:
    """One visit of one participant on a list. `days`: to the closing day, or to the opening day."""

    person: Participant
    stop: Stop
    days: int
    needs_call: bool = False


@dataclass(frozen=True, slots=True)
class Completion:
    """Visits whose window closed in a period: how many were in, in time, of those that were expected."""

    done: int
    expected: int

    @property
    def percent(self) -> float | None:
        return self.done / self.expected * 100 if self.expected else None


@dataclass(frozen=True, slots=True)
class Today:
    """The page a clinic begins its day with. `more`: there are more participants than were looked at."""

    open_now: tuple[Line, ...]
    opening: tuple[Line, ...]
    missed: tuple[Line, ...]
    journeys: tuple[Journey, ...]
    completion: Completion
    completion_before: Completion
    registries: tuple[Tally, ...]
    more: bool

    @property
    def calls(self) -> tuple[Line, ...]:
        return tuple(line for line in self.open_now if line.needs_call)

    @property
    def closing(self) -> tuple[Line, ...]:
        return tuple(line for line in self.open_now if line.days <= CLOSING_SOON.days)


def today(tx: Transaction, study: Study, sites: tuple[str, ...], now: datetime) -> Today:
    """Who is due, open, about to close or needs a call at `sites`; six queries."""
    people = clinic_lists.near(tx, sites, _ranges(study, now), MOST + 1)
    journeys = journey.of_many(tx, study, people[:MOST], now)
    calls = {(row.participant_id, row.timepoint) for row in deliveries.calls(tx, sites, MOST)}
    lines = [_line(one, stop, calls, now) for one in journeys for stop in one.stops if stop.visit.due]
    open_now = [line for line in lines if line.stop.assessment.state.answerable and _wanted(line.person)]
    opening = [
        line
        for line in lines
        if line.stop.assessment.state is VisitState.UPCOMING
        and line.days <= OPENING_SOON.days
        and _wanted(line.person)
    ]
    missed = [
        line
        for line in lines
        if line.stop.assessment.state in (VisitState.CLOSED, VisitState.INCOMPLETE)
        and -line.days <= PERIOD.days
    ]
    shown = {line.person.id for line in (*open_now, *opening)}
    site = sites[0] if len(sites) == 1 else None
    return Today(
        open_now=tuple(sorted(open_now, key=lambda line: (line.days, line.person.study_number))),
        opening=tuple(sorted(opening, key=lambda line: (line.days, line.person.study_number))),
        missed=tuple(sorted(missed, key=lambda line: (-line.days, line.person.study_number))),
        journeys=tuple(one for one in journeys if one.person.id in shown),
        completion=_completion(journeys, now, 0),
        completion_before=_completion(journeys, now, 1),
        registries=tuple(outbox_tally.tally(tx, one.id, site) for one in study.registries),
        more=len(people) > MOST,
    )


def _wanted(person: Participant) -> bool:
    """Whether anything is asked of the participant now."""
    return MEANING[Status(person.status)].missing is None


def _ranges(study: Study, now: datetime) -> list[AnchorRange]:
    """Anchor days of visits that closed in the last two periods, are open, or open soon."""
    past = due_ranges(study, now, tail=2 * PERIOD.days + 1)
    soon = due_ranges(study, now + OPENING_SOON, tail=1)
    return [
        AnchorRange(early.anchor.value, min(early.first, late.first), max(early.last, late.last))
        for early, late in zip(past, soon, strict=True)
    ]


def _line(one: Journey, stop: Stop, calls: Collection[tuple[int, str]], now: datetime) -> Line:
    day = local_day(now, one.site.tz)
    opens, last = stop.visit.opens or day, stop.visit.closes or day
    if stop.assessment.state is VisitState.GRACE and stop.visit.finish_by:
        last = stop.visit.finish_by
    upcoming = stop.assessment.state is VisitState.UPCOMING
    days = ((opens if upcoming else last) - day).days
    return Line(one.person, stop, days, (one.person.id, stop.timepoint.id) in calls)


def _completion(journeys: tuple[Journey, ...], now: datetime, periods_ago: int) -> Completion:
    """Visits whose window closed in the period that ended `periods_ago` periods ago, without excused ones."""
    done = expected = 0
    for one in journeys:
        last = local_day(now, one.site.tz) - timedelta(days=1) - periods_ago * PERIOD
        first = last - PERIOD + timedelta(days=1)
        for stop in one.stops:
            state = stop.assessment.state
            if stop.visit.closes and first <= stop.visit.closes <= last and state is not VisitState.EXCUSED:
                expected += 1
                done += state is VisitState.DONE
    return Completion(done, expected)


@dataclass(frozen=True, slots=True)
class Page:
    """Some participants with their visits. `after`: where the next page begins, None on the last one."""

    journeys: tuple[Journey, ...]
    after: str | None


PAGE_SIZE = 50
MATRIX_SIZE = 300


def people(
    tx: Transaction,
    study: Study,
    sites: tuple[str, ...],
    now: datetime,
    *,
    search: str = "",
    phone: str | None = None,
    after: str = "",
) -> Page:
    """One page of participants by study number; `phone` (E.164) finds by telephone instead."""
    if phone:
        found = clinic_lists.by_phone(tx, sites, phone)
        return Page(journey.of_many(tx, study, found, now), None)
    found = participants.page(tx, sites, search=search, after=after, limit=PAGE_SIZE + 1)
    shown = found[:PAGE_SIZE]
    return Page(
        journey.of_many(tx, study, shown, now),
        shown[-1].study_number if len(found) > PAGE_SIZE else None,
    )


def completion(
    tx: Transaction, study: Study, sites: tuple[str, ...], now: datetime, *, after: str = ""
) -> Page:
    """A long page of the matrix of participants and visits."""
    found = participants.page(tx, sites, after=after, limit=MATRIX_SIZE + 1)
    shown = found[:MATRIX_SIZE]
    last = shown[-1].study_number if len(found) > MATRIX_SIZE else None
    return Page(journey.of_many(tx, study, shown, now), last)


@dataclass(frozen=True, slots=True)
class Scores:
    """One instrument's scales over the participant's visits. `received`: timepoint -> day it came."""

    instrument: Instrument
    trends: tuple[Trend, ...]
    received: Mapping[str, date]


@dataclass(frozen=True, slots=True)
class Portrait:
    """Everything but the identity of one participant."""

    journey: Journey
    scores: tuple[Scores, ...]
    responses: tuple[Stored, ...]
    messages: tuple[Delivery, ...]
    history: tuple[Event, ...]


def portrait(
    tx: Transaction, study: Study, catalogue: Catalogue, person: Participant, now: datetime
) -> Portrait:
    """One participant; six queries."""
    way = journey.of(tx, study, person, now)
    stored = responses.scores_of(tx, person.id)
    wanted = dict.fromkeys(name for stop in way.stops for name in stop.timepoint.instruments)
    timepoints = [stop.timepoint.id for stop in way.stops]
    parts = []
    for name in wanted:
        results: dict[str, dict[str, ScaleScore]] = {}
        received: dict[str, date] = {}
        for one in stored:
            if one.instrument == name:
                results.setdefault(one.timepoint, {})[one.result.scale] = one.result
                received[one.timepoint] = local_day(one.received_at, way.site.tz)
        instrument = catalogue.instrument(name)
        parts.append(Scores(instrument, trends(instrument, timepoints, results), received))
    return Portrait(
        way,
        tuple(parts),
        responses.of_participant(tx, person.id),
        deliveries.of_participant(tx, person.id),
        audit.history(tx, person.study_number, limit=100),
    )

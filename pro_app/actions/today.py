"""What a clinic has to do today: alerts, calls, what closes, is open, opens soon, was missed.

The list begins with index ranges on the anchor dates, as the clock's does, and works out only the visits that
have to do with today; every state comes from `journey`, so the page can't disagree with a reminder. The cost
follows what is due and not how many participants there are, and the number of queries is fixed.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from pro_app import journey
from pro_app.journey import Journey, Stop
from pro_app.records import alerts, clinic_lists, deliveries, outbox_tally
from pro_app.records.alerts import Group, grouped
from pro_app.records.clinic_lists import AnchorRange
from pro_app.records.outbox_tally import Tally
from pro_app.records.participants import Participant
from pro_app.records.store import Transaction
from pro_app.schedule.due import DueRange, due_ranges
from pro_app.schedule.elements import Study
from pro_app.schedule.missing import NOT_EXPECTED
from pro_app.schedule.status import MEANING, Status
from pro_app.schedule.window import VisitState
from pro_app.schedule.window import today as local_day

CLOSING_SOON = timedelta(days=3)
OPENING_SOON = timedelta(days=7)
PERIOD = timedelta(days=30)
# More than this on one list is not a list for one nurse: the page shows one site and says so.
MOST = 1000
MOST_ALERTS = 500


@dataclass(frozen=True, slots=True)
class Line:
    """One visit of one participant on a list. `days`: to the last day, or to the opening day."""

    person: Participant
    stop: Stop
    days: int
    needs_call: bool = False
    alarming: bool = False


@dataclass(frozen=True, slots=True)
class InTime:
    """Visits whose window closed in a period: how many were in, in time, of those that were expected."""

    done: int
    expected: int

    @property
    def percent(self) -> float | None:
        return self.done / self.expected * 100 if self.expected else None


@dataclass(frozen=True, slots=True)
class Today:
    """The page a clinic begins its day with. `open_now` by last day; `missed`: without a reason on record.

    `narrowed_to`: the one site that is shown, when all of them together are too many for one list. `more`:
    even that site has more than are shown.
    """

    open_now: tuple[Line, ...]
    opening: tuple[Line, ...]
    missed: tuple[Line, ...]
    alarming: tuple[Group, ...]
    in_time: InTime
    in_time_before: InTime
    registries: tuple[Tally, ...]
    narrowed_to: str | None
    more: bool

    @property
    def calls(self) -> tuple[Line, ...]:
        return tuple(line for line in self.open_now if line.needs_call)

    @property
    def closing(self) -> tuple[Line, ...]:
        return tuple(line for line in self.open_now if line.days <= CLOSING_SOON.days)


def today(tx: Transaction, study: Study, sites: tuple[str, ...], now: datetime) -> Today:
    """Everything on the page for `sites`; six queries, one for each registry, one for several sites."""
    ranges = _ranges(study, sites, now)
    narrowed_to = None
    if len(sites) > 1 and clinic_lists.more_than(tx, sites, _spans(ranges), MOST):
        narrowed_to = sites[0]
        sites = (narrowed_to,)
        ranges = _ranges(study, sites, now)
    people = clinic_lists.near(tx, sites, _spans(ranges), MOST + 1)
    ways = _near_today(tx, study, people[:MOST], ranges, now)
    calls = {(row.participant_id, row.timepoint) for row in deliveries.calls(tx, sites, MOST)}
    waiting = alerts.waiting(tx, sites, MOST_ALERTS)
    alarmed = {(one.participant_id, one.timepoint) for one in waiting}
    lines = [_line(way, stop, calls, alarmed, now) for way in ways for stop in way.stops if stop.visit.due]
    site = sites[0] if len(sites) == 1 else None
    return Today(
        open_now=_sorted(line for line in lines if _open(line)),
        opening=_sorted(line for line in lines if _opening(line)),
        missed=tuple(reversed(_sorted(line for line in lines if _missed(line)))),
        alarming=grouped(waiting),
        in_time=_in_time(ways, now, 0),
        in_time_before=_in_time(ways, now, 1),
        registries=tuple(outbox_tally.tally(tx, one.id, site) for one in study.registries),
        narrowed_to=narrowed_to,
        more=len(people) > MOST,
    )


def _ranges(study: Study, sites: Sequence[str], now: datetime) -> tuple[DueRange, ...]:
    """Anchor days of visits that closed in the last two periods, are open, or open soon; one a timepoint."""
    # Sites without exceptions have one calendar between them.
    unlike = {
        (site.time_zone, *((one.offset, one.before, one.after, one.grace) for one in site.timepoints)): site
        for site in map(study.site, sites)
    }
    here = replace(study, sites=tuple(unlike.values()))
    past = due_ranges(here, now, tail=2 * PERIOD.days + 1)
    soon = due_ranges(here, now + OPENING_SOON, tail=1)
    return tuple(
        replace(early, first=min(early.first, late.first), last=max(early.last, late.last))
        for early, late in zip(past, soon, strict=True)
    )


def _spans(ranges: Iterable[DueRange]) -> list[AnchorRange]:
    return [AnchorRange(one.anchor.value, one.first, one.last) for one in ranges]


def _near_today(
    tx: Transaction, study: Study, people: Sequence[Participant], ranges: Sequence[DueRange], now: datetime
) -> list[Journey]:
    """Where they stand, with only the visits whose anchor day lies in the visit's own range."""
    pasts = journey.pasts(tx, [person.id for person in people])
    ways = []
    for person in people:
        anchors = journey.anchors_of(person)
        only = {
            one.timepoint
            for one in ranges
            if (day := anchors.day(one.anchor)) is not None and one.first <= day <= one.last
        }
        ways.append(journey.build(study, person, pasts[person.id], now, only))
    return ways


def _sorted(lines: Iterable[Line]) -> tuple[Line, ...]:
    return tuple(sorted(lines, key=lambda line: (line.days, line.person.study_number)))


def _wanted(person: Participant) -> bool:
    """Whether anything is asked of the participant now."""
    return MEANING[Status(person.status)].missing is None


def _open(line: Line) -> bool:
    return line.stop.assessment.state.answerable and _wanted(line.person)


def _opening(line: Line) -> bool:
    upcoming = line.stop.assessment.state is VisitState.UPCOMING
    return upcoming and line.days <= OPENING_SOON.days and _wanted(line.person)


def _missed(line: Line) -> bool:
    return bool(line.stop.unexplained) and -line.days <= PERIOD.days


def _line(
    way: Journey,
    stop: Stop,
    calls: Collection[tuple[int, str]],
    alarmed: Collection[tuple[int, str]],
    now: datetime,
) -> Line:
    day = local_day(now, way.site.tz)
    visit = stop.visit
    last = visit.finish_by if stop.assessment.state is VisitState.GRACE else visit.closes
    until = visit.opens if stop.assessment.state is VisitState.UPCOMING else last
    key = (way.person.id, stop.timepoint.id)
    return Line(way.person, stop, ((until or day) - day).days, key in calls, key in alarmed)


def _in_time(ways: Iterable[Journey], now: datetime, periods_ago: int) -> InTime:
    """Visits whose window closed in the period that ended `periods_ago` periods ago.

    Not expected are those missing since somebody died or withdrew; the other reasons explain, no more.
    """
    done = expected = 0
    bounds: dict[str, tuple[date, date]] = {}
    for way in ways:
        if way.site.code not in bounds:
            last = local_day(now, way.site.tz) - timedelta(days=1) - periods_ago * PERIOD
            bounds[way.site.code] = (last - PERIOD + timedelta(days=1), last)
        first, last = bounds[way.site.code]
        for stop in way.stops:
            if not stop.visit.closes or not first <= stop.visit.closes <= last:
                continue
            if stop.assessment.reason not in NOT_EXPECTED:
                expected += 1
                done += stop.assessment.state is VisitState.DONE
    return InTime(done, expected)

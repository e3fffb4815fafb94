"""What a clinic has to do today: alerts, calls, what closes, is open, opens soon, was missed.

The list begins with index ranges on the anchor dates, as the clock's does, and works out only the visits that
have to do with today. Those that are finished and in time are told from one row each; every other state comes
from `journey`, so the page can't disagree with a reminder. The cost follows what is due and not how many
participants there are, and the number of queries is fixed.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from pro_app import journey
from pro_app.journey import Journey, Past, Stop
from pro_app.records import alerts, clinic_lists, deliveries, outbox_tally, unfinished, visits_near
from pro_app.records.alerts import Group, grouped
from pro_app.records.clinic_lists import AnchorRange
from pro_app.records.outbox_tally import Tally
from pro_app.records.participants import Participant
from pro_app.records.store import Transaction
from pro_app.records.visits_near import NearVisit
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
MOST_VISITS = 5 * MOST
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
    """Everything on the page for `sites`; seven queries, two for each registry, one for several sites."""
    ranges = _ranges(study, sites, now)
    narrowed_to = None
    if len(sites) > 1 and clinic_lists.more_than(tx, sites, _spans(ranges), MOST):
        narrowed_to = sites[0]
        sites = (narrowed_to,)
        ranges = _ranges(study, sites, now)
    named = [(one.timepoint, span) for one, span in zip(ranges, _spans(ranges), strict=True)]
    near = visits_near.near(tx, sites, named, MOST_VISITS + 1)
    well = [one for one in near if _in_and_in_time(study, one)]
    others: dict[int, list[NearVisit]] = {}
    for one in set(near).difference(well):
        others.setdefault(one.participant_id, []).append(one)
    ways = _worked_out(tx, study, others, now)
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
        in_time=_in_time(study, well, ways, now, 0),
        in_time_before=_in_time(study, well, ways, now, 1),
        registries=tuple(outbox_tally.tally(tx, one.id, site) for one in study.registries),
        narrowed_to=narrowed_to,
        more=len(near) > MOST_VISITS or len(others) > MOST,
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


def _in_and_in_time(study: Study, one: NearVisit) -> bool:
    """Whether all of the visit's forms came within its window, without any grace; the others are judged."""
    if one.received_at is None or one.closes is None or one.typed_in:
        return False
    site = study.site(one.site)
    wanted = next(len(each.instruments) for each in site.timepoints if each.id == one.timepoint)
    return one.forms >= wanted and local_day(one.received_at, site.tz) <= one.closes


def _worked_out(
    tx: Transaction, study: Study, visits: Mapping[int, Sequence[NearVisit]], now: datetime
) -> list[Journey]:
    """Where up to `MOST` participants stand, with only these visits of each; four queries."""
    people = clinic_lists.by_ids(tx, list(visits)[:MOST])
    answered = {one for one, mine in visits.items() if any(visit.forms for visit in mine)}
    pasts = journey.pasts(tx, [person.id for person in people if person.id in answered])
    # Of who has sent nothing at these visits only what was begun or excused matters.
    others = unfinished.of_many(tx, [person.id for person in people if person.id not in answered])
    for one, begun in others.items():
        pasts[one] = Past({}, begun.opened, {}, {}, begun.excused)
    return [
        journey.build(study, person, pasts[person.id], now, {one.timepoint for one in visits[person.id]})
        for person in people
    ]


def _sorted(lines: Iterable[Line]) -> tuple[Line, ...]:
    return tuple(sorted(lines, key=lambda line: (line.days, line.person.study_number)))


def _wanted(person: Participant) -> bool:
    """Whether anything is asked of the participant now."""
    return MEANING[Status(person.status)].missing is None and person.locked_at is None


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


def _in_time(
    study: Study, well: Iterable[NearVisit], ways: Iterable[Journey], now: datetime, periods_ago: int
) -> InTime:
    """Visits whose window closed in the period that ended `periods_ago` periods ago.

    Not expected are those missing since somebody died or withdrew; the other reasons explain, no more.
    """
    bounds: dict[str, tuple[date, date]] = {}

    def inside(site: str, closes: date | None) -> bool:
        if site not in bounds:
            last = local_day(now, study.site(site).tz) - timedelta(days=1) - periods_ago * PERIOD
            bounds[site] = (last - PERIOD + timedelta(days=1), last)
        first, last = bounds[site]
        return closes is not None and first <= closes <= last

    done = expected = sum(inside(one.site, one.closes) for one in well)
    for way in ways:
        for stop in way.stops:
            if inside(way.site.code, stop.visit.closes) and stop.assessment.reason not in NOT_EXPECTED:
                expected += 1
                done += stop.assessment.state is VisitState.DONE
    return InTime(done, expected)

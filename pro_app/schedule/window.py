"""The state of a visit: the one function that page, clock, export and dry run all call."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from pro_app.schedule.plan import Visit
from pro_app.schedule.status import MEANING, Status

_NOTHING: Mapping[str, datetime] = {}
_NONE: tuple[str, ...] = ()


class VisitState(StrEnum):
    """Where a visit stands.

    unscheduled: its anchor has no day. upcoming: not open yet. open: open and not past due. overdue: open
    and past due. grace: closed, but a form opened in time may be finished. partial: answerable and some of
    its instruments are in. closed: over and nothing is in. incomplete: over and only some are in.
    done: all in, in time. done_late: all in, at least one late. excused: missing with a known reason.
    """

    UNSCHEDULED = "unscheduled"
    UPCOMING = "upcoming"
    OPEN = "open"
    OVERDUE = "overdue"
    GRACE = "grace"
    PARTIAL = "partial"
    CLOSED = "closed"
    INCOMPLETE = "incomplete"
    DONE = "done"
    DONE_LATE = "done_late"
    EXCUSED = "excused"

    @property
    def answerable(self) -> bool:
        """An answer sent now counts as in time."""
        return self in (VisitState.OPEN, VisitState.OVERDUE, VisitState.GRACE, VisitState.PARTIAL)

    @property
    def finished(self) -> bool:
        return self in (VisitState.DONE, VisitState.DONE_LATE)

    @property
    def missing(self) -> bool:
        """Over without all its forms, whether or not there is a reason."""
        return self in (VisitState.CLOSED, VisitState.INCOMPLETE, VisitState.EXCUSED)


@dataclass(frozen=True, slots=True)
class Assessment:
    """A visit's state with what a page wants to say about it.

    `reason` is why it is excused ("withdrawn", "too_ill", a reason a nurse recorded). `done` and `missing`
    are instruments in the visit's order, `late` those of `done` that came after the window.
    """

    state: VisitState
    done: tuple[str, ...]
    missing: tuple[str, ...]
    late: tuple[str, ...]
    reason: str | None = None


@lru_cache(maxsize=64)  # all visits of a page, and all of a tick, are looked at from one instant
def today(now: datetime, tz: ZoneInfo) -> date:
    """The calendar day at the site at the instant `now` (aware)."""
    return now.astimezone(tz).date()


def start_of(day: date, tz: ZoneInfo) -> datetime:
    """The first instant of `day` at the site, in UTC."""
    return datetime.combine(day, time.min, tzinfo=tz).astimezone(UTC)


def end_of(day: date, tz: ZoneInfo) -> datetime:
    """The first instant after `day` at the site, in UTC."""
    return start_of(day + timedelta(days=1), tz)


def in_time(visit: Visit, tz: ZoneInfo, received: datetime, opened: datetime | None = None) -> bool:
    """Whether a form received then counts as in time: by the end of `closes`, or in grace if opened by then.

    A form that came before the window opened counts as in time: a moved operation must not turn it late.
    """
    if visit.closes is None or visit.finish_by is None:
        return True
    day = today(received, tz)
    if day <= visit.closes:
        return True
    return opened is not None and today(opened, tz) <= visit.closes and day <= visit.finish_by


def assess(
    visit: Visit,
    site_tz: ZoneInfo,
    status: Status | str,
    done: Mapping[str, datetime],
    now: datetime,
    excused: str | None = None,
    *,
    since: datetime | None = None,
    opened: Mapping[str, datetime] = _NOTHING,
) -> Assessment:
    """Where a visit stands at the instant `now`.

    `done`: instrument → when the server received its current response. `opened`: instrument → when its
    form was first opened. `excused`: a missing-form reason on record. `status` holds from `since` (None:
    always has). Steps: 1. all in: done or done late. 2. a reason on record. 3. the participant's status.
    4. the calendar at the site.
    """
    have, lack, late = _NONE, visit.instruments, _NONE
    if done:
        have = tuple(name for name in visit.instruments if name in done)
        lack = tuple(name for name in visit.instruments if name not in done)
        late = tuple(name for name in have if not in_time(visit, site_tz, done[name], opened.get(name)))
    if not lack:
        return Assessment(VisitState.DONE_LATE if late else VisitState.DONE, have, lack, late)
    if excused:
        return Assessment(VisitState.EXCUSED, have, lack, late, excused)
    if reason := _status_excuse(visit, site_tz, Status(status), since, now):
        return Assessment(VisitState.EXCUSED, have, lack, late, reason)
    begun = bool(opened) and any(
        visit.closes is not None and today(opened[name], site_tz) <= visit.closes
        for name in lack
        if name in opened
    )
    return Assessment(_by_calendar(visit, today(now, site_tz), bool(have), begun), have, lack, late)


def visit_state(
    visit: Visit,
    site_tz: ZoneInfo,
    status: Status | str,
    done: Mapping[str, datetime],
    now: datetime,
    excused: str | None = None,
    *,
    since: datetime | None = None,
    opened: Mapping[str, datetime] = _NOTHING,
) -> VisitState:
    """The state alone; see `assess`."""
    return assess(visit, site_tz, status, done, now, excused, since=since, opened=opened).state


def _by_calendar(visit: Visit, day: date, some: bool, begun: bool) -> VisitState:
    """The state of a visit that lacks at least one form, on `day` at the site."""
    if visit.due is None or visit.opens is None or visit.closes is None or visit.finish_by is None:
        return VisitState.UNSCHEDULED
    if day > visit.closes:
        if begun and day <= visit.finish_by:
            return VisitState.GRACE
        return VisitState.INCOMPLETE if some else VisitState.CLOSED
    if day < visit.opens:
        return VisitState.UPCOMING
    if some:
        return VisitState.PARTIAL
    return VisitState.OPEN if day <= visit.due else VisitState.OVERDUE


def _status_excuse(
    visit: Visit, tz: ZoneInfo, status: Status, since: datetime | None, now: datetime
) -> str | None:
    """Why the participant's status excuses a form that is not in, or None when it does not.

    A window that was over before the status began stays a plain miss. A final status excuses at once;
    one that may end (paused, too ill) excuses only when the window is over, for it may end in time.
    """
    meaning = MEANING[status]
    if meaning.missing is None:
        return None
    if visit.closes is None:
        return meaning.missing if meaning.final else None
    if since is not None and today(since, tz) > visit.closes:
        return None
    if meaning.final or today(now, tz) > visit.closes:
        return meaning.missing
    return None

"""When a reminder step is due: the study file's moment, moved off holidays, inside the visit's window."""

from datetime import UTC, date, datetime, timedelta

from pro_app.schedule.elements import Site, Study
from pro_app.schedule.outreach import Audience, OnHoliday, Step
from pro_app.schedule.plan import Visit

ONE_DAY = timedelta(days=1)


def step_at(study: Study, site: Site, visit: Visit, step: Step) -> datetime | None:
    """The instant (UTC) from which `step` is due, or None when the visit has no room for it.

    None: the visit has no days; the step's day lies outside its window; every day of the window is a
    holiday. A step on a holiday goes where its `on_holiday` says, and the other way when there is no
    working day left on that side. The call list is for staff, so holidays don't move it.
    """
    if visit.due is None or visit.opens is None or visit.closes is None:
        return None
    base = {"opens": visit.opens, "due": visit.due, "closes": visit.closes}[step.moment.base]
    day: date | None = base + timedelta(days=step.moment.days)
    if day is None or not visit.opens <= day <= visit.closes:
        return None
    if step.audience != Audience.CALL_LIST and step.on_holiday != OnHoliday.SEND and day in study.holiday_on:
        later = _workday(study, day, ONE_DAY, visit.closes)
        earlier = _workday(study, day, -ONE_DAY, visit.opens)
        day = (later or earlier) if step.on_holiday == OnHoliday.LATER else (earlier or later)
    if day is None:
        return None
    return datetime.combine(day, step.moment.at, tzinfo=site.tz).astimezone(UTC)


def _workday(study: Study, day: date, stride: timedelta, last: date) -> date | None:
    """The first day that is no holiday from `day` on towards `last`, `last` included."""
    while day in study.holiday_on:
        if day == last:
            return None
        day += stride
    return day


def due_steps(
    study: Study, site: Site, visit: Visit, audience: Audience, now: datetime
) -> list[tuple[Step, datetime]]:
    """The steps of one audience that are due at `now`, the newest last; at one instant the file's order."""
    due = [
        (step, at)
        for step in study.reminders
        if step.audience == audience and (at := step_at(study, site, visit, step)) and at <= now
    ]
    return sorted(due, key=lambda pair: pair[1])


def next_contact(study: Study, site: Site, after: datetime, ignore_holidays: bool = False) -> datetime:
    """The first instant (UTC) at or after `after` that is inside contact hours and no holiday."""
    local = after.astimezone(site.tz)
    day = local.date()
    if local.time() >= site.hours.end:
        day += ONE_DAY
    while day in study.holiday_on and not ignore_holidays:
        day += ONE_DAY
    start = datetime.combine(day, site.hours.start, tzinfo=site.tz).astimezone(UTC)
    return max(start, after)

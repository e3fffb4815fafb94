"""Whether a response counts: `current`, or kept `beside`, with the reason that the site is shown."""

from datetime import date

from pro_app.journey import Journey, Stop
from pro_app.records.responses import Standing
from pro_app.schedule.status import MEANING, Status
from pro_app.schedule.window import VisitState, in_time, start_of, today

# What comes while the data are locked is kept beside; a coordinator may make it count afterwards.
LOCKED = "data_locked"


def standing_of(
    way: Journey, stop: Stop, instrument: str, completed_on: date | None, aside: str | None
) -> tuple[Standing, str | None]:
    """`current` or `beside`, with the reason.

    What was answered on paper is judged by the day on which it was answered (`completed_on`), whenever it is
    typed in. aside: a reason to keep it beside even when it is the first.
    """
    person, tz, day = way.person, way.site.tz, completed_on
    if instrument in stop.received:
        return "beside", "second_response"
    if aside:
        return "beside", aside
    if person.locked_at is not None:
        return "beside", LOCKED
    if MEANING[Status(person.status)].final and (day is None or day > today(person.status_since, tz)):
        return "beside", person.status
    if day is not None:
        if stop.visit.opens is None or day < stop.visit.opens:
            return "current", "before_window"
        return "current", None if in_time(stop.visit, tz, start_of(day, tz)) else "after_window"
    state = stop.assessment.state
    if state is VisitState.UPCOMING or state is VisitState.UNSCHEDULED:
        return "current", "before_window"
    return "current", None if state.answerable else "after_window"

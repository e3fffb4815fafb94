"""Which anchor dates can have anything to do today: the clock starts from an index range, not from a list.

One range for each timepoint; the cost of a tick then follows how many visits are open, not how many
participants are enrolled.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pro_app.schedule.elements import Anchor, Offset, Study, Timepoint
from pro_app.schedule.window import today

# A month added and taken away again may land up to three days off (31 January + 1m = 28 February).
_SLACK = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class DueRange:
    """Anchor days `first` to `last`, both included, whose visit can be open or in grace somewhere today."""

    timepoint: str
    anchor: Anchor
    first: date
    last: date


def due_ranges(study: Study, now: datetime, tail: int = 1) -> tuple[DueRange, ...]:
    """One range for each timepoint, wide enough for every site's time zone and exceptions at `now`.

    `tail` is how many days after the last form can come in the visit is still looked at, so that a step
    which an outage swallowed is written down as not sent.
    """
    ranges: list[DueRange] = []
    for place, base in enumerate(study.timepoints):
        spans = [_span(site.timepoints[place], today(now, site.tz), tail) for site in study.sites]
        ranges.append(
            DueRange(base.id, base.anchor, min(first for first, _ in spans), max(last for _, last in spans))
        )
    return tuple(ranges)


def last_over(timepoint: Timepoint, day: date) -> date:
    """The latest anchor day whose window is over on `day`; every earlier one is over as well."""
    return _last_anchor(timepoint.offset, day - timedelta(days=timepoint.after + 1))


def _span(timepoint: Timepoint, day: date, tail: int) -> tuple[date, date]:
    """The anchor days whose window, with grace and `tail`, holds `day`."""
    oldest_due = day - timedelta(days=timepoint.after + timepoint.grace + tail)
    newest_due = day + timedelta(days=timepoint.before)
    return _first_anchor(timepoint.offset, oldest_due), _last_anchor(timepoint.offset, newest_due)


def _first_anchor(offset: Offset, due: date) -> date:
    """The earliest day that is due on or after `due`: adding an offset never reverses the order of days."""
    day = Offset(-offset.months, -offset.days).from_(due) - _SLACK
    while offset.from_(day) < due:
        day += timedelta(days=1)
    return day


def _last_anchor(offset: Offset, due: date) -> date:
    """The latest day that is due on or before `due`."""
    day = Offset(-offset.months, -offset.days).from_(due) + _SLACK
    while offset.from_(day) > due:
        day -= timedelta(days=1)
    return day

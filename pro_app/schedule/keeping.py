"""How long name and contact are kept: until nobody needs them to reach the participant, and a while more.

Pure arithmetic on days at the site, computed anew on every look, like everything of the plan: a moved surgery
moves this day as well.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from pro_app.schedule.elements import Anchor, Site
from pro_app.schedule.plan import Visit

# No month is shorter.
_DAYS_OF_A_MONTH = 28


def due_on(visits: Iterable[Visit], left_on: date | None, kept_days: int) -> date | None:
    """The first day on which name and contact are to be gone; None while that can't be said.

    left_on: the day of a withdrawal or death. Otherwise counted from the last day on which a form may be
    finished; while a visit has no date (surgery unknown or cancelled) there is no such day.
    """
    if left_on is not None:
        return left_on + timedelta(days=kept_days + 1)
    ends = [visit.finish_by for visit in visits]
    known = [day for day in ends if day is not None]
    if not known or len(known) != len(ends):
        return None
    return max(known) + timedelta(days=kept_days + 1)


def no_later_than(site: Site, day: date, kept_days: int) -> tuple[Anchor, date] | None:
    """Whoever of this site is due on `day` has this anchor on or before this date: for a query that looks at
    those only. None for a site without visits."""
    spans = [
        (
            one.offset.days + one.offset.months * _DAYS_OF_A_MONTH + one.after + one.grace,
            one.anchor,
        )
        for one in site.timepoints
    ]
    if not spans:
        return None
    span, anchor = max(spans, key=lambda one: one[0])
    return anchor, day - timedelta(days=span + kept_days + 1)

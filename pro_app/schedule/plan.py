"""When each visit is: pure arithmetic on calendar days at the site, computed anew on every look.

Nothing here is stored, so nothing can be stale: moving the surgery moves every visit that hangs on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from pro_app.schedule.elements import Anchor, Site, Study, Timepoint


class SurgeryState(StrEnum):
    """What is known of the operation. A moved one is `planned` with another date."""

    PLANNED = "planned"
    DONE = "done"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Anchors:
    """The days that a participant's visits are counted from, as dates at the site.

    `surgery_state` may be the plain word ("planned", "done", "cancelled", "unknown").
    """

    enrolled_on: date | None = None
    surgery_planned_on: date | None = None
    surgery_done_on: date | None = None
    surgery_state: str = SurgeryState.PLANNED

    def day(self, anchor: Anchor) -> date | None:
        """The day that `anchor` stands for, or None when there is none (yet, or any more).

        A cancelled or unknown operation has no day. `surgery` is the day it was done, else the planned day.
        `surgery_planned` is the last planned day, which a form filled in before the operation counts for
        whenever it really happened; an operation that was never planned counts from its own day.
        """
        done = self.surgery_done_on if self.surgery_state == SurgeryState.DONE else None
        known = self.surgery_state in (SurgeryState.PLANNED, SurgeryState.DONE)
        planned = self.surgery_planned_on if known else None
        if anchor is Anchor.ENROLMENT:
            return self.enrolled_on
        if anchor is Anchor.SURGERY_PLANNED:
            return planned or done
        if anchor is Anchor.SURGERY_DONE:
            return done
        return done if self.surgery_state == SurgeryState.DONE else planned


@dataclass(frozen=True, slots=True)
class Window:
    """The three days of a visit that is finished, as they were when it was finished."""

    due: date
    opens: date
    closes: date


@dataclass(frozen=True, slots=True)
class Visit:
    """One timepoint of one participant: open from 00:00 of `opens` to the end of `closes` at the site.

    All three days are None when the anchor has no day. `finish_by` is the last day on which a form that
    was opened in time may be finished. `kept`: the days are those of a finished visit and no longer move.
    """

    timepoint: str
    due: date | None
    opens: date | None
    closes: date | None
    finish_by: date | None
    instruments: tuple[str, ...]
    kept: bool = False

    @property
    def scheduled(self) -> bool:
        return self.due is not None


def plan(
    study: Study, anchors: Anchors, site: Site | str, kept: Mapping[str, Window] | None = None
) -> tuple[Visit, ...]:
    """Every visit, in the order of the study file.

    `kept` holds, by timepoint, the window in which a visit was finished: it does not move any more.
    """
    place = study.site(site) if isinstance(site, str) else site
    held = kept or {}
    return tuple(visit_of(timepoint, anchors, held.get(timepoint.id)) for timepoint in place.timepoints)


def visit_of(timepoint: Timepoint, anchors: Anchors, kept: Window | None = None) -> Visit:
    """One visit; what `plan` says of it."""
    if kept:
        finish_by = kept.closes + timedelta(days=timepoint.grace)
        return Visit(
            timepoint.id, kept.due, kept.opens, kept.closes, finish_by, timepoint.instruments, kept=True
        )
    day = anchors.day(timepoint.anchor)
    if day is None:
        return Visit(timepoint.id, None, None, None, None, timepoint.instruments)
    due = timepoint.offset.from_(day)
    closes = due + timedelta(days=timepoint.after)
    return Visit(
        timepoint=timepoint.id,
        due=due,
        opens=due - timedelta(days=timepoint.before),
        closes=closes,
        finish_by=closes + timedelta(days=timepoint.grace),
        instruments=timepoint.instruments,
    )

"""A form that was filled in on paper and is typed in later: which day counts, and what is in already.

The day on which it was filled in decides whether it was in time; the day it is typed in is kept beside. The
response itself is stored by `actions.answer`, like every other.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from pro_app import journey
from pro_app.errors import NotFound, ProAppError
from pro_app.instruments.catalogue import Catalogue
from pro_app.instruments.definition import Instrument
from pro_app.journey import Journey, Stop
from pro_app.records import responses, second_entries
from pro_app.records.participants import Participant
from pro_app.records.responses import Stored
from pro_app.records.second_entries import SecondEntry
from pro_app.records.store import Transaction
from pro_app.schedule.elements import Study
from pro_app.schedule.status import MEANING, Status
from pro_app.schedule.window import in_time, start_of, today

Judgement = Literal["in_window", "before_window", "after_window", "no_window", "beside", "after_end"]


class PaperDateRefused(ProAppError):
    """The day can't be the one on which the form was filled in; `fault` is the code of why."""

    code = "malformed"

    def __init__(self, fault: str) -> None:
        self.fault = fault
        super().__init__(field="completed_on")


@dataclass(frozen=True, slots=True)
class PaperForm:
    """One instrument of the visit: the response that counts, and the second entry of it if there is one."""

    instrument: Instrument
    sent: Stored | None
    second: SecondEntry | None

    @property
    def on_paper(self) -> bool:
        return self.sent is not None and self.sent.mode == "paper"


@dataclass(frozen=True, slots=True)
class PaperVisit:
    """One visit as somebody with a pile of forms finds it."""

    way: Journey
    stop: Stop
    forms: tuple[PaperForm, ...]

    def form(self, instrument: str) -> PaperForm:
        """Raises `NotFound` when the visit does not ask it."""
        for form in self.forms:
            if form.instrument.id == instrument:
                return form
        raise NotFound()


def look(
    tx: Transaction, study: Study, catalogue: Catalogue, person: Participant, timepoint: str, now: datetime
) -> PaperVisit:
    """Raises `NotFound` when the study has no such timepoint."""
    way = journey.of(tx, study, person, now)
    stop = way.at(timepoint)
    seconds = second_entries.of_visit(tx, person.id, timepoint)
    forms = tuple(
        PaperForm(
            catalogue.instrument(name),
            responses.current(tx, person.id, timepoint, name) if name in stop.received else None,
            seconds.get(name),
        )
        for name in stop.timepoint.instruments
    )
    return PaperVisit(way, stop, forms)


def judge(way: Journey, stop: Stop, instrument: str, completed_on: date | None, now: datetime) -> Judgement:
    """How a form filled in on that day will stand. Raises `PaperDateRefused`."""
    person, tz = way.person, way.site.tz
    if completed_on is None:
        raise PaperDateRefused("date_needed")
    if completed_on > today(now, tz):
        raise PaperDateRefused("date_future")
    if completed_on < person.enrolled_on:
        raise PaperDateRefused("before_enrolment")
    if instrument in stop.received:
        return "beside"
    if MEANING[Status(person.status)].final and completed_on > today(person.status_since, tz):
        return "after_end"
    if stop.visit.opens is None:
        return "no_window"
    if completed_on < stop.visit.opens:
        return "before_window"
    return "in_window" if in_time(stop.visit, tz, start_of(completed_on, tz)) else "after_window"


def moment_of(way: Journey, completed_on: date, now: datetime) -> datetime:
    """The instant that stands for the day of completion, where one is asked for: noon at the site.

    A form on paper knows no clock; noon keeps the day the same in every time zone of the study. UTC, and
    never later than `now`.
    """
    noon = start_of(completed_on, way.site.tz) + timedelta(hours=12)
    return min(noon, now)

"""What one visit looks like to the patient: the same picture for the pages and for the device."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from pro_app import journey
from pro_app.instruments.answers import validate
from pro_app.instruments.catalogue import Catalogue
from pro_app.instruments.definition import Instrument
from pro_app.journey import Journey, Past, Stop
from pro_app.records import drafts, responses
from pro_app.records.drafts import Draft
from pro_app.records.participants import Participant
from pro_app.records.prepared import Asked
from pro_app.records.responses import Stored
from pro_app.records.store import Transaction
from pro_app.schedule.elements import Site, Study
from pro_app.schedule.window import today
from pro_app.scoring.engine import score


@dataclass(frozen=True, slots=True)
class Part:
    """One questionnaire of the visit. `sent` set means: locked, its answers are not shown again."""

    instrument: Instrument
    draft: Draft | None
    sent: Stored | None

    @property
    def answered(self) -> int:
        """How many items have a value so far."""
        answers = self.draft.answers.values() if self.draft else ()
        return sum("value" in answer for answer in answers)

    @property
    def total(self) -> int:
        return len(self.instrument.items)

    @property
    def minutes_left(self) -> int:
        """Roughly; at least one."""
        return max(1, round(self.instrument.minutes * (self.total - self.answered) / self.total))


@dataclass(frozen=True, slots=True)
class Look:
    """One visit of one participant at one instant. `day`: the calendar day at the site.

    catalogue: of the instruments it asks.
    """

    person: Participant
    site: Site
    stop: Stop
    way: Journey
    parts: tuple[Part, ...]
    day: date
    catalogue: Catalogue

    @property
    def ref(self) -> str:
        """Names the visit in addresses; not secret."""
        return f"{self.person.handle}.{self.stop.timepoint.id}"

    @property
    def open_parts(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.sent is None)

    @property
    def finished(self) -> bool:
        return not self.open_parts

    @property
    def next_stop(self) -> Stop | None:
        """The visit after this one that has a date; None after the last, or while none is known."""
        return self.way.next_after(self.day)

    @property
    def is_last(self) -> bool:
        return self.way.stops[-1].timepoint.id == self.stop.timepoint.id

    @property
    def licensed(self) -> tuple[str, ...]:
        """The languages in which all its questionnaires have the owner's wording; in production nobody may
        begin a visit that has none."""
        return self.catalogue.licensed_languages(self.stop.timepoint.instruments)

    def part(self, instrument: str) -> Part | None:
        return next((part for part in self.parts if part.instrument.id == instrument), None)


@dataclass(frozen=True, slots=True)
class Ahead:
    """What a look at a visit needs to know, on its way."""

    past: Asked[Past]
    drafts: Asked[dict[str, Draft]]


def ask(tx: Transaction, handle: str, timepoint: str) -> Ahead:
    """Ask for it before the participant of that handle is known."""
    return Ahead(journey.ask_past(tx, handle), drafts.ask_of_visit(tx, handle, timepoint))


def look(
    tx: Transaction,
    study: Study,
    catalogue: Catalogue,
    person: Participant,
    timepoint: str,
    now: datetime,
    ahead: Ahead | None = None,
) -> Look:
    """ahead: what was asked for before. Raises `NotFound` when the study has no such timepoint."""
    ahead = ahead or ask(tx, person.handle, timepoint)
    way = journey.build(study, person, ahead.past.found(), now)
    stop, kept = way.at(timepoint), ahead.drafts.found()
    parts = tuple(
        Part(
            catalogue.instrument(name),
            None if name in stop.received else kept.get(name),
            responses.current(tx, person.id, timepoint, name) if name in stop.received else None,
        )
        for name in stop.timepoint.instruments
    )
    return Look(person, way.site, stop, way, parts, today(now, way.site.tz), catalogue)


def to_begin_with(way: Journey, day: date) -> Stop:
    """Where a code leads: the open visit, else one finished in these days, else the next, else the last."""
    if way.open_now:
        return way.open_now
    for stop in reversed(way.stops):
        opens, closes = stop.visit.opens, stop.visit.closes
        if stop.assessment.state.finished and opens and closes and opens <= day <= closes:
            return stop
    return way.next_after(day) or way.stops[-1]


def worrying(study: Study, instrument: Instrument, answers: Mapping[str, object]) -> bool:
    """Whether these answers are such that the person must be told at once whom to call.

    The study's `at_least` rules say which: worst pain of 7 or more in the first study. Says nothing
    about rules that compare with earlier visits: those are for the staff.
    """
    rules = [rule for rule in study.alerts if rule.kind == "at_least" and rule.instrument == instrument.id]
    if not rules:
        return False
    sheet = score(instrument.scoring, validate(instrument, answers, partial=True).for_scoring())
    for rule in rules:
        for scale in rule.scales:
            value = sheet.scores[scale].value
            if value is not None and rule.value is not None and value >= rule.value:
                return True
    return False

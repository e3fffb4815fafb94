"""Deciding who is written to: from the study's due ranges to delivery rows, sent or not and why.

For each page of participants whose anchor day makes a visit possible today:
1. Read their answers, windows and earlier deliveries, one query each for the whole page.
2. Ask the rules (`schedule.reminding.decide`) about each; whoever can't be judged steps aside.
3. Write down what is new: messages to send, decisions against with their reason, calls no longer wanted.
`survey` only reads and `record` only writes, so that a tick with nothing new never holds up an answer.
"""

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import cast

from pro_app import journey
from pro_app.errors import ProAppError
from pro_app.instruments.inviting import NO_WORDING
from pro_app.journey import Journey
from pro_app.letters import reach
from pro_app.records import audit, deliveries, milestones, participants
from pro_app.records.audit import CLOCK
from pro_app.records.deliveries import Delivery
from pro_app.records.participants import AnchorName, Participant
from pro_app.records.store import Transaction
from pro_app.schedule.delivery import NOT_SENT, Decision, Facts, Held
from pro_app.schedule.due import DueRange, due_ranges
from pro_app.schedule.elements import Anchor, Study
from pro_app.schedule.reasons import Reason
from pro_app.schedule.reminding import decide, obstacle
from pro_app.schedule.window import today

log = logging.getLogger(__name__)

PAGE = 250
PROBLEM = "reminder_problem"
SAID_ONCE_A = timedelta(days=1)
_COLUMNS: Mapping[Anchor, AnchorName] = {
    Anchor.ENROLMENT: "enrolment",
    Anchor.SURGERY: "surgery",
    Anchor.SURGERY_PLANNED: "surgery_planned",
    Anchor.SURGERY_DONE: "surgery_done",
}


@dataclass(frozen=True, slots=True)
class Place:
    """How far a tick has come: in which due range, after which anchor day and participant's id."""

    range: int = 0
    after: tuple[date, int] | None = None


START = Place()


@dataclass(frozen=True, slots=True)
class Problem:
    """A participant who could not be judged, and the code of why."""

    study_number: str
    site: str
    code: str


@dataclass(frozen=True, slots=True)
class Findings:
    """What one page came to. `next` is None after the last one; `looked_at` counts participants."""

    decisions: Mapping[int, Decision]
    calls_off: tuple[tuple[Delivery, str], ...]
    problems: tuple[Problem, ...]
    looked_at: int
    next: Place | None

    @property
    def to_write(self) -> bool:
        return bool(self.decisions or self.calls_off or self.problems)


@dataclass(frozen=True, slots=True)
class Tally:
    """What a tick decided."""

    looked_at: int = 0
    to_send: int = 0
    held: int = 0
    problems: int = 0

    def plus(self, found: Findings) -> "Tally":
        made = found.decisions.values()
        return Tally(
            self.looked_at + found.looked_at,
            self.to_send + sum(len(decision.intents) for decision in made),
            self.held + sum(len(decision.held) for decision in made),
            self.problems + len(found.problems),
        )


def survey(
    tx: Transaction,
    study: Study,
    now: datetime,
    place: Place = START,
    unworded: Collection[str] = frozenset(),
) -> Findings:
    """Judge one page of participants, from `place` on; reads only.

    unworded: timepoints nobody may be invited to, since the owner's wording is not installed.
    """
    ranges = due_ranges(study, now)
    if place.range >= len(ranges):
        return Findings({}, (), (), 0, None)
    span = ranges[place.range]
    found = participants.due(tx, _COLUMNS[span.anchor], span.first, span.last, after=place.after, limit=PAGE)
    further = Place(place.range + 1)
    if len(found) == PAGE and (day := _anchor_day(found[-1], span.anchor)):
        further = Place(place.range, (day, found[-1].id))
    people = [person for person in found if not _in_any(person, ranges[: place.range])]
    return _judge_page(tx, study, people, now, further if further.range < len(ranges) else None, unworded)


def record(tx: Transaction, found: Findings, now: datetime) -> None:
    """Write down what `survey` found; whatever was decided meanwhile by somebody else stays."""
    deliveries.record(tx, found.decisions, now)
    for row, reason in found.calls_off:
        deliveries.withdraw_call(tx, row, reason, now)
    for problem in found.problems:
        note_problem(tx, problem, now)


def remind(tx: Transaction, study: Study, now: datetime, unworded: Collection[str] = frozenset()) -> Tally:
    """The whole tick in one transaction."""
    tally = Tally()
    place: Place | None = START
    while place is not None:
        found = survey(tx, study, now, place, unworded)
        record(tx, found, now)
        tally, place = tally.plus(found), found.next
    return tally


def note_problem(tx: Transaction, problem: Problem, now: datetime) -> None:
    """Leave a trace of a participant who can't be reminded, once a day and not at every tick."""
    for event in audit.history(tx, problem.study_number, limit=50):
        if event.action == PROBLEM and event.detail.get("problem") == problem.code:
            if now - event.at < SAID_ONCE_A:
                return
            break
    audit.append(tx, problem.site, CLOCK, PROBLEM, problem.study_number, {"problem": problem.code}, now)


def _in_any(person: Participant, ranges: Iterable[DueRange]) -> bool:
    """Whether an earlier range has brought this participant already: each is judged once a tick."""
    return any(
        (day := _anchor_day(person, span.anchor)) and span.first <= day <= span.last for span in ranges
    )


def _anchor_day(person: Participant, anchor: Anchor) -> date | None:
    if anchor == Anchor.SURGERY:
        return participants.effective_surgery(
            person.surgery_state, person.surgery_planned_on, person.surgery_done_on
        )
    return {
        Anchor.ENROLMENT: person.enrolled_on,
        Anchor.SURGERY_PLANNED: person.surgery_planned_on,
        Anchor.SURGERY_DONE: person.surgery_done_on,
    }[anchor]


def _judge_page(
    tx: Transaction,
    study: Study,
    people: list[Participant],
    now: datetime,
    further: Place | None,
    unworded: Collection[str],
) -> Findings:
    ids = [person.id for person in people]
    remembered = journey.pasts(tx, ids)
    past, refusing = deliveries.of_many(tx, ids), deliveries.unwilling(tx, ids)
    gap = milestones.gap(tx)
    decisions: dict[int, Decision] = {}
    calls_off: list[tuple[Delivery, str]] = []
    problems: list[Problem] = []
    for person in people:
        rows = past.get(person.id, ())
        try:
            course = journey.build(study, person, remembered[person.id], now)
            identity = participants.identity_of(tx, person)
            facts = reach.facts_of(tx, person, identity, rows, willing=person.id not in refusing)
            decision = _invited(_decide(study, course, facts, rows, now), unworded)
            if gap is not None:
                decision = gap.without_what_may_be_sent(decision, person.study_number)
            decision = _new_only(decision, rows)
            off = _calls_off(study, course, facts, rows, now, unworded)
        except Exception as fault:
            code = fault.code if isinstance(fault, ProAppError) else type(fault).__name__
            log.warning("participant %s can't be reminded: %s", person.study_number, code)
            problems.append(Problem(person.study_number, person.site, code))
            continue
        if decision.intents or decision.held:
            decisions[person.id] = decision
        calls_off.extend(off)
    return Findings(decisions, tuple(calls_off), tuple(problems), len(people), further)


def _decide(
    study: Study, course: Journey, facts: Facts, rows: tuple[Delivery, ...], now: datetime
) -> Decision:
    visits = [(stop.visit, stop.assessment.state) for stop in course.stops]
    return decide(study, course.site, facts, visits, [row.as_past() for row in rows], now)


def _invited(decision: Decision, unworded: Collection[str]) -> Decision:
    """Without the messages that would invite to a visit which has only demonstration wording."""
    # Not a rule of the schedule, so not one of its reasons: it hangs on what is installed here.
    reason = cast(Reason, NO_WORDING)
    held = tuple(
        Held(one.timepoint, one.opens_on, one.step, one.audience, one.channel, reason, one.at)
        for one in decision.intents
        if one.timepoint in unworded
    )
    intents = tuple(one for one in decision.intents if one.timepoint not in unworded)
    return Decision(intents, decision.held + held)


def _new_only(decision: Decision, rows: tuple[Delivery, ...]) -> Decision:
    """Without the decisions against that are on record already, word for word."""
    known = {row.key: row for row in rows}

    def is_new(held: Held) -> bool:
        row = known.get((held.timepoint, held.opens_on, held.step, held.channel))
        return row is None or (row.state == NOT_SENT and row.reason != str(held.reason))

    return Decision(decision.intents, tuple(held for held in decision.held if is_new(held)))


def _calls_off(
    study: Study,
    course: Journey,
    facts: Facts,
    rows: tuple[Delivery, ...],
    now: datetime,
    unworded: Collection[str],
) -> list[tuple[Delivery, str]]:
    """Calls on the list that nobody should make any more."""
    off = []
    visits = [(stop.visit, stop.assessment.state) for stop in course.stops]
    for row in rows:
        if row.channel != deliveries.CALL or row.state != "due":
            continue
        if row.timepoint in unworded:
            off.append((row, NO_WORDING))
            continue
        others = [other.as_past() for other in rows if other.id != row.id]
        found = obstacle(study, course.site, facts, visits, row.as_past(), others, now)
        if found and not found.reason.waits and not _may_still_call(course, row, found.reason, now):
            off.append((row, str(found.reason)))
    return off


def _may_still_call(course: Journey, row: Delivery, reason: Reason, now: datetime) -> bool:
    """A call that was due on the last day may be made until the last form is taken in."""
    last = course.at(row.timepoint).visit.finish_by
    return reason == Reason.CLOSED and last is not None and today(now, course.site.tz) <= last

"""The dry run: every date, window, reminder and text of one participant who never answers.

It asks the same `decide` as the clock, instant after instant, and takes each message as sent: what it shows
is what would happen, holidays, contact hours and caps included.
"""

import heapq
from dataclasses import dataclass, field
from datetime import date, datetime

from pro_app.schedule.delivery import Facts, Intent, Past
from pro_app.schedule.elements import Site, Study
from pro_app.schedule.message import Composed, Fill, compose, sms_parts
from pro_app.schedule.outreach import Audience, Step
from pro_app.schedule.plan import Anchors, Visit, plan
from pro_app.schedule.reasons import Reason
from pro_app.schedule.reminding import decide
from pro_app.schedule.status import Status
from pro_app.schedule.steps import step_at
from pro_app.schedule.window import start_of, visit_state

# A dry run has no participant, so no code: six letters stand for it.
NO_CODE = "XXXXXX"


@dataclass(frozen=True, slots=True)
class Reminder:
    """One message of the dry run. `at` is on the site's clock; `parts`: as how many texts it is billed."""

    step: str
    label: str
    audience: str
    channel: str
    at: datetime
    subject: str
    text: str
    parts: int


@dataclass(frozen=True, slots=True)
class NotSent:
    """A step that would not be sent, with the code of the sentence that says why."""

    step: str
    label: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class RehearsedVisit:
    """One visit with all its days and what is sent for it."""

    timepoint: str
    label: str
    due: date | None
    opens: date | None
    closes: date | None
    finish_by: date | None
    reminders: tuple[Reminder, ...]
    not_sent: tuple[NotSent, ...]


@dataclass(slots=True)
class _Run:
    """What has happened so far in the dry run."""

    past: list[Past] = field(default_factory=list)
    sent: list[tuple[Intent, datetime]] = field(default_factory=list)
    held: dict[tuple[str, str], Reason] = field(default_factory=dict)


def rehearse(
    study: Study,
    site: Site,
    anchors: Anchors,
    language: str,
    address: str,
    *,
    channels: tuple[str, ...] = ("sms", "email"),
    family_channels: tuple[str, ...] = ("sms", "email"),
    start: datetime | None = None,
) -> tuple[RehearsedVisit, ...]:
    """The dry run for one participant in `language`; `address` is the short address messages name.

    `start`: nothing is sent before this instant (None: before the enrolment day, if there is one).
    """
    visits = plan(study, anchors, site)
    facts = Facts(Status.ACTIVE, language, channels, family_channels)
    if start is None and anchors.enrolled_on:
        start = start_of(anchors.enrolled_on, site.tz)
    run = _play(study, site, facts, visits, start)
    return tuple(_shown(study, site, visit, language, address, run) for visit in visits)


def _play(study: Study, site: Site, facts: Facts, visits: tuple[Visit, ...], start: datetime | None) -> _Run:
    """Go from instant to instant at which something becomes due or may be sent after all."""
    run = _Run()
    moments = [
        max(at, start) if start else at
        for visit in visits
        for step in study.reminders
        if (at := step_at(study, site, visit, step))
    ]
    heapq.heapify(moments)
    played: datetime | None = None
    while moments:
        now = heapq.heappop(moments)
        if now == played:
            continue
        played = now
        states = [(visit, visit_state(visit, site.tz, facts.status, {}, now)) for visit in visits]
        decision = decide(study, site, facts, states, run.past, now)
        for intent in decision.intents:
            run.sent.append((intent, now))
            run.past.append(_delivered(intent, now))
        for held in decision.held:
            run.held[held.timepoint, held.step] = held.reason
            if held.until and held.until > now:
                heapq.heappush(moments, held.until)
    return run


def _delivered(intent: Intent, now: datetime) -> Past:
    return Past(intent.timepoint, intent.opens_on, intent.step, intent.channel, intent.audience, "sent", now)


def _shown(study: Study, site: Site, visit: Visit, language: str, address: str, run: _Run) -> RehearsedVisit:
    reminders = tuple(
        _reminder(study, site, visit, intent, now, address)
        for intent, now in run.sent
        if intent.timepoint == visit.timepoint
    )
    sent = {reminder.step for reminder in reminders}
    not_sent = tuple(
        NotSent(step.id, step.label[language], _reason(study, site, visit, step, run))
        for step in study.reminders
        if visit.scheduled and step.id not in sent
    )
    label = study.timepoint(visit.timepoint).label[language]
    return RehearsedVisit(
        visit.timepoint, label, visit.due, visit.opens, visit.closes, visit.finish_by, reminders, not_sent
    )


def _reason(study: Study, site: Site, visit: Visit, step: Step, run: _Run) -> Reason:
    """Why a step is not sent: as decided; else the visit was over before it began, or had no room for it."""
    if reason := run.held.get((visit.timepoint, step.id)):
        return reason
    return Reason.CLOSED if step_at(study, site, visit, step) else Reason.NO_ROOM


def _reminder(
    study: Study, site: Site, visit: Visit, intent: Intent, now: datetime, address: str
) -> Reminder:
    label = study.step(intent.step).label[intent.language]
    composed, parts = Composed("", label, {}), 0
    if intent.audience != Audience.CALL_LIST and visit.closes:
        fill = Fill(NO_CODE, visit.closes, address, f"{address}/v/{NO_CODE}")
        composed = compose(study, site, intent.message, intent.channel, intent.language, fill)
        if intent.channel == "sms":
            signatures = [template.signature for template in composed.templates.values()]
            parts = max(sms_parts(composed.text, signature) for signature in (*signatures, ""))
    at = now.astimezone(site.tz)
    return Reminder(
        intent.step, label, intent.audience, intent.channel, at, composed.subject, composed.text, parts
    )

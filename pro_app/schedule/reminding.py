"""Who is written to now, and why everybody else is not. Decides only: sends nothing, stores nothing.

`decide` is asked by the clock for each participant whose visit may be due; `obstacle` is the same judgement
on one delivery, asked again inside the claim, a moment before the provider is called. Both see the plan as it
is now, so nothing that was decided for an old date survives a moved operation.

Rules: 1. Only a visit that can be answered now is reminded of. 2. For each audience only the newest due step
counts: after three days down a person gets one message, not three. 3. A step is done with the first channel
that took it, unless the study wants every channel. 4. Family and call list come after the patient has had a
day to answer. 5. Caps, holidays and contact hours hold whatever was due; what waits goes later.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from pro_app.schedule.delivery import NOT_SENT, TAKEN, UNDER_WAY, Case, Decision, Facts, Held, Intent, Past
from pro_app.schedule.elements import Site, Study
from pro_app.schedule.limits import Found, limit, right_to_contact, wanted
from pro_app.schedule.outreach import Audience, Step
from pro_app.schedule.plan import Visit
from pro_app.schedule.reasons import Reason
from pro_app.schedule.steps import ONE_DAY, due_steps
from pro_app.schedule.window import VisitState, today

__all__ = [
    "Decision",
    "Facts",
    "Held",
    "Intent",
    "Past",
    "Reason",
    "decide",
    "obstacle",
    "right_to_contact",
]


def decide(
    study: Study,
    site: Site,
    facts: Facts,
    visits: Iterable[tuple[Visit, VisitState]],
    past: Sequence[Past],
    now: datetime,
) -> Decision:
    """What to send one participant at the instant `now` (aware), and what not and why.

    A step that has been sent, or is under way, appears in neither list.
    """
    intents: list[Intent] = []
    held: list[Held] = []
    seen = list(past)
    for visit, state in sorted(visits, key=lambda pair: pair[0].closes or date.max):
        if not _current(visit, today(now, site.tz)):
            continue
        case = Case(study, site, facts, seen, now, TAKEN)
        for audience in Audience:
            due = due_steps(study, site, visit, audience, now)
            for step, at in due[:-1]:
                held.extend(_passed_over(case, visit, state, step, at))
            for step, at in due[-1:]:
                found = _judge(case, visit, state, step, at)
                intents.extend(one for one in found if isinstance(one, Intent))
                held.extend(one for one in found if isinstance(one, Held))
        # What this very decision sends counts at once: two open visits share one day's cap.
        seen = [*past, *(_as_past(intent, now) for intent in intents)]
    return Decision(tuple(intents), tuple(held))


def obstacle(
    study: Study,
    site: Site,
    facts: Facts,
    visits: Iterable[tuple[Visit, VisitState]],
    delivery: Past,
    others: Sequence[Past],
    now: datetime,
) -> Held | None:
    """Why `delivery` must not be sent after all, or None: to be asked inside its claim.

    `others` are the participant's other deliveries, without this one.
    """
    case = Case(study, site, facts, others, now, UNDER_WAY)
    for visit, state in visits:
        if (visit.timepoint, visit.opens) != (delivery.timepoint, delivery.opens_on):
            continue
        due = due_steps(study, site, visit, Audience(delivery.audience), now)
        for step, at in due:
            if step.id == delivery.step:
                found = _obstacle(case, visit, state, step, delivery.channel, newest=step == due[-1][0])
                return _hold(visit, step, delivery.channel, at, found) if found else None
    gone = right_to_contact(facts.status, facts.may_contact) or facts.stopped or Reason.MOVED
    return Held(
        timepoint=delivery.timepoint,
        opens_on=delivery.opens_on,
        step=delivery.step,
        audience=delivery.audience,
        channel=delivery.channel,
        reason=gone,
        at=delivery.at,
    )


def _obstacle(
    case: Case, visit: Visit, state: VisitState, step: Step, channel: str, newest: bool
) -> Found | None:
    if reason := wanted(case, state):
        return reason, None
    if not newest:
        return Reason.SUPERSEDED, None
    if channel not in _channels(case, step):
        return Reason.NO_ADDRESS, None
    return limit(case, visit, step)


def _current(visit: Visit, day: date) -> bool:
    """Whether there is anything to decide: from opening until a day after the last form can come in."""
    if visit.opens is None or visit.finish_by is None:
        return False
    return visit.opens <= day <= visit.finish_by + ONE_DAY


def _as_past(intent: Intent, now: datetime) -> Past:
    return Past(intent.timepoint, intent.opens_on, intent.step, intent.channel, intent.audience, "due", now)


def _tried(case: Case, visit: Visit, step: Step) -> dict[str, str]:
    """What became of the step so far: channel → state, decisions against it left out."""
    return {
        past.channel: past.state
        for past in case.past
        if (past.timepoint, past.opens_on, past.step) == (visit.timepoint, visit.opens, step.id)
        and past.state != NOT_SENT
    }


def _channels(case: Case, step: Step) -> tuple[str, ...]:
    """The ways by which the step reaches its audience, in the person's order."""
    if step.audience == Audience.CALL_LIST:
        return step.channels
    own = case.facts.channels if step.audience == Audience.PATIENT else case.facts.family_channels
    return tuple(channel for channel in own if channel in step.channels)


def _passed_over(case: Case, visit: Visit, state: VisitState, step: Step, at: datetime) -> list[Held]:
    """A due step that a newer one has overtaken; nothing to say if it was tried in its time."""
    if _tried(case, visit, step):
        return []
    channel = (_channels(case, step) or step.channels)[0]
    return [_hold(visit, step, channel, at, (wanted(case, state) or Reason.SUPERSEDED, None))]


def _judge(
    case: Case, visit: Visit, state: VisitState, step: Step, at: datetime
) -> list[Intent] | list[Held]:
    """The newest due step of one audience: to send, on which channels, or held and why."""
    tried = _tried(case, visit, step)
    mine = _channels(case, step)
    untried = [channel for channel in mine if channel not in tried]
    if TAKEN.intersection(tried.values()) and not (step.every_channel and untried):
        return []
    found: Found | None
    if reason := wanted(case, state):
        found = (reason, None)
    elif not untried:
        found = (Reason.ALL_FAILED if tried else Reason.NO_ADDRESS, None)
    else:
        found = limit(case, visit, step)
    if found:
        return [_hold(visit, step, (*untried, *mine, *step.channels)[0], at, found)]
    language = case.facts.language if case.facts.language in case.study.languages else case.study.languages[0]
    return [
        Intent(visit.timepoint, _opened(visit), step.id, step.audience, channel, language, step.message, at)
        for channel in (untried if step.every_channel else untried[:1])
    ]


def _hold(visit: Visit, step: Step, channel: str, at: datetime, found: Found) -> Held:
    reason, until = found
    return Held(visit.timepoint, _opened(visit), step.id, step.audience, channel, reason, at, until)


def _opened(visit: Visit) -> date:
    """A visit with due steps has days; `step_at` gives none to the others."""
    assert visit.opens is not None
    return visit.opens

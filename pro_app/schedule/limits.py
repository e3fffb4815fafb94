"""What stands between a due step and its sending: the right to contact, the visit, and the limits.

Each function answers with the reason and, when time alone will lift it, the instant from which it may go.
"""

from datetime import date, datetime

from pro_app.schedule.delivery import NOT_SENT, Case
from pro_app.schedule.outreach import Audience, OnHoliday, Step
from pro_app.schedule.plan import Visit
from pro_app.schedule.reasons import Reason
from pro_app.schedule.status import MEANING, Status
from pro_app.schedule.steps import ONE_DAY, due_steps, next_contact
from pro_app.schedule.window import VisitState, end_of, start_of, today

Found = tuple[Reason, datetime | None]

_BY_STATUS = {
    Status.PAUSED: Reason.PAUSED,
    Status.TOO_ILL: Reason.TOO_ILL,
    Status.WITHDRAWN: Reason.WITHDRAWN,
    Status.DECEASED: Reason.DECEASED,
}


def right_to_contact(status: str, may_contact: bool) -> Reason | None:
    """The one switch: None when the person may be written to or called. Asked by every path, first."""
    known = Status(status)
    if not MEANING[known].contact:
        return _BY_STATUS[known]
    return None if may_contact else Reason.NO_CONSENT


def wanted(case: Case, state: VisitState) -> Reason | None:
    """None when the person may be contacted and the visit still wants an answer."""
    facts = case.facts
    if reason := right_to_contact(facts.status, facts.may_contact) or facts.stopped:
        return reason
    if state.finished:
        return Reason.FINISHED
    if state == VisitState.EXCUSED:
        return Reason.EXCUSED
    # In grace a begun form may be finished, but every text would name a day that has passed.
    if state in (VisitState.CLOSED, VisitState.INCOMPLETE, VisitState.GRACE):
        return Reason.CLOSED
    return None if state.answerable else Reason.NOT_OPEN


def limit(case: Case, visit: Visit, step: Step) -> Found | None:
    """What holds back an otherwise good step: the patient has today, a cap, a holiday, the contact hours."""
    day = today(case.now, case.site.tz)
    free = step.on_holiday == OnHoliday.SEND
    tomorrow = next_contact(case.study, case.site, start_of(day + ONE_DAY, case.site.tz), free)
    if step.audience != Audience.PATIENT and _patient_first(case, visit, step, day):
        return Reason.PATIENT_FIRST, _within(case, visit, tomorrow)
    if step.audience == Audience.CALL_LIST:
        return None
    others = _other_messages(case, visit, step)
    if sum((timepoint, opens) == (visit.timepoint, visit.opens) for timepoint, opens, _, _ in others) >= (
        case.study.cap.per_visit
    ):
        return Reason.CAP_VISIT, None
    if sum(sent == day for _, _, _, sent in others) >= case.study.cap.per_day:
        return Reason.CAP_DAY, _within(case, visit, tomorrow)
    soonest = next_contact(case.study, case.site, case.now, free)
    if soonest == case.now:
        return None
    holiday = day in case.study.holiday_on and not free
    return (Reason.HOLIDAY if holiday else Reason.QUIET_HOURS), _within(case, visit, soonest)


def _within(case: Case, visit: Visit, moment: datetime) -> datetime | None:
    """`moment`, unless the visit is over by then."""
    return moment if visit.closes and moment < end_of(visit.closes, case.site.tz) else None


def _patient_first(case: Case, visit: Visit, step: Step, day: date) -> bool:
    """Whether the patient has yet to be asked, or was asked only today: then nobody else is troubled.

    A nurse's call on the visit's last day can't wait for tomorrow.
    """
    if step.audience == Audience.CALL_LIST and day == visit.closes:
        return False
    if not case.facts.channels:
        return False
    if not due_steps(case.study, case.site, visit, Audience.PATIENT, case.now):
        return False
    asked = [
        today(past.at, case.site.tz)
        for past in case.past
        if (past.timepoint, past.opens_on, past.audience) == (visit.timepoint, visit.opens, Audience.PATIENT)
        and past.state != NOT_SENT
    ]
    return not asked or min(asked) >= day


def _other_messages(case: Case, visit: Visit, step: Step) -> set[tuple[str, date, str, date]]:
    """What the step's audience has had besides this step: timepoint, opening day, step, day sent.

    A step on two channels is one message. A message for an older date of the visit belongs to that date.
    """
    return {
        (past.timepoint, past.opens_on, past.step, today(past.at, case.site.tz))
        for past in case.past
        if past.audience == step.audience
        and past.state in case.counted
        and (past.timepoint, past.opens_on, past.step) != (visit.timepoint, visit.opens, step.id)
    }

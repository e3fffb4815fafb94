"""Words for what is to be done: alerts, calls, missing forms, and the filters of the lists."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from pro_app.journey import Stop
from pro_app.schedule.missing import NOT_ANSWERED
from pro_app.web.clinic_page import in_words
from pro_app.web.clinic_words import EXCUSES
from pro_app.web.current import service

DONE: dict[str, LazyString] = {
    "called": _("Telephoned the participant"),
    "seen": _("Seen in clinic"),
    "physician": _("Told the physician"),
    "treatment": _("Treatment changed"),
    "known": _("Known, under treatment"),
    "nothing": _("Nothing needed"),
}

OUTCOMES: dict[str, LazyString] = {
    "will_do": _("Will do it"),
    "interview_now": _("Interview now"),
    "too_ill": _("Too ill"),
    "refused": _("Refused"),
    "not_reached": _("Not reached"),
}

# Which part of today's list; the order in which the parts stand on the page.
PARTS: dict[str, LazyString] = {
    "alarming": _("Alerts"),
    "call": _("Needs a call"),
    "closing": _("Closes within 3 days"),
    "open": _("Open"),
    "opening": _("Opens within 7 days"),
    "missed": _("Missed, no reason yet"),
}

SHOWS: dict[str, LazyString] = {
    "all": _("everybody"),
    "unexplained": _("missed without a reason"),
    "missing": _("missed"),
    "open": _("open now"),
    "done": _("done"),
    "coming": _("to come"),
}

SORTS: dict[str, LazyString] = {
    "number": _("Study number"),
    "surgery": _("Surgery"),
    "enrolled": _("Enrolment"),
}

FAULTS: dict[str, LazyString] = {
    "done_unknown": _("Choose what was done."),
    "note_long": _("The note is too long; 500 characters are enough."),
    "reason_missing": _("Choose a reason."),
    "reason_unknown": _("Choose a reason from the list."),
    "form_may_come": _("This visit is not over: its forms may still come."),
    "form_is_in": _("This form has come meanwhile; it needs no reason any more."),
    "note_needed": _("This reason needs a few words: say which."),
}


def missing_reason(code: str | None) -> str:
    """A reason in words: the study's own, or that of a status; it may have left the study file since."""
    if code is None:
        return ""
    if code == NOT_ANSWERED:
        return str(_("no reason yet"))
    for reason in service().study.missing_reasons:
        if reason.id == code:
            return in_words(reason.label)
    return str(EXCUSES.get(code, code))


def why_missing(stop: Stop) -> str:
    """Why a visit's forms are not there, in a few words; empty while they may come."""
    reasons = dict.fromkeys(stop.reason_of(name) for name in stop.assessment.missing)
    given = [missing_reason(code) for code in reasons if code and code != NOT_ANSWERED]
    return str(_(", ")).join(given)


def instrument_name(name: str) -> str:
    found = service().catalogue.instruments.get(name)
    return found.name if found else name


def visit_name(timepoint: str) -> str:
    """A visit in words, also one that has left the study file."""
    for known in service().study.timepoints:
        if known.id == timepoint:
            return in_words(known.label)
    return timepoint


def rule_name(rule: str) -> str:
    """An alert's rule in the study's words; one that has left the study file is called by its id."""
    for known in service().study.alerts:
        if known.id == rule:
            return in_words(known.label)
    return rule


def rule_kind(rule: str) -> str:
    return next((known.kind for known in service().study.alerts if known.id == rule), "at_least")

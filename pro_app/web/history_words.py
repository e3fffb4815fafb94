"""One line of a participant's history in words: what was, what is."""

from collections.abc import Mapping
from datetime import date
from typing import cast

from flask_babel import gettext as _

from pro_app.messages import template_of
from pro_app.records.audit import Event
from pro_app.web import locale
from pro_app.web.clinic_page import in_words
from pro_app.web.clinic_words import REASONS, STATUSES, SURGERY_STATES
from pro_app.web.current import service

OF_A_FORM = ("response_received", "scored_anew", "draft_taken_over", "second_entry", "second_entry_settled")


def told(event: Event) -> str:
    """What the row says beyond its name; empty for what needs no more words."""
    detail = event.detail
    if event.action == "surgery_changed":
        was, now_is = detail.get("was"), detail.get("is", detail)
        return " → ".join(_surgery(cast(Mapping[str, str], one)) for one in (was, now_is) if one)
    if event.action == "status_changed":
        reason = str(detail.get("reason") or "")
        was, now_is = detail.get("was"), detail.get("is", detail.get("status"))
        change = " → ".join(_status(one) for one in (was, now_is) if one)
        return f"{change} · {REASONS.get(reason, reason)}" if reason else change
    if event.action == "visit_signed":
        return visit_words(str(detail.get("timepoint")))
    if event.action in OF_A_FORM:
        return (
            f"{visit_words(str(detail.get('timepoint')))} · {instrument_words(str(detail.get('instrument')))}"
        )
    return ""


def reason_words(code: str | None) -> str:
    """Why a message was not sent, or waits."""
    if code is None:
        return ""
    return str(_(template_of(code)))


def _status(code: object) -> str:
    return str(STATUSES.get(str(code), code))


def _surgery(told_as: Mapping[str, str]) -> str:
    state = told_as.get("state") or "unknown"
    day = told_as.get("done_on") if state == "done" else told_as.get("planned_on")
    word = str(SURGERY_STATES.get(state, state))
    if not day or state not in ("planned", "done"):
        return word
    return _("%(state)s %(day)s", state=word, day=locale.long_date(date.fromisoformat(day)))


def visit_words(timepoint: str) -> str:
    for known in service().study.timepoints:
        if known.id == timepoint:
            return in_words(known.label)
    return timepoint


def instrument_words(name: str) -> str:
    found = service().catalogue.instruments.get(name)
    return found.name if found else name

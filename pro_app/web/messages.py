"""The messages of the reader's sites: each decision as a sentence, sent or not sent and why."""

from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from pro_app.records import deliveries, delivery_lists
from pro_app.records.deliveries import Delivery
from pro_app.web import clinic_words
from pro_app.web.clinic_page import in_words, sites
from pro_app.web.current import service
from pro_app.web.guard import staff
from pro_app.web.plain_text import row_asked_for
from pro_app.web.staff_roles import READERS

blueprint = Blueprint("messages", __name__, url_prefix="/messages")
PAGE = 50


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to narrow the list down."""

    words: LazyString
    states: tuple[str, ...]


CHOICES = {
    "all": Choice(_("All messages"), ()),
    "sent": Choice(_("Sent out"), ("sent", "delivered")),
    "not_sent": Choice(_("Not sent, and why"), ("not_sent",)),
    "trouble": Choice(_("Failed or doubtful"), ("failed", "address_refused", "unknown")),
    "waiting": Choice(_("Still to be sent"), ("due", "claimed")),
}
# How a state looks: a sign, and a tone of the style sheet.
_LOOKS = {
    "sent": ("✓", "late"),
    "delivered": ("✓", "done"),
    "unknown": ("?", "part"),
    "failed": ("✕", "miss"),
    "address_refused": ("✕", "miss"),
    "not_sent": ("–", "excused"),
}
_STILL_TO_COME = ("○", "open")
_CALLS = {"due": _("to be called"), "not_sent": _("taken off the call list")}


def look(row: Delivery) -> tuple[str, LazyString | str, str]:
    """Sign, word and tone of a delivery's state."""
    sign, tone = _LOOKS.get(row.state, _STILL_TO_COME)
    word = clinic_words.DELIVERY_STATES.get(row.state, row.state)
    return sign, _CALLS.get(row.state, word) if row.channel == deliveries.CALL else word, tone


def step_words(step: str) -> str:
    """A step's label; its id when the study no longer has it."""
    return next((in_words(one.label) for one in service().study.reminders if one.id == step), step)


def visit_words(timepoint: str) -> str:
    found = (one for one in service().study.timepoints if one.id == timepoint)
    return next((in_words(one.label) for one in found), timepoint)


@blueprint.get("")
@staff(*READERS)
def listing() -> str:
    search = " ".join(request.args.get("search", "").split())[:40]
    shown = request.args.get("show", "all")
    shown = shown if shown in CHOICES else "all"
    before = row_asked_for("before")
    with service().store.reading() as tx:
        found = delivery_lists.listing(
            tx, sites(), states=CHOICES[shown].states, search=search, before=before, limit=PAGE + 1
        )
    return render_template(
        "messages/list.html",
        rows=found[:PAGE],
        further=found[PAGE - 1].delivery.id if len(found) > PAGE else None,
        before=before,
        search=search,
        shown=shown,
        choices=CHOICES,
        look=look,
        step_words=step_words,
        visit_words=visit_words,
        words=clinic_words,
    )

"""Where the study's registries stand, for the staff: in step, or what is not, since when; and what to do."""

from collections.abc import Callable
from typing import TypeVar

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from pro_app.actions import oversee
from pro_app.records.store import Transaction
from pro_app.web.clinic_page import account, actor, own_site, sites
from pro_app.web.current import now, service
from pro_app.web.guard import staff
from pro_app.web.staff_roles import CORRECTORS, READERS

blueprint = Blueprint("registry", __name__, url_prefix="/staff/registry")
# A pause holds back every site's records: it is for who answers for the study.
PAUSERS = ("study_coordinator",)
MOST_AT_ONCE = 1200
Result = TypeVar("Result")

# Sign, words and tone of each state; the tone is a class of the style sheet.
STATES = {
    "in_step": ("✓", _("In step"), "done"),
    "sending": ("→", _("On its way"), "open"),
    "refused": ("✕", _("Something was refused"), "miss"),
    "differs": ("≠", _("Not in step"), "miss"),
    "away": ("◌", _("The registry is away"), "part"),
    "paused": ("‖", _("Paused by a person"), "excused"),
}
ROW_STATES = {
    "waiting": ("→", _("waiting"), "open"),
    "claimed": ("→", _("being sent"), "open"),
    "parked": ("✕", _("refused"), "miss"),
    "paused": ("‖", _("held back"), "excused"),
}
KINDS = {"submitted": _("submitted"), "corrected": _("corrected"), "withdrawn": _("withdrawn")}
DIFFERENCES = {
    "missing": _("missing there"),
    "altered": _("altered there"),
    "extra": _("there, but not ours"),
    "twice": _("there twice"),
}
ADAPTERS = {"fhir": "FHIR R4", "redcap": "REDCap", "file": _("signed files")}


@blueprint.get("")
@staff(*READERS)
def listing() -> str:
    return render_template("registry/page.html", **_facts())


@blueprint.get("/now")
@staff(*READERS)
def standing() -> str:
    """The cards alone, for the page's script while something is on its way."""
    return render_template("registry/cards.html", **_facts())


@blueprint.post("/<name>/resend")
@staff(*CORRECTORS)
def resend(name: str) -> Response:
    """The ticked rows and records of the reader's own sites go again."""
    rows, records = _ticked()
    count = _done(
        lambda tx: oversee.send_again(tx, service().study, name, rows, records, sites(), actor(), now())
    )
    if count:
        flash(
            ngettext("%(num)s record will be sent again.", "%(num)s records will be sent again.", count),
            "good",
        )
    else:
        flash(gettext("Nothing was chosen. Tick what is to be sent again."), "alert")
    return _back()


@blueprint.post("/<name>/hold")
@staff(*CORRECTORS)
def hold(name: str) -> Response:
    """The ticked rows wait until somebody sends them again."""
    rows, _records = _ticked()
    count = _done(lambda tx: oversee.hold(tx, service().study, name, rows, sites(), actor(), now()))
    if count:
        flash(ngettext("%(num)s record is held back.", "%(num)s records are held back.", count), "good")
    else:
        flash(gettext("Nothing is held back: only what waits can be."), "alert")
    return _back()


@blueprint.post("/<name>/compare")
@staff(*CORRECTORS)
def compare(name: str) -> Response:
    _done(lambda tx: oversee.compare(tx, service().study, name, actor(), now()))
    flash(gettext("The books will be compared within a minute. Then look here again."), "good")
    return _back()


@blueprint.post("/<name>/pause")
@staff(*PAUSERS, site_scoped=False)
def pause(name: str) -> Response:
    _done(lambda tx: oversee.pause(tx, service().study, name, actor(), now()))
    flash(gettext("Nothing is sent until somebody lets it go on. Answers go on being kept."), "good")
    return _back()


@blueprint.post("/<name>/resume")
@staff(*PAUSERS, site_scoped=False)
def resume(name: str) -> Response:
    _done(lambda tx: oversee.resume(tx, service().study, name, actor(), now()))
    flash(gettext("It goes on within a minute."), "good")
    return _back()


def _done(deed: Callable[[Transaction], Result]) -> Result:
    with service().store.writing() as tx:
        return deed(tx)


def _ticked() -> tuple[list[int], list[oversee.Record]]:
    """Rows by their number and records as `number/visit/instrument`; what makes no sense is left out."""
    rows = [
        int(text)
        for text in request.form.getlist("row")[:MOST_AT_ONCE]
        if text.isascii() and text.isdigit() and len(text) < 16
    ]
    parts = [tuple(text.split("/")) for text in request.form.getlist("record")[:MOST_AT_ONCE]]
    return rows, [(one[0], one[1], one[2]) for one in parts if len(one) == 3]


def _facts() -> dict[str, object]:
    house = service()
    with house.store.reading() as tx:
        found = oversee.views(tx, house.study, sites(), now())
    return {
        "views": found,
        "states": STATES,
        "row_states": ROW_STATES,
        "kinds": KINDS,
        "differences": DIFFERENCES,
        "adapters": ADAPTERS,
        "names": {one.id: one.name for one in house.catalogue.instruments.values()},
        "visits": {one.id: one.short_label for one in house.study.timepoints},
        "my_sites": [house.study.site(code) for code in sites()],
        "zone": (own_site() or house.study.sites[0]).time_zone,
        "said": _said,
        "moving": any(one.tally.waiting and one.state in ("sending", "differs", "refused") for one in found),
        "may_resend": account().role in CORRECTORS,
        "may_pause": account().role in PAUSERS,
    }


def _said(words: str) -> str:
    """What a registry said, in the reader's language where it is a sentence of ours. A template's own `_()`
    would take it for markup, and a per cent sign in it for a gap."""
    return gettext(words) if words else ""


def _back() -> Response:
    return redirect(url_for("registry.listing"), 303)

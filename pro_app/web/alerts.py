"""Alerts: what somebody must look at, and saying with one tap what was done."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from pro_app.actions import alerts
from pro_app.actions.alerts import AlertClosed, AlertRefused
from pro_app.records.alerts import Group, State
from pro_app.web import follow_up_words
from pro_app.web.clinic_page import actor, sites
from pro_app.web.current import now, service
from pro_app.web.guard import staff
from pro_app.web.staff_roles import IDENTITY, READERS, WRITERS

blueprint = Blueprint("alerts", __name__, url_prefix="/alerts")


def _chosen_sites() -> tuple[tuple[str, ...], str]:
    """The sites to show, and the one that was chosen ("" for all of the reader's)."""
    mine, chosen = sites(), request.args.get("site", "")
    return ((chosen,), chosen) if chosen in mine else (mine, "")


@blueprint.get("")
@staff(*READERS)
def listing() -> str:
    shown, site = _chosen_sites()
    state: State = "acknowledged" if request.args.get("state") == "acknowledged" else "open"
    after = request.args.get("after", "")
    with service().store.reading() as tx:
        page = alerts.page(
            tx, shown, state, int(after) if after.isascii() and after.isdigit() and len(after) < 16 else 0
        )
    return render_template(
        "clinic/alerts.html",
        page=page,
        state=state,
        site=site,
        after=after,
        sites=[service().study.site(code) for code in sites()],
    )


@blueprint.get("/<int:response_id>")
@staff(*READERS)
def show(response_id: int) -> str:
    with service().store.reading() as tx:
        group = alerts.group_of(tx, sites(), response_id)
    return _page(group)


def _page(group: Group, fault: object = None, note: str | None = None) -> str:
    return render_template("clinic/alert.html", group=group, fault=fault, note=note)


@blueprint.post("/<int:response_id>/note")
@staff(*IDENTITY)
def read_note(response_id: int) -> str:
    """Shows the words that were left, on this one answer; who read them is on the audit trail."""
    with service().store.writing() as tx:
        group = alerts.group_of(tx, sites(), response_id)
        note = alerts.read_note(tx, sites(), response_id, actor(), now())
    return _page(group, note=note)


@blueprint.post("/<int:response_id>")
@staff(*WRITERS)
def acknowledge(response_id: int) -> str | tuple[str, int] | Response:
    done, note = request.form.get("done", ""), request.form.get("note", "")
    try:
        with service().store.writing() as tx:
            group = alerts.group_of(tx, sites(), response_id)
            alerts.acknowledge(tx, sites(), response_id, done, note, actor(), now())
    except AlertRefused as refusal:
        return _page(group, fault=follow_up_words.FAULTS[refusal.fault], note=note), 422
    except AlertClosed:
        flash(_("Somebody has already said what was done about this alert."), "alert")
        return redirect(url_for("clinic.alerts.show", response_id=response_id), 303)
    first = group.first
    flash(
        _(
            "%(number)s: %(what)s – it is on record.",
            number=first.study_number,
            what=follow_up_words.DONE[done],
        ),
        "good",
    )
    if request.form.get("back") == "participant":
        return redirect(url_for("clinic.participant.show", study_number=first.study_number), 303)
    return redirect(url_for("clinic.alerts.listing"), 303)

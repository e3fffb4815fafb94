"""The call list: whom to ring, the number on one tap (and on the audit trail), the outcome on another."""

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from pro_app.actions import calls, look_up
from pro_app.actions.calls import OUTCOMES, CallSettled
from pro_app.records import participants
from pro_app.records.participants import Identity
from pro_app.web import clinic_words, follow_up_words
from pro_app.web.clinic_page import account, actor, person_of, sites
from pro_app.web.current import now, service
from pro_app.web.guard import staff
from pro_app.web.staff_roles import IDENTITY, READERS

blueprint = Blueprint("calls", __name__, url_prefix="/calls")

# What a nurse may want to do about the status after such a call: status and its reason, never done by itself.
PROPOSED = {
    "too_ill": (("too_ill", "tumour"), ("too_ill", "treatment"), ("too_ill", "other_illness")),
    "refused": (("paused", "own_wish"), ("withdrawn", "consent_withdrawn")),
}


@blueprint.get("")
@staff(*READERS)
def listing() -> str:
    mine, chosen = sites(), request.args.get("site", "")
    shown = (chosen,) if chosen in mine else mine
    with service().store.reading() as tx:
        found = calls.listing(tx, service().study, shown, account().login, now())
    return render_template(
        "clinic/calls.html",
        found=found,
        site=chosen if chosen in mine else "",
        sites=[service().study.site(code) for code in mine],
        words=clinic_words,
    )


@blueprint.get("/<study_number>/<timepoint>")
@staff(*READERS)
def show(study_number: str, timepoint: str) -> str:
    """One call: what is known, without the number, and what may follow from the call made last."""
    return _page(study_number, timepoint)


def _page(study_number: str, timepoint: str, identity: Identity | None = None) -> str:
    with service().store.reading() as tx:
        person = person_of(tx, study_number)
        about = calls.about(tx, service().study, person, timepoint, now())
    last = about.calls[-1] if about.calls else None
    proposed = PROPOSED.get(last.outcome, ()) if last and person.status == "active" else ()
    return render_template(
        "clinic/call.html",
        person=person,
        about=about,
        stop=about.stop,
        identity=identity,
        proposed=proposed,
        last=last,
        outcomes=OUTCOMES,
        words=clinic_words,
        day=now().astimezone(about.way.site.tz).date(),
    )


@blueprint.post("/<study_number>/<timepoint>/phone")
@staff(*IDENTITY)
def reveal(study_number: str, timepoint: str) -> str:
    """Shows name and number on this one answer; who looked is on the audit trail before it is sent."""
    with service().store.writing() as tx:
        person = person_of(tx, study_number)
        calls.about(tx, service().study, person, timepoint, now())
        identity = look_up.identity(tx, person, actor(), now())
    return _page(study_number, timepoint, identity)


@blueprint.post("/<study_number>/<timepoint>")
@staff(*IDENTITY)
def settle(study_number: str, timepoint: str) -> Response:
    with service().store.writing() as tx:
        person = person_of(tx, study_number)
        outcome = calls.settle(
            tx, service().study, person, timepoint, request.form.get("outcome", ""), actor(), now()
        )
    word = follow_up_words.OUTCOMES[outcome]
    flash(_("%(number)s: %(what)s – it is on record.", number=study_number, what=word), "good")
    if outcome == "interview_now" and "interview.start" in current_app.view_functions:
        return redirect(url_for("interview.start", study_number=study_number, timepoint=timepoint), 303)
    if outcome in PROPOSED and person.status == "active":
        return redirect(url_for("clinic.calls.show", study_number=study_number, timepoint=timepoint), 303)
    return redirect(url_for("clinic.calls.listing"), 303)


@blueprint.post("/taken-back/<int:call_id>")
@staff(*IDENTITY)
def take_back(call_id: int) -> Response:
    try:
        with service().store.writing() as tx:
            call = calls.take_back(tx, service().study, sites(), call_id, actor(), now())
            number = participants.by_id(tx, call.participant_id).study_number
        flash(_("The call to %(number)s is taken back.", number=number), "good")
    except CallSettled:
        flash(_("This call can't be taken back any more."), "alert")
    return redirect(url_for("clinic.calls.listing"), 303)

"""Why a form is not there: one tap for the whole visit, or form by form."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from pro_app.actions import excuse
from pro_app.actions.excuse import Missing, ReasonRefused
from pro_app.records.participants import Participant
from pro_app.web import clinic_words, follow_up_words
from pro_app.web.clinic_page import actor, person_of
from pro_app.web.current import now, service
from pro_app.web.guard import staff
from pro_app.web.staff_roles import READERS, WRITERS

blueprint = Blueprint("missing", __name__, url_prefix="/participants")


@blueprint.get("/<study_number>/missing/<timepoint>")
@staff(*READERS)
def show(study_number: str, timepoint: str) -> str:
    with service().store.reading() as tx:
        person = person_of(tx, study_number)
        found = excuse.look(tx, service().study, person, timepoint, now())
    return _page(person, found)


def _page(person: Participant, found: Missing, fault: object = None) -> str:
    return render_template(
        "clinic/missing.html",
        person=person,
        found=found,
        stop=found.stop,
        reasons=service().study.missing_reasons,
        wish=_wish(found),
        note=request.form.get("note", ""),
        fault=fault,
        words=clinic_words,
        back=_back(),
    )


def _back() -> str:
    """Where the reader came from: the matrix, today's list, or the participant."""
    wish = request.values.get("back", "")
    return wish if wish in ("completion", "today") else ""


def _wish(found: Missing) -> dict[str, str]:
    """instrument -> reason, as it was sent: one for all, or one each; what was not sent is not touched."""
    if every := request.form.get("all"):
        return dict.fromkeys(found.forms, every)
    sent = {name: request.form.get(f"form-{name}") for name in found.forms}
    return {name: reason for name, reason in sent.items() if reason is not None}


@blueprint.post("/<study_number>/missing/<timepoint>")
@staff(*WRITERS)
def save(study_number: str, timepoint: str) -> str | tuple[str, int] | Response:
    study = service().study
    try:
        with service().store.writing() as tx:
            person = person_of(tx, study_number)
            found = excuse.look(tx, study, person, timepoint, now())
            note = request.form.get("note", "")
            excuse.excuse(tx, study, person, timepoint, _wish(found), note, actor(), now())
    except ReasonRefused as refusal:
        return _page(person, found, follow_up_words.FAULTS[refusal.fault]), 422
    flash(_("The reason is on record for %(number)s.", number=person.study_number), "good")
    target = {
        "completion": url_for("clinic.completion.matrix", site=person.site, show="unexplained"),
        "today": url_for("clinic.today"),
    }.get(_back(), url_for("clinic.participant.show", study_number=person.study_number))
    return redirect(target, 303)

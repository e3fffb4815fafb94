"""Deleting name and contact before their time, because the participant asks for it or has left."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from pro_app.actions import forget_contact
from pro_app.actions.forget_contact import DeletionRefused
from pro_app.messages import template_of
from pro_app.records.participants import ChangedMeanwhile
from pro_app.web.clinic_page import actor, person_of
from pro_app.web.current import now, service
from pro_app.web.guard import staff
from pro_app.web.lock_words import DELETION_REASONS
from pro_app.web.staff_roles import DELETERS

blueprint = Blueprint(
    "contact_deletion", __name__, url_prefix="/staff/participants/<study_number>/contact/delete"
)
Answered = str | tuple[str, int] | Response


@blueprint.get("")
@staff(*DELETERS)
def show(study_number: str) -> Answered:
    return _page(study_number)


@blueprint.post("")
@staff(*DELETERS)
def delete(study_number: str) -> Answered:
    """Gone at once and for good; the tick says that this was understood."""
    if request.form.get("sure") != "yes":
        return _page(study_number, {"sure": gettext("Tick this to say that you mean it.")}), 422
    version = request.form.get("version", "")
    seen = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else -1
    try:
        with service().store.writing() as tx:
            person = person_of(tx, study_number)
            forget_contact.forget(tx, person, seen, request.form.get("reason", ""), actor(), now())
    except DeletionRefused as refusal:
        return _page(study_number, {"reason": gettext(template_of(refusal.code))}), 422
    except ChangedMeanwhile as fault:
        return _page(study_number, {"reason": gettext(template_of(fault.code))}), 409
    flash(gettext("Name and contact are deleted. No message is sent any more."), "good")
    return redirect(url_for("clinic.participant.show", study_number=study_number), 303)


def _page(study_number: str, faults: dict[str, str] | None = None) -> str:
    with service().store.reading() as tx:
        person = person_of(tx, study_number)
    study = service().study
    return render_template(
        "clinic/contact_deletion.html",
        person=person,
        site=study.site(person.site),
        due=forget_contact.due_day(study, person),
        kept_days=study.privacy.contact_kept_days,
        reasons={code: DELETION_REASONS[code] for code in forget_contact.REASONS},
        reason=request.form.get("reason", ""),
        sure=request.form.get("sure") == "yes",
        faults=faults or {},
    )

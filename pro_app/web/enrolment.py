"""Enrolling a participant: the form, then every date as it would be, then saved."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField

from pro_app.actions import enrol
from pro_app.actions.enrol import Enrolment, EnrolmentRefused, Fault
from pro_app.records.participants import StudyNumberTaken
from pro_app.web import clinic_words
from pro_app.web.clinic_changes import read_date
from pro_app.web.clinic_page import account, actor, sites
from pro_app.web.current import now, service
from pro_app.web.guard import staff
from pro_app.web.staff_roles import WRITERS, may_see_arm

blueprint = Blueprint("enrolment", __name__)


class EnrolmentForm(FlaskForm):
    """Fields as they are typed; whether they make sense is for `actions.enrol` alone to say."""

    study_number = StringField()
    site = SelectField(validate_choice=False)
    arm = SelectField(validate_choice=False)
    language = SelectField(validate_choice=False)
    name = StringField()
    phone = StringField()
    email = StringField()
    family_phone = StringField()
    birth_year = StringField()
    surgery_planned_on = StringField()


@blueprint.get("/enrol")
@staff(*WRITERS)
def form() -> str:
    empty = EnrolmentForm(
        formdata=None, site=sites()[0] if sites() else "", language=service().study.languages[0]
    )
    return _page(empty)


@blueprint.post("/enrol")
@staff(*WRITERS)
def save() -> str | tuple[str, int] | Response:
    sent = EnrolmentForm()
    command, faults = _read(sent)
    faults += enrol.check(service().study, command, now())
    if command.site not in sites():
        faults = (*(fault for fault in faults if fault.field != "site"), Fault("site", "site_unknown"))
    if faults:
        return _page(sent, faults), 422
    if request.form.get("step") != "save":
        if request.form.get("step") == "edit":
            return _page(sent)
        return _preview(sent, command)
    try:
        with service().store.writing() as tx:
            person = enrol.enrol(tx, service().study, service().links, command, actor(), now())
    except StudyNumberTaken:
        return _page(sent, (Fault("study_number", "study_number_taken"),)), 409
    except EnrolmentRefused as refusal:
        return _page(sent, refusal.faults), 422
    flash(
        _(
            "%(number)s is enrolled. Give the card with the code to the participant.",
            number=person.study_number,
        ),
        "good",
    )
    return redirect(url_for("clinic.participant.show", study_number=person.study_number), 303)


def _read(sent: EnrolmentForm) -> tuple[Enrolment, tuple[Fault, ...]]:
    """What was typed as a command, with the faults of what is no number or no day at all."""
    faults = []
    year = (sent.birth_year.data or "").strip()
    if year and not (year.isascii() and year.isdigit() and len(year) == 4):
        faults.append(Fault("birth_year", "birth_year_range"))
        year = ""
    try:
        planned = read_date(sent.surgery_planned_on.data)
    except ValueError:
        faults.append(Fault("surgery_planned_on", "date_unreadable"))
        planned = None
    command = Enrolment(
        study_number=sent.study_number.data or "",
        site=sent.site.data or "",
        language=sent.language.data or "",
        name=sent["name"].data or "",
        phone=sent.phone.data or "",
        email=sent.email.data or "",
        family_phone=sent.family_phone.data or "",
        arm=(sent.arm.data or None) if may_see_arm(account()) else None,
        birth_year=int(year) if year else None,
        surgery_planned_on=planned,
    )
    return enrol.tidy(command), tuple(faults)


def _page(sent: EnrolmentForm, faults: tuple[Fault, ...] = ()) -> str:
    return render_template(
        "clinic/enrol.html",
        form=sent,
        faults={fault.field: clinic_words.FAULTS[fault.code] for fault in faults},
        sites=[service().study.site(code) for code in sites()],
        arms=service().study.arms if may_see_arm(account()) else (),
    )


def _preview(sent: EnrolmentForm, command: Enrolment) -> str:
    visits = enrol.foresee(service().study, command, now())
    site = service().study.site(command.site)
    return render_template(
        "clinic/enrol_preview.html",
        form=sent,
        command=command,
        site=site,
        stops=list(zip(site.timepoints, visits, strict=True)),
        arm=next((arm for arm in service().study.arms if arm.id == command.arm), None),
    )

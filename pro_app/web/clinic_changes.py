"""Changing the surgery date and the status: first what it would mean, then, on a second press, saved."""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms import HiddenField, SelectField, StringField

from pro_app import journey
from pro_app.actions import change_status, change_surgery
from pro_app.actions.change_status import REASONS, StatusRefused
from pro_app.actions.change_surgery import SurgeryChange, SurgeryRefused
from pro_app.records.participants import ChangedMeanwhile, Participant
from pro_app.web import clinic_words
from pro_app.web.clinic_page import actor, person_of
from pro_app.web.current import now, service
from pro_app.web.guard import staff
from pro_app.web.staff_roles import WRITERS
from pro_app.web.typed_form import TypedForm

blueprint = Blueprint("changes", __name__, url_prefix="/participants")
STATES = ("planned", "done", "cancelled", "unknown")


class SurgeryForm(TypedForm):
    """`step` is which button was pressed; `version` is the participant as they were when this was shown."""

    state = SelectField(validate_choice=False, choices=STATES)
    day = StringField()
    version = HiddenField()
    step = HiddenField()


class StatusForm(TypedForm):
    status = SelectField(validate_choice=False, choices=tuple(REASONS))
    reason = StringField()
    version = HiddenField()
    step = HiddenField()


def read_date(text: str | None) -> date | None:
    """`2026-12-08`; None when nothing was given. Raises `ValueError` for what is no day."""
    return date.fromisoformat(text.strip()) if text and text.strip() else None


def _version(field: HiddenField, person: Participant) -> int:
    text = field.data or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _back(study_number: str) -> Response:
    return redirect(url_for("clinic.participant.show", study_number=study_number), 303)


def _changed(person: Participant) -> str:
    return _(
        "Somebody else changed %(number)s meanwhile. Look at it as it is now and save again.",
        number=person.study_number,
    )


@blueprint.get("/<study_number>/surgery")
@staff(*WRITERS)
def surgery(study_number: str) -> str:
    with service().store.reading() as tx:
        person = person_of(tx, study_number)
    day = person.surgery_done_on if person.surgery_state == "done" else person.surgery_planned_on
    form = SurgeryForm(
        formdata=None,
        state="done" if person.surgery_state == "done" else "planned",
        day=day.isoformat() if day else "",
        version=str(person.row_version),
    )
    return _surgery_page(person, form)


@blueprint.post("/<study_number>/surgery")
@staff(*WRITERS)
def move_surgery(study_number: str) -> str | tuple[str, int] | Response:
    form = SurgeryForm()
    saving = form.step.data == "save"
    store = service().store
    with store.writing() if saving else store.reading() as tx:
        person = person_of(tx, study_number)
        try:
            change = SurgeryChange(form.state.data, read_date(form.day.data))
            moves = change_surgery.foresee(tx, service().study, person, change, now())
            if saving:
                version = _version(form.version, person)
                change_surgery.change_surgery(tx, service().study, person, version, change, actor(), now())
        except ValueError:
            return _surgery_page(person, form, fault=clinic_words.FAULTS["date_unreadable"]), 422
        except SurgeryRefused as refusal:
            return _surgery_page(person, form, fault=clinic_words.FAULTS[refusal.fault]), 422
        except ChangedMeanwhile:
            form.version.data = str(person.row_version)
            return _surgery_page(person, form, fault=_changed(person), moves=moves), 409
    if saving:
        flash(_("The date of surgery is saved. The visits have moved with it."), "good")
        return _back(person.study_number)
    return _surgery_page(person, form, moves=moves)


def _surgery_page(person: Participant, form: SurgeryForm, fault: object = None, moves: object = None) -> str:
    site = service().study.site(person.site)
    return render_template(
        "clinic/surgery.html",
        person=person,
        site=site,
        form=form,
        fault=fault,
        moves=moves,
        words=clinic_words,
        read_date=read_date,
    )


@blueprint.get("/<study_number>/status")
@staff(*WRITERS)
def status(study_number: str) -> str:
    with service().store.reading() as tx:
        person = person_of(tx, study_number)
    form = StatusForm(formdata=None, status=person.status, reason="", version=str(person.row_version))
    return _status_page(person, form)


@blueprint.post("/<study_number>/status")
@staff(*WRITERS)
def change(study_number: str) -> str | tuple[str, int] | Response:
    form = StatusForm()
    saving = form.step.data == "save"
    wish, reason = form.status.data or "", form.reason.data or ""
    store = service().store
    with store.writing() if saving else store.reading() as tx:
        person = person_of(tx, study_number)
        try:
            effects = change_status.foresee(tx, service().study, person, wish, reason, now())
            if saving:
                version = _version(form.version, person)
                change_status.change_status(
                    tx, service().study, person, version, wish, reason, actor(), now()
                )
        except StatusRefused as refusal:
            return _status_page(person, form, fault=clinic_words.FAULTS[refusal.fault]), 422
        except ChangedMeanwhile:
            form.version.data = str(person.row_version)
            return _status_page(person, form, fault=_changed(person), effects=effects), 409
    if saving:
        flash(_("The status is saved."), "good")
        return _back(person.study_number)
    return _status_page(person, form, effects=effects)


def _status_page(person: Participant, form: StatusForm, fault: object = None, effects: object = None) -> str:
    with service().store.reading() as tx:
        way = journey.of(tx, service().study, person, now())
    return render_template(
        "clinic/status.html",
        person=person,
        way=way,
        form=form,
        fault=fault,
        effects=effects,
        reasons=REASONS,
        words=clinic_words,
    )

"""Correcting name and contact, and recording the arm: what was beside what will be, then saved."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response
from wtforms import HiddenField, SelectField, StringField

from pro_app.actions import change_contact
from pro_app.actions.change_contact import ContactRefused, Look
from pro_app.contact import spoken_phone
from pro_app.records.participants import ChangedMeanwhile, Identity, Participant
from pro_app.web import clinic_words
from pro_app.web.clinic_page import actor, person_of
from pro_app.web.current import now, service
from pro_app.web.guard import staff
from pro_app.web.staff_roles import ARM, IDENTITY
from pro_app.web.typed_form import TypedForm

blueprint = Blueprint("contact_details", __name__, url_prefix="/staff/participants/<study_number>")
LABELS: dict[str, LazyString] = {
    "name": _("Name"),
    "phone": _("Mobile telephone"),
    "email": _("E-mail"),
    "family_phone": _("Family's telephone"),
    "birth_year": _("Year of birth"),
}
REASONS = {code: clinic_words.REASONS[code] for code in change_contact.ARM_REASONS}
FAULTS: dict[str, LazyString] = {
    **clinic_words.FAULTS,
    "nothing_changed": _("Nothing is different yet."),
    "arm_reason": _("Choose why it is recorded; a change of an arm that is on record needs to be an error."),
}
Answered = str | tuple[str, int] | Response


class ContactForm(TypedForm):
    """Fields as they are typed; whether they make sense is for `actions.change_contact` to say."""

    name = StringField()
    phone = StringField()
    email = StringField()
    family_phone = StringField()
    birth_year = StringField()
    version = HiddenField()


class ArmForm(TypedForm):
    arm = SelectField(validate_choice=False)
    reason = SelectField(validate_choice=False)
    version = HiddenField()


@blueprint.get("/contact")
@staff(*IDENTITY)
def contact(study_number: str) -> Answered:
    """The form with what is on record; that it was read is on the audit trail before it is sent."""
    with service().store.writing() as tx:
        person = person_of(tx, study_number)
        found = change_contact.look(tx, person, actor(), now())
    shown = {field: getattr(found.identity, field) for field in change_contact.FIELDS}
    shown |= {field: spoken_phone(shown[field]) for field in ("phone", "family_phone") if shown[field]}
    form = ContactForm(formdata=None, **shown, version=str(person.row_version))
    return _contact_page(person, form, found)


@blueprint.post("/contact")
@staff(*IDENTITY)
def change(study_number: str) -> Answered:
    form, house = ContactForm(), service()
    saving = request.form.get("step") == "save"
    again = frozenset(request.form.getlist("again"))
    try:
        with house.store.writing() as tx:
            person = person_of(tx, study_number)
            new, faults = _read(form)
            if saving and not faults:
                change_contact.change(
                    tx, house.study, person, _version(form.version), new, again, actor(), now()
                )
    except ContactRefused as refusal:
        return _again(study_number, form, {one.field: FAULTS[one.code] for one in refusal.faults}, 422)
    except ChangedMeanwhile:
        return _again(study_number, form, {}, 409)
    if faults:
        return _again(study_number, form, faults, 422)
    if saving:
        flash(gettext("Name and contact are saved. Messages go to the new addresses from now on."), "good")
        return _back(person)
    return _preview(study_number, form, new, again)


def _preview(study_number: str, form: ContactForm, new: Identity, again: frozenset[str]) -> Answered:
    """What was beside what would be."""
    with service().store.writing() as tx:
        person = person_of(tx, study_number)
        found = change_contact.look(tx, person, actor(), now())
    try:
        change_contact.check(service().study, person, new, now())
    except ContactRefused as refusal:
        faults = {one.field: FAULTS[one.code] for one in refusal.faults}
        return _contact_page(person, form, found, faults=faults), 422
    changed = change_contact.changed(found.identity, new)
    if not changed and not again:
        return _contact_page(person, form, found, faults={"name": FAULTS["nothing_changed"]}), 422
    return _contact_page(person, form, found, new=new, changed=changed, again=again)


def _again(study_number: str, form: ContactForm, faults: dict[str, LazyString], status: int) -> Answered:
    """The form as it was filled in, with what is wrong, or with the news that somebody else was faster."""
    with service().store.writing() as tx:
        person = person_of(tx, study_number)
        found = change_contact.look(tx, person, actor(), now())
    if status == 409:
        form.version.data = str(person.row_version)
    return _contact_page(person, form, found, faults=faults, meanwhile=status == 409), status


def _read(form: ContactForm) -> tuple[Identity, dict[str, LazyString]]:
    year = (form.birth_year.data or "").strip()
    faults: dict[str, LazyString] = {}
    if year and not (year.isascii() and year.isdigit() and len(year) == 4):
        faults["birth_year"] = FAULTS["birth_year_range"]
        year = ""
    typed = Identity(
        name=form["name"].data or "",
        phone=form.phone.data or "",
        email=form.email.data or "",
        family_phone=form.family_phone.data or "",
        birth_year=int(year) if year else None,
    )
    return change_contact.tidy(typed), faults


def _contact_page(
    person: Participant,
    form: ContactForm,
    found: Look,
    *,
    faults: dict[str, LazyString] | None = None,
    new: Identity | None = None,
    changed: tuple[str, ...] = (),
    again: frozenset[str] = frozenset(),
    meanwhile: bool = False,
) -> str:
    return render_template(
        "clinic/contact.html",
        person=person,
        form=form,
        found=found,
        faults=faults or {},
        new=new,
        changed=changed,
        again=again,
        meanwhile=meanwhile,
        labels=LABELS,
    )


@blueprint.get("/arm")
@staff(*ARM)
def arm(study_number: str) -> Answered:
    with service().store.reading() as tx:
        person = person_of(tx, study_number)
    form = ArmForm(formdata=None, arm=person.arm or "", reason="", version=str(person.row_version))
    return _arm_page(person, form)


@blueprint.post("/arm")
@staff(*ARM)
def set_arm(study_number: str) -> Answered:
    form, house = ArmForm(), service()
    saving = request.form.get("step") == "save"
    chosen, reason = form.arm.data or None, form.reason.data or ""
    with house.store.writing() if saving else house.store.reading() as tx:
        person = person_of(tx, study_number)
        try:
            change_contact.check_arm(house.study, person, chosen, reason)
            if saving:
                version = _version(form.version)
                change_contact.set_arm(tx, house.study, person, version, chosen, reason, actor(), now())
        except ContactRefused as refusal:
            return _arm_page(person, form, FAULTS[refusal.faults[0].code]), 422
        except ChangedMeanwhile:
            form.version.data = str(person.row_version)
            words = gettext("Somebody else changed this participant meanwhile. Please look at it again.")
            return _arm_page(person, form, words), 409
    if saving:
        flash(gettext("The arm is recorded."), "good")
        return _back(person)
    return _arm_page(person, form, ready=True)


def _arm_page(person: Participant, form: ArmForm, fault: object = None, *, ready: bool = False) -> str:
    return render_template(
        "clinic/arm.html",
        person=person,
        form=form,
        fault=fault,
        ready=ready,
        reasons=REASONS,
        arms={one.id: one.label for one in service().study.arms},
    )


def _version(field: HiddenField) -> int:
    text = field.data or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _back(person: Participant) -> Response:
    return redirect(url_for("clinic.participant.show", study_number=person.study_number), 303)

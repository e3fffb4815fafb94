"""Enrolling a participant: the form, then every date as it would be, then saved."""

from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField

from pro_app.actions import enrol
from pro_app.actions.enrol import Enrolment, EnrolmentRefused, Fault
from pro_app.records.participants import StudyNumberTaken
from pro_app.schedule.elements import Site
from pro_app.schedule.plan import Anchors
from pro_app.schedule.rehearsal import RehearsedVisit, rehearse
from pro_app.schedule.window import today
from pro_app.web import clinic_words
from pro_app.web.clinic_changes import read_date
from pro_app.web.clinic_page import account, actor, sites
from pro_app.web.current import now, service
from pro_app.web.guard import staff
from pro_app.web.staff_roles import WRITERS, may_see_arm
from pro_app.web.typed_form import TypedForm

blueprint = Blueprint("enrolment", __name__)


class EnrolmentForm(TypedForm):
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
    if request.form.get("step") == "rehearse":
        return _page(sent, rehearsal=_rehearsed(command))
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


@blueprint.get("/enrol/rehearsal")
@staff(*WRITERS)
def rehearsal() -> str:
    """The dry run alone, for the page's script, which tells what ways of contact there are and not more."""
    try:
        planned = read_date(request.args.get("surgery_planned_on"))
    except ValueError:
        planned = None
    command = Enrolment(
        study_number="",
        site=request.args.get("site", ""),
        language=request.args.get("language", ""),
        phone=request.args.get("phone", ""),
        email=request.args.get("email", ""),
        family_phone=request.args.get("family_phone", ""),
        surgery_planned_on=planned,
    )
    return render_template("clinic/rehearsal.html", rehearsal=_rehearsed(command), words=clinic_words)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What would happen. visits: empty while there is no day to count from. asked: whether the owner's
    wording is there, without which nobody is invited."""

    site: Site
    language: str
    visits: tuple[RehearsedVisit, ...]
    reachable: bool
    asked: bool


def _rehearsed(command: Enrolment) -> Rehearsal | None:
    """Every date, message and text as the clock would send them from now on; None for no such site."""
    house = service()
    if command.site not in sites():
        return None
    site = house.study.site(command.site)
    tongue = command.language if command.language in house.study.languages else house.study.languages[0]
    planned = command.surgery_planned_on
    far = planned is not None and not -enrol.EARLIEST <= _until(planned, site) <= enrol.LATEST
    anchors = Anchors(
        today(now(), site.tz), None if far else planned, None, "planned" if planned and not far else "unknown"
    )
    ways = tuple(name for name, there in (("sms", command.phone), ("email", command.email)) if there)
    visits = rehearse(
        house.study,
        site,
        anchors,
        tongue,
        house.settings.base_url,
        channels=ways,
        family_channels=("sms",) if command.family_phone else (),
        start=now(),
    )
    return Rehearsal(site, tongue, visits, bool(ways), not house.unworded)


def _until(day: date, site: Site) -> timedelta:
    return day - today(now(), site.tz)


def _page(sent: EnrolmentForm, faults: tuple[Fault, ...] = (), rehearsal: Rehearsal | None = None) -> str:
    return render_template(
        "clinic/enrol.html",
        form=sent,
        faults={fault.field: clinic_words.FAULTS[fault.code] for fault in faults},
        rehearsal=rehearsal,
        words=clinic_words,
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
        rehearsal=_rehearsed(command),
        words=clinic_words,
        arm=next((arm for arm in service().study.arms if arm.id == command.arm), None),
    )

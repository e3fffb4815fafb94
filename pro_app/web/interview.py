"""An interview: the nurse reads the questions out and enters what is said, with keyboard or finger.

Each form is one page with a section for each question; nothing is chosen beforehand. Every button sends the
whole form, and a script saves meanwhile, so that a telephone call that breaks off loses nothing.
"""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from pro_app.actions import answer, consent, interview, visit
from pro_app.actions.answer import Receipt, Submission
from pro_app.actions.interview import Form, Interview, NothingToTakeOver
from pro_app.errors import NotFound
from pro_app.instruments.wording import WordingPack
from pro_app.records import data_locks
from pro_app.records.participants import Participant
from pro_app.records.responses import Helper
from pro_app.records.store import Transaction
from pro_app.schedule.window import today
from pro_app.web import asking, body_map, clinic_words, forms, plain_answers
from pro_app.web.clinic_page import account, actor, person_of
from pro_app.web.current import now, service
from pro_app.web.guard import staff
from pro_app.web.staff_roles import WRITERS

blueprint = Blueprint(
    "interview", __name__, url_prefix="/staff/participants/<study_number>/interview/<timepoint>"
)
HELPERS: dict[Helper, LazyString] = {
    "filled": _("I asked and entered the answers"),
    "read": _("I read the questions out, the participant entered the answers"),
}
Answered = str | tuple[str, int] | Response
_NO_CSRF = {"csrf": False}  # the form's own; the application checks every POST before it gets here


@blueprint.get("")
@staff(*WRITERS)
def start(study_number: str, timepoint: str) -> Answered:
    """The forms of the visit, what is in already, and what stands in the way."""
    with service().store.reading() as tx:
        person, found = _found(tx, study_number, timepoint)
    if not asking.worded(found.stop):
        return asking.no_wording(person)
    return _page("start", person, found)


@blueprint.post("")
@staff(*WRITERS)
def agree(study_number: str, timepoint: str) -> Response:
    """The participant has heard the privacy notice and said yes."""
    with service().store.writing() as tx:
        person, _found_here = _found(tx, study_number, timepoint)
        agreed = request.form.get("read_out") == "yes" and request.form.get("health_data") == "yes"
        if agreed:
            consent.decide(tx, service().study, person, True, actor(), now())
    if not agreed:
        flash(
            gettext("Tick both boxes once the participant has agreed to both. Nothing is asked before."),
            "alert",
        )
    back = "paper_entry.start" if request.form.get("back") == "paper" else "interview.start"
    return _to(url_for(back, study_number=study_number, timepoint=timepoint))


@blueprint.get("/<instrument>")
@staff(*WRITERS)
def ask(study_number: str, timepoint: str, instrument: str) -> Answered:
    with service().store.reading() as tx:
        person, found = _found(tx, study_number, timepoint)
        form = found.form(instrument)
    if turned_away := _turned_away(person, found, form):
        return turned_away
    pack = _pack(person, form)
    return _form_page(person, found, form, pack, _filled(form, pack))


@blueprint.post("/<instrument>")
@staff(*WRITERS)
def keep(study_number: str, timepoint: str, instrument: str) -> Answered:
    """Keep what was entered, then do what the button says; `save` by the page's script wants no page."""
    with service().store.writing() as tx:
        person, found = _found(tx, study_number, timepoint)
        form = found.form(instrument)
        if turned_away := _turned_away(person, found, form):
            return turned_away
        pack = _pack(person, form)
        filled = forms.form_class(form.instrument, pack)(formdata=request.form, meta=_NO_CSRF)
        filled.validate()
        before = form.draft.answers if form.draft else {}
        entered = plain_answers.given(form.instrument, filled, request.form, before)
        interview.keep(tx, person, timepoint, form.instrument, pack, _response_id(form), entered, now())
    if any(field.errors for field in filled):
        return _form_page(person, found, form, pack, filled), 422
    action = request.form.get("action", "")
    if action == "quietly":
        return Response(status=204)
    if action.startswith("words:"):
        return _go("ask", person, timepoint, instrument, words=action.removeprefix("words:")[:20])
    if action == "review":
        return _go("review", person, timepoint, instrument)
    flash(gettext("What was entered is kept as a draft. Go on whenever you like."), "good")
    return _to(url_for(".start", study_number=person.study_number, timepoint=timepoint))


@blueprint.post("/<instrument>/take-over")
@staff(*WRITERS)
def take_over(study_number: str, timepoint: str, instrument: str) -> Answered:
    """Go on from what the participant has begun on their own."""
    with service().store.writing() as tx:
        person, found = _found(tx, study_number, timepoint)
        form = found.form(instrument)
        if turned_away := _turned_away(person, found, form):
            return turned_away
        pack = _pack(person, form)
        try:
            interview.take_over(tx, person, timepoint, form, pack, _response_id(form), actor(), now())
        except NothingToTakeOver:
            flash(gettext("The participant has nothing open to go on from any more."), "alert")
    return _go("ask", person, timepoint, instrument)


@blueprint.get("/<instrument>/review")
@staff(*WRITERS)
def review(study_number: str, timepoint: str, instrument: str) -> Answered:
    with service().store.reading() as tx:
        person, found = _found(tx, study_number, timepoint)
        form = found.form(instrument)
    return _turned_away(person, found, form) or _review_page(person, found, form)


@blueprint.post("/<instrument>/review")
@staff(*WRITERS)
def send(study_number: str, timepoint: str, instrument: str) -> Answered:
    """Store what the review showed, as an interview. Pressed twice, it is stored once."""
    helper = next((code for code in HELPERS if code == request.form.get("helper")), None)
    with service().store.writing() as tx:
        person, found = _found(tx, study_number, timepoint)
        form = found.form(instrument)
        if turned_away := _turned_away(person, found, form):
            return turned_away
        answers = form.draft.answers if form.draft else {}
        left = plain_answers.left_open(form.instrument, answers)
        if request.form.get("left", "").split() != [item.id for item in left]:
            return _review_page(person, found, form, changed=True), 409
        if helper is None:
            return _review_page(person, found, form, unsaid=True), 422
        data_locks.hold(tx, person)
        receipt = _submit(tx, person, found, form, helper)
        interview.forget(tx, person, timepoint, instrument)
    _tell(form, answers, receipt)
    onward = [other for other in found.to_do if other.instrument.id != instrument]
    if onward:
        return _go("ask", person, timepoint, onward[0].instrument.id)
    return _to(url_for("clinic.participant.show", study_number=person.study_number))


def _found(tx: Transaction, study_number: str, timepoint: str) -> tuple[Participant, Interview]:
    person = person_of(tx, study_number)
    return person, interview.look(tx, service().study, service().catalogue, person, timepoint, now())


def _turned_away(person: Participant, found: Interview, form: Form) -> Answered | None:
    """The page that says why this form can't be filled in now."""
    if not asking.worded(found.stop):
        return asking.no_wording(person)
    if form.sent is not None or found.hindrance or not person.privacy_answer:
        return _to(url_for(".start", study_number=person.study_number, timepoint=found.stop.timepoint.id))
    return None


def _pack(person: Participant, form: Form) -> WordingPack:
    return asking.pack_for(form.instrument, person, begun_in=form.draft.language if form.draft else None)


def _filled(form: Form, pack: WordingPack) -> FlaskForm:
    """The form with what was entered before; what was left out on purpose is chosen as such."""
    answers = form.draft.answers if form.draft else {}
    data = forms.from_wire(form.instrument, answers)
    return forms.form_class(form.instrument, pack)(formdata=None, data=data, meta=_NO_CSRF)


def _response_id(form: Form) -> str:
    """The draft's id; before there is one, the id that came with the page, so that two presses are one."""
    return form.draft.response if form.draft else asking.response_id()


def _submit(tx: Transaction, person: Participant, found: Interview, form: Form, helper: Helper) -> Receipt:
    pack, draft = _pack(person, form), form.draft
    sent = Submission(
        response=_response_id(form),
        instrument=form.instrument.id,
        version=form.instrument.version,
        language=pack.language,
        pack=pack.hash,
        mode="interview",
        helper=helper,
        started_at=draft.started_at if draft else now(),
        finished_at=now(),
        answers=plain_answers.complete(form.instrument, draft.answers if draft else {}),
        completed_on=today(now(), found.way.site.tz),
        entered_by=account().login,
    )
    study, catalogue = service().study, service().catalogue
    return answer.submit(tx, study, catalogue, person, found.stop.timepoint.id, sent, actor(), now())


def _tell(form: Form, answers: Mapping[str, object], receipt: Receipt) -> None:
    flash(
        gettext(
            "%(instrument)s is stored as an interview. Receipt %(number)s.",
            instrument=form.instrument.name,
            number=receipt.receipt,
        ),
        "good",
    )
    asking.tell_if_worrying(form.instrument, answers)


def _form_page(
    person: Participant, found: Interview, form: Form, pack: WordingPack, filled: FlaskForm
) -> str:
    return _page(
        "ask",
        person,
        found,
        form=form,
        pack=pack,
        filled=filled,
        skipped={
            item for item, one in (form.draft.answers if form.draft else {}).items() if "missing" in one
        },
        response=_response_id(form),
        tongues=asking.languages(form.instrument),
        body_map=body_map,
    )


def _review_page(
    person: Participant, found: Interview, form: Form, *, changed: bool = False, unsaid: bool = False
) -> str:
    pack = _pack(person, form)
    answers = form.draft.answers if form.draft else {}
    return _page(
        "review",
        person,
        found,
        form=form,
        pack=pack,
        lines=[
            (item, plain_answers.spoken(item, pack, answers.get(item.id))) for item in form.instrument.items
        ],
        left=plain_answers.left_open(form.instrument, answers),
        helpers=HELPERS,
        changed=changed,
        unsaid=unsaid,
        urgent=visit.worrying(service().study, form.instrument, answers),
    )


def _page(name: str, person: Participant, found: Interview, **more: object) -> str:
    packs: list[WordingPack] = []
    for form in found.forms:
        try:
            packs.append(_pack(person, form))
        except NotFound:
            continue
    return render_template(
        f"interview/{name}.html",
        person=person,
        found=found,
        stop=found.stop,
        way=found.way,
        words=clinic_words,
        demonstration=asking.demonstration(packs),
        **more,
    )


def _go(page: str, person: Participant, timepoint: str, instrument: str, **more: str) -> Response:
    where: dict[str, Any] = {"study_number": person.study_number, "timepoint": timepoint, **more}
    return _to(url_for(f".{page}", instrument=instrument, **where))


def _to(address: str) -> Response:
    return redirect(address, 303)

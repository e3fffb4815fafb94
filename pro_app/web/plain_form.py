"""The questionnaire as one plain form: complete without a script, by keyboard and by screen reader.

Every button sends the whole form, language and text size too, so nothing typed is lost on the way. What
has a fault stays on the page with its reason; everything else is kept as a draft with each press.
"""

from collections.abc import Mapping
from typing import cast
from uuid import UUID, uuid4

from flask import Blueprint, Response, redirect, request, session, url_for
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError

from pro_app.actions import answer, consent
from pro_app.actions.answer import ParticipantStopped, Receipt, Submission, VisitClosed
from pro_app.actions.consent import PrivacyDeclined, PrivacyFirst
from pro_app.actions.visit import Look, Part, look, worrying
from pro_app.errors import NotFound, ProAppError
from pro_app.records.participants import Participant
from pro_app.records.responses import Helper, Mode
from pro_app.records.store import Transaction
from pro_app.web import cookies, forms, guard, locale, plain_answers, visit_page
from pro_app.web.current import now, patient, service, visiting
from pro_app.web.guard import visit

blueprint = Blueprint("plain_form", __name__)

HELPERS: tuple[Helper, ...] = ("alone", "read", "filled")


@blueprint.get("/form/<instrument>")
@visit
def fill(instrument: str) -> Response:
    """All questions with what was answered so far; once sent, the receipt."""
    with visiting() as (tx, person, timepoint):
        consent.check(person)
        seen, part = _seen(tx, person, timepoint, instrument)
    if part.sent:
        return _go("sent", instrument)
    if notice := visit_page.notice_of(seen):
        return visit_page.show_notice(seen, notice)
    answers = part.draft.answers if part.draft else {}
    form = _form_class(part)(formdata=None, data=forms.from_wire(part.instrument, answers), meta=_NO_CSRF)
    return _form_page(seen, part, form, part.draft.response if part.draft else str(uuid4()))


@blueprint.post("/form/<instrument>")
@visit
def keep(instrument: str) -> Response:
    """Keep what was entered, then do what the button says."""
    with visiting(write=True) as (tx, person, timepoint):
        consent.check(person)
        seen, part = _seen(tx, person, timepoint, instrument)
        form = _form_class(part)(formdata=request.form, meta=_NO_CSRF)
        form.validate()
        before = part.draft.answers if part.draft else {}
        entered = plain_answers.given(part.instrument, form, request.form, before)
        late = _keep_draft(tx, person, timepoint, part, entered)
        receipt = _submit(tx, person, timepoint, part, entered, None) if late else None
    if receipt:
        return _after_sending(seen, part, entered, receipt)
    action = request.form.get("action", "")
    if any(field.errors for field in form):
        return _form_page(seen, part, form, _response_id(part), 422)
    return _act(action, instrument)


@blueprint.errorhandler(PrivacyFirst)
@blueprint.errorhandler(PrivacyDeclined)
def notice_first(_fault: ProAppError) -> Response:
    """No answer is kept before the person has agreed to that."""
    return _to(url_for("patient.privacy"))


@blueprint.errorhandler(CSRFError)
def stale_form(_fault: CSRFError) -> Response:
    """The page was open for too long, or its cookie is gone: show it afresh with all that was entered."""
    guard.enforce()
    instrument = (request.view_args or {}).get("instrument", "")
    with visiting() as (tx, person, timepoint):
        seen, part = _seen(tx, person, timepoint, instrument)
    if request.endpoint != "patient.plain_form.keep":
        return _go("review", instrument)
    form = _form_class(part)(formdata=request.form, meta=_NO_CSRF)
    return _form_page(seen, part, form, _response_id(part), 400, stale=True)


@blueprint.get("/review/<instrument>")
@visit
def review(instrument: str) -> Response:
    """Every question with its answer, what was left, who helped, and the button that sends."""
    with visiting() as (tx, person, timepoint):
        consent.check(person)
        seen, part = _seen(tx, person, timepoint, instrument)
    if part.sent:
        return _go("sent", instrument)
    if notice := visit_page.notice_of(seen):
        return visit_page.show_notice(seen, notice)
    return _review_page(seen, part)


@blueprint.post("/review/<instrument>")
@visit
def send(instrument: str) -> Response:
    """Send for good what the review showed. Pressed twice, it gives the same receipt."""
    with visiting(write=True) as (tx, person, timepoint):
        consent.check(person)
        seen, part = _seen(tx, person, timepoint, instrument)
        if part.sent:
            return _go("sent", instrument)
        answers = part.draft.answers if part.draft else {}
        left = plain_answers.left_open(part.instrument, answers)
        if request.form.get("left", "").split() != [item.id for item in left]:
            # Another device or tab changed the draft: what is shown must be what is sent.
            return _review_page(seen, part, 409)
        receipt = _submit(tx, person, timepoint, part, {}, _helper())
    return _after_sending(seen, part, answers, receipt)


@blueprint.get("/sent/<instrument>")
@visit
def sent(instrument: str) -> Response:
    """The receipt, and what comes next. Never what was answered."""
    with visiting() as (tx, person, timepoint):
        seen, part = _seen(tx, person, timepoint, instrument)
    if part.sent is None:
        return _to(url_for("patient.home"))
    return visit_page.page(
        "sent",
        seen.site,
        seen=seen,
        part=part,
        title=visit_page.words_for(part.instrument).title,
        number=answer.receipt_number(part.sent.content_hash),
        onward=[(other, visit_page.words_for(other.instrument).title) for other in seen.open_parts],
        comes=seen.next_stop,
        beside=request.args.get("note") == "beside",
        urgent=session.get("urgent") == f"{seen.ref}/{instrument}",
    )


_NO_CSRF = {"csrf": False}  # the form's own; the application checks every POST before it gets here


def _seen(tx: Transaction, person: Participant, timepoint: str, instrument: str) -> tuple[Look, Part]:
    seen = look(tx, service().study, service().catalogue, person, timepoint, now())
    part = seen.part(instrument)
    if part is None:
        raise NotFound()
    return seen, part


def _form_class(part: Part) -> type[FlaskForm]:
    return forms.form_class(part.instrument, visit_page.words_for(part.instrument))


def _form_page(
    seen: Look, part: Part, form: FlaskForm, response: str, status: int = 200, stale: bool = False
) -> Response:
    pack = visit_page.words_for(part.instrument)
    return visit_page.page(
        "form", seen.site, status, seen=seen, part=part, pack=pack, form=form, response=response, stale=stale
    )


def _review_page(seen: Look, part: Part, status: int = 200) -> Response:
    pack = visit_page.words_for(part.instrument)
    answers = part.draft.answers if part.draft else {}
    return visit_page.page(
        "review",
        seen.site,
        status,
        part=part,
        pack=pack,
        lines=[
            (item, plain_answers.spoken(item, pack, answers.get(item.id))) for item in part.instrument.items
        ],
        left=plain_answers.left_open(part.instrument, answers),
        response=_response_id(part),
        urgent=worrying(service().study, part.instrument, answers),
        changed=status == 409,
    )


def _keep_draft(
    tx: Transaction, person: Participant, timepoint: str, part: Part, entered: plain_answers.Wire
) -> bool:
    """Keep a draft; True when it is too late for one, so that what was entered must be sent as it is."""
    pack = visit_page.words_for(part.instrument)
    try:
        return not answer.keep_draft(
            tx,
            service().study,
            service().catalogue,
            person,
            timepoint,
            instrument=part.instrument.id,
            response=_response_id(part),
            language=pack.language,
            pack=pack.hash,
            position=None,
            answers=entered,
            now=now(),
        )
    except (VisitClosed, ParticipantStopped):
        return True


def _submit(
    tx: Transaction,
    person: Participant,
    timepoint: str,
    part: Part,
    entered: plain_answers.Wire,
    helper: Helper | None,
) -> Receipt:
    pack, draft = visit_page.words_for(part.instrument), part.draft
    answers = {**(draft.answers if draft else {}), **entered}
    submission = Submission(
        response=_response_id(part),
        instrument=part.instrument.id,
        version=part.instrument.version,
        language=pack.language,
        pack=pack.hash,
        mode=_mode(),
        helper=helper,
        started_at=draft.started_at if draft else now(),
        finished_at=now(),
        answers=plain_answers.complete(part.instrument, answers),
    )
    study, catalogue = service().study, service().catalogue
    return answer.submit(tx, study, catalogue, person, timepoint, submission, patient(person), now())


def _after_sending(
    seen: Look, part: Part, answers: Mapping[str, Mapping[str, object]], receipt: Receipt
) -> Response:
    if worrying(service().study, part.instrument, answers):
        session["urgent"] = f"{seen.ref}/{part.instrument.id}"
    if receipt.standing == "beside" and not receipt.repeated:
        return _to(url_for("patient.plain_form.sent", instrument=part.instrument.id, note="beside"))
    return _go("sent", part.instrument.id)


def _act(action: str, instrument: str) -> Response:
    """What the pressed button says, after everything was kept."""
    word, _, value = action.partition(":")
    if word == "review":
        return _go("review", instrument)
    if word not in ("lang", "size"):
        return _to(url_for("patient.home"))
    response = _go("fill", instrument)
    if word == "lang" and (chosen := locale.best_language(value)):
        cookies.set_language(response, chosen)
    if word == "size" and value in ("1", "2", "3"):
        cookies.set_text_size(response, int(value))
    return response


def _response_id(part: Part) -> str:
    """The draft's id; before there is one, the id that came with the page, so that two presses are one."""
    if part.draft:
        return part.draft.response
    posted = request.form.get("response", "")
    try:
        return str(UUID(posted))
    except ValueError:
        return str(uuid4())


def _mode() -> Mode:
    """How it is filled in: the hand-over of a clinic's tablet says so in the browser's session."""
    handed = session.get("mode")
    return cast(Mode, handed) if handed in ("clinic_tablet", "interview") else "own_phone"


def _helper() -> Helper | None:
    chosen = request.form.get("helper")
    return next((helper for helper in HELPERS if helper == chosen), None)


def _go(page: str, instrument: str) -> Response:
    return _to(url_for(f"patient.plain_form.{page}", instrument=instrument))


def _to(address: str) -> Response:
    return cast(Response, redirect(address, 303))

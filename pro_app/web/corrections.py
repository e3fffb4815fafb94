"""A response put right by a coordinator: first what it would change, then, on a second press, saved."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from pro_app.actions import choose as choosing
from pro_app.actions import correct as correcting
from pro_app.actions import move_response as moving
from pro_app.actions.correct import Foreseen, Look
from pro_app.errors import NotFound
from pro_app.exports.labels import CORRECTIONS
from pro_app.instruments.answers import AnswerFault
from pro_app.instruments.catalogue import NoWording
from pro_app.instruments.wording import WordingPack
from pro_app.records.corrections import CorrectionRefused, ResponseChanged
from pro_app.records.participants import Participant
from pro_app.records.store import Transaction
from pro_app.web import clinic_words, correction_form, locale, plain_answers, scale_words
from pro_app.web.charts import number
from pro_app.web.clinic_page import actor, person_of
from pro_app.web.current import now, service
from pro_app.web.guard import staff
from pro_app.web.staff_roles import CORRECTORS

blueprint = Blueprint(
    "corrections", __name__, url_prefix="/staff/participants/<study_number>/responses/<uuid>"
)

FAULTS: dict[str, LazyString] = {
    "reason_needed": _("Choose a reason."),
    "nothing_changed": _("Nothing is different yet. Change an answer first."),
    "not_current": _("This response was kept beside another one and doesn't count; withdraw that one first."),
    "other_version": _(
        "This was answered in another version of the instrument, which is not installed here."
    ),
    "same_place": _("It stands there already. Name another participant or another visit."),
    "visit_unknown": _("This visit is not part of the study."),
    "not_asked_there": _("This instrument is not asked at that visit."),
    "place_taken": _("That visit has a response to this instrument already. Withdraw that one first."),
    "counts_already": _("This response counts already."),
    "over_already": _("This response was replaced or withdrawn; it can't be made to count again."),
    "after_the_end": _(
        "It came after the participant had left the study, so it can't count. If the status is wrong, "
        "correct that first."
    ),
    "answer": _("One of the answers is none of those the instrument has: item %(item)s."),
    "no_such_participant": _("There is no participant with this study number, or you may not see them."),
}
REASONS = {**correcting.REASONS, "choose": choosing.REASONS}
REASON_WORDS: dict[str, LazyString] = {code: _(text) for code, text in CORRECTIONS.items()}
Answered = str | tuple[str, int] | Response


@blueprint.get("")
@staff(*CORRECTORS)
def show(study_number: str, uuid: str) -> str:
    """The response: its answers, its scores, and all there ever was of this form."""
    with service().store.reading() as tx:
        person = person_of(tx, study_number)
        found = correcting.look(tx, service().catalogue, person, uuid)
    return _page("show", person, found)


@blueprint.get("/correct")
@staff(*CORRECTORS)
def answers(study_number: str, uuid: str) -> str:
    with service().store.reading() as tx:
        person = person_of(tx, study_number)
        found = correcting.look(tx, service().catalogue, person, uuid)
    return _page("correct", person, found, lines=_lines(found, found.answers))


@blueprint.post("/correct")
@staff(*CORRECTORS)
def correct(study_number: str, uuid: str) -> Answered:
    saving, catalogue = request.form.get("step") == "save", service().catalogue
    foreseen: Foreseen | None = None
    with service().store.writing() if saving else service().store.reading() as tx:
        person = person_of(tx, study_number)
        found = correcting.look(tx, catalogue, person, uuid)
        wish = correction_form.read(found.instrument, request.form, found.answers)

        def work() -> None:
            nonlocal foreseen
            foreseen = correcting.foresee(tx, catalogue, person, uuid, _revision(), wish)
            if saving:
                study, why = service().study, request.form.get("reason", "")
                correcting.correct(tx, study, catalogue, person, uuid, _revision(), wish, why, actor(), now())

        fault, status = _tried(work)
    if fault is None and saving:
        flash(
            _("The correction is saved. The first answers are kept, and the scores are computed anew."),
            "good",
        )
        return _back(person)
    shown = _lines(found, {**found.answers, **wish}) if status != 422 or foreseen else _lines_again(found)
    page = _page("correct", person, found, lines=shown, foreseen=foreseen, fault=fault)
    return (page, status) if fault else page


@blueprint.get("/move")
@staff(*CORRECTORS)
def where(study_number: str, uuid: str) -> str:
    with service().store.reading() as tx:
        person = person_of(tx, study_number)
        found = correcting.look(tx, service().catalogue, person, uuid)
    return _page("move", person, found, to=person.study_number, timepoint=found.stored.timepoint)


@blueprint.post("/move")
@staff(*CORRECTORS)
def move(study_number: str, uuid: str) -> Answered:
    saving, house = request.form.get("step") == "save", service()
    number_there = " ".join(request.form.get("to", "").split())[:40]
    timepoint = request.form.get("timepoint", "")[:20]
    with house.store.writing() if saving else house.store.reading() as tx:
        person = person_of(tx, study_number)
        found = correcting.look(tx, house.catalogue, person, uuid)

        def work() -> None:
            to = _participant(tx, number_there)
            moving.check_move(tx, house.study, person, uuid, _revision(), to, timepoint, now())
            if saving:
                why = request.form.get("reason", "")
                moving.move(
                    tx,
                    house.study,
                    house.catalogue,
                    person,
                    uuid,
                    _revision(),
                    to,
                    timepoint,
                    why,
                    actor(),
                    now(),
                )

        fault, status = _tried(work)
    if fault is None and saving:
        flash(_("The response is moved. Here it is kept as withdrawn."), "good")
        return _back(person)
    page = _page(
        "move",
        person,
        found,
        to=number_there,
        timepoint=timepoint,
        ready=fault is None or request.form.get("step") == "save",
        fault=fault,
    )
    return (page, status) if fault else page


@blueprint.get("/withdraw")
@staff(*CORRECTORS)
def why(study_number: str, uuid: str) -> str:
    with service().store.reading() as tx:
        person = person_of(tx, study_number)
        found = correcting.look(tx, service().catalogue, person, uuid)
    return _page("withdraw", person, found)


@blueprint.post("/withdraw")
@staff(*CORRECTORS)
def withdraw(study_number: str, uuid: str) -> Answered:
    house, reason = service(), request.form.get("reason", "")
    with house.store.writing() as tx:
        person = person_of(tx, study_number)
        found = correcting.look(tx, house.catalogue, person, uuid)
        fault, status = _tried(
            lambda: correcting.withdraw(tx, house.study, person, uuid, _revision(), reason, actor(), now())
        )
    if fault is None:
        flash(_("The response is withdrawn. It is kept, and counts no longer."), "good")
        return _back(person)
    return _page("withdraw", person, found, fault=fault), status


@blueprint.get("/choose")
@staff(*CORRECTORS)
def which(study_number: str, uuid: str) -> str | Response:
    """The one that counts and the one that was kept beside it, side by side."""
    with service().store.reading() as tx:
        person = person_of(tx, study_number)
        found = correcting.look(tx, service().catalogue, person, uuid)
        if found.stored.standing != "beside":
            return redirect(url_for("corrections.show", study_number=study_number, uuid=uuid), 303)
        pair = choosing.look(tx, person, uuid, found.instrument.free_text)
    return _page("choose", person, found, pair=pair)


@blueprint.post("/choose")
@staff(*CORRECTORS)
def choose(study_number: str, uuid: str) -> Answered:
    house, reason = service(), request.form.get("reason", "")
    with house.store.writing() as tx:
        person = person_of(tx, study_number)
        found = correcting.look(tx, house.catalogue, person, uuid)
        instead_of = request.form.get("instead_of", "")[:36]
        fault, status = _tried(
            lambda: choosing.choose(tx, house.study, person, uuid, instead_of, reason, actor(), now())
        )
        still = fault is not None and found.stored.standing == "beside"
        pair = choosing.look(tx, person, uuid, found.instrument.free_text) if still else None
    if fault is None:
        flash(_("This response counts now. The former one is kept."), "good")
        return _back(person)
    return _page("choose" if pair else "show", person, found, fault=fault, pair=pair), status


def _tried(work: Callable[[], object]) -> tuple[object | None, int]:
    """The words for what was wrong, with the status; None when all went well. A refusal has saved nothing."""
    try:
        work()
    except CorrectionRefused as refusal:
        return FAULTS[refusal.fault], 422
    except AnswerFault as refusal:
        return FAULTS["answer"] % {"item": refusal.item}, 422
    except _NoSuchParticipant:
        return FAULTS["no_such_participant"], 422
    except ResponseChanged:
        words = _("Somebody else changed this response meanwhile. This is how it is now; please look again.")
        return words, 409
    return None, 200


class _NoSuchParticipant(Exception):
    """Nobody this person may see has the number."""


def _participant(tx: Transaction, study_number: str) -> Participant:
    try:
        return person_of(tx, study_number)
    except NotFound as fault:
        raise _NoSuchParticipant() from fault


def _revision() -> int:
    text = request.form.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else -1


def _back(person: Participant) -> Response:
    return redirect(url_for("clinic.participant.show", study_number=person.study_number), 303)


def _pack(found: Look) -> WordingPack:
    """The words of this page's language; where there are none, those it was answered in."""
    catalogue = service().catalogue
    try:
        return catalogue.pack(found.instrument.id, locale.language())
    except NoWording:
        pass
    return catalogue.pack_if_known(found.stored.pack) or catalogue.active_packs(found.instrument.id)[0]


def _lines(found: Look, answered: correction_form.Wire) -> list[correction_form.Line]:
    return correction_form.lines(found.instrument, _pack(found), answered)


def _lines_again(found: Look) -> list[correction_form.Line]:
    """The form as it was filled in, with what can't be shown in it left as it was before."""
    wish = correction_form.read(found.instrument, request.form, found.answers)
    known = {item.id: item.codes for item in found.instrument.items}
    fits = {
        item: answer
        for item, answer in wish.items()
        if not isinstance(answer.get("value"), str | int) or answer.get("value") in known[item]
    }
    return _lines(found, {**found.answers, **fits})


def _page(name: str, person: Participant, found: Look, **more: object) -> str:
    pack = _pack(found)
    study = service().study
    return render_template(
        f"corrections/{name}.html",
        person=person,
        found=found,
        stored=found.stored,
        site=study.site(person.site),
        pack=pack,
        spoken=lambda item, answer: (
            _("kept sealed") if answer and answer.get("sealed") else plain_answers.spoken(item, pack, answer)
        ),
        reasons=[(code, REASON_WORDS[code]) for code in REASONS.get(name, ())],
        reason_words=REASON_WORDS,
        reason=request.form.get("reason", ""),
        visits={one.id: one.label for one in study.timepoints},
        words=clinic_words,
        scale_words=scale_words,
        number=number,
        **more,
    )

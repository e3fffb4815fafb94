"""Forms on paper, typed in: the day of completion apart from today, first looked over, then stored."""

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import LazyString
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from pro_app.actions import answer, enter_paper, second_entry
from pro_app.actions.answer import Submission
from pro_app.actions.enter_paper import PaperDateRefused, PaperForm, PaperVisit
from pro_app.actions.second_entry import SecondEntryRefused
from pro_app.instruments.definition import Instrument
from pro_app.instruments.wording import WordingPack
from pro_app.records import data_locks
from pro_app.records.participants import Participant
from pro_app.records.responses import Helper
from pro_app.records.second_entries import SecondEntryThere
from pro_app.records.store import Transaction
from pro_app.web import asking, body_map, clinic_words, locale, paper_answers, plain_answers
from pro_app.web.clinic_changes import read_date
from pro_app.web.clinic_page import account, actor, person_of
from pro_app.web.current import now, service
from pro_app.web.guard import staff
from pro_app.web.paper_answers import Typed
from pro_app.web.paper_words import JUDGED, REFUSED
from pro_app.web.staff_roles import WRITERS

blueprint = Blueprint(
    "paper_entry", __name__, url_prefix="/staff/participants/<study_number>/paper/<timepoint>"
)
HELPERS: tuple[Helper, ...] = ("alone", "read", "filled")
Answered = str | tuple[str, int] | Response


@blueprint.get("")
@staff(*WRITERS)
def start(study_number: str, timepoint: str) -> Answered:
    """The forms of the visit: to print, to type in, to type in a second time."""
    with service().store.reading() as tx:
        person, found = _found(tx, study_number, timepoint)
    if not asking.worded(found.stop):
        return asking.no_wording(person)
    return _page("start", person, found, login=account().login)


@blueprint.get("/<instrument>")
@staff(*WRITERS)
def form(study_number: str, timepoint: str, instrument: str) -> Answered:
    with service().store.reading() as tx:
        person, found = _found(tx, study_number, timepoint)
    one = found.form(instrument)
    pack = _pack(person, one.instrument)
    return _turned_away(person, found) or _form_page(
        person, found, one, pack, paper_answers.empty(one.instrument, pack)
    )


@blueprint.post("/<instrument>")
@staff(*WRITERS)
def enter(study_number: str, timepoint: str, instrument: str) -> Answered:
    """First what will be stored and how it will stand, then, on a second press, stored."""
    saving = request.form.get("step") == "save"
    store = service().store
    with store.writing() if saving else store.reading() as tx:
        person, found = _found(tx, study_number, timepoint)
        one = found.form(instrument)
        if turned_away := _turned_away(person, found):
            return turned_away
        pack = _pack(person, one.instrument)
        typed = paper_answers.read(one.instrument, pack, request.form)
        day, judged, refused = _judged(found, instrument)
        if refused or typed.faults:
            return _form_page(person, found, one, pack, typed, day_fault=refused), 422
        if not saving:
            return _form_page(person, found, one, pack, typed, judged=judged)
        assert day is not None
        data_locks.hold(tx, person)
        receipt = _submit(tx, person, found, one.instrument, pack, typed, day)
    flash(
        _(
            "%(instrument)s is stored, filled in on %(day)s. Receipt %(number)s.",
            instrument=one.instrument.name,
            day=locale.long_date(day),
            number=receipt.receipt,
        ),
        "good",
    )
    asking.tell_if_worrying(one.instrument, typed.wire)
    return _to(".start", person, found)


@blueprint.get("/<instrument>/second")
@staff(*WRITERS)
def second(study_number: str, timepoint: str, instrument: str) -> Answered:
    with service().store.reading() as tx:
        person, found = _found(tx, study_number, timepoint)
    one = found.form(instrument)
    if refused := _second_refused(one):
        flash(refused, "alert")
        return _to(".start", person, found)
    pack = _own_pack(one)
    return _form_page(person, found, one, pack, paper_answers.empty(one.instrument, pack), second=True)


@blueprint.post("/<instrument>/second")
@staff(*WRITERS)
def enter_second(study_number: str, timepoint: str, instrument: str) -> Answered:
    """Compare with what was typed first; what differs waits for the coordinator."""
    try:
        with service().store.writing() as tx:
            person, found = _found(tx, study_number, timepoint)
            one = found.form(instrument)
            first = second_entry.check(one.sent, one.second, account().login)
            pack = _own_pack(one)
            typed = paper_answers.read(one.instrument, pack, request.form)
            if typed.faults:
                return _form_page(person, found, one, pack, typed, second=True), 422
            differs = second_entry.enter(tx, one.instrument, person, first, typed.wire, actor(), now())
    except SecondEntryRefused as refusal:
        flash(REFUSED[refusal.fault], "alert")
        return _to(".start", person, found)
    except SecondEntryThere:
        flash(REFUSED["entered_twice"], "alert")
        return _to(".start", person, found)
    if differs:
        return _to("second_look.compare", person, found, instrument=instrument)
    flash(_("Both entries of %(instrument)s are the same.", instrument=one.instrument.name), "good")
    return _to(".start", person, found)


def _found(tx: Transaction, study_number: str, timepoint: str) -> tuple[Participant, PaperVisit]:
    person = person_of(tx, study_number)
    return person, enter_paper.look(tx, service().study, service().catalogue, person, timepoint, now())


def _turned_away(person: Participant, found: PaperVisit) -> Answered | None:
    """The page that says why nothing can be typed in now. Raises `DataLocked`."""
    data_locks.check(person)
    if not asking.worded(found.stop):
        return asking.no_wording(person)
    return None if person.privacy_answer else _to(".start", person, found)


def _second_refused(one: PaperForm) -> LazyString | None:
    try:
        second_entry.check(one.sent, one.second, account().login)
    except SecondEntryRefused as refusal:
        return REFUSED[refusal.fault]
    return None


def _judged(found: PaperVisit, instrument: str) -> tuple[date | None, str | None, LazyString | None]:
    """The day of completion, how the form will stand, or the words for why the day can't be."""
    try:
        day = read_date(request.form.get("completed_on"))
        return day, enter_paper.judge(found.way, found.stop, instrument, day, now()), None
    except ValueError:
        return None, None, REFUSED["date_unreadable"]
    except PaperDateRefused as refusal:
        return None, None, REFUSED[refusal.fault]


def packs_of(instrument: Instrument) -> list[WordingPack]:
    """Every wording a form may have been printed in, the one of today first."""
    catalogue = service().catalogue
    shown = [catalogue.pack(instrument.id, tag) for tag in asking.languages(instrument)]
    others = [
        pack
        for pack in catalogue.packs
        if pack.instrument == instrument.id
        and pack.version == instrument.version
        and pack.language in service().study.languages
        and pack not in shown
    ]
    return shown + others


def _pack(person: Participant, instrument: Instrument) -> WordingPack:
    """The wording that the form's own picture names, or that was chosen, else the participant's language."""
    named = request.values.get("pack", "")[:64]
    found = [pack for pack in packs_of(instrument) if len(named) >= 8 and pack.hash.startswith(named)]
    return found[0] if found else asking.pack_for(instrument, person)


def _own_pack(one: PaperForm) -> WordingPack:
    assert one.sent is not None
    return service().catalogue.pack_by_hash(one.sent.pack)


def _submit(
    tx: Transaction,
    person: Participant,
    found: PaperVisit,
    instrument: Instrument,
    pack: WordingPack,
    typed: Typed,
    day: date,
) -> answer.Receipt:
    moment = enter_paper.moment_of(found.way, day, now())
    sent = Submission(
        response=asking.response_id(),
        instrument=instrument.id,
        version=instrument.version,
        language=pack.language,
        pack=pack.hash,
        mode="paper",
        helper=next((code for code in HELPERS if code == request.form.get("helper")), None),
        started_at=moment,
        finished_at=moment,
        answers=plain_answers.complete(instrument, typed.wire),
        completed_on=day,
        entered_by=account().login,
    )
    house = service()
    return answer.submit(
        tx, house.study, house.catalogue, person, found.stop.timepoint.id, sent, actor(), now()
    )


def _form_page(
    person: Participant,
    found: PaperVisit,
    one: PaperForm,
    pack: WordingPack,
    typed: Typed,
    *,
    day_fault: LazyString | None = None,
    judged: str | None = None,
    second: bool = False,
) -> str:
    return _page(
        "enter",
        person,
        found,
        one=one,
        pack=pack,
        packs=packs_of(one.instrument),
        typed=typed,
        day=request.form.get("completed_on", ""),
        day_fault=day_fault,
        judged=JUDGED[judged] if judged else None,
        stands=judged,
        left=paper_answers.left_empty(one.instrument, typed.wire) if judged else (),
        helper=request.form.get("helper", ""),
        helpers=HELPERS,
        response=asking.response_id(),
        allowed=paper_answers.allowed,
        second=second,
        body_map=body_map,
    )


def _page(name: str, person: Participant, found: PaperVisit, **more: Any) -> str:
    return render_template(
        f"paper/{name}.html",
        person=person,
        found=found,
        stop=found.stop,
        way=found.way,
        words=clinic_words,
        demonstration=asking.demonstration(_pack(person, one.instrument) for one in found.forms),
        **more,
    )


def _to(endpoint: str, person: Participant, found: PaperVisit, **more: Any) -> Response:
    where = {"study_number": person.study_number, "timepoint": found.stop.timepoint.id, **more}
    return redirect(url_for(endpoint, **where), 303)

"""Two entries of one form on paper side by side, settled by a choice for each item that differs."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import LazyString
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from pro_app.actions import correct, enter_paper, second_entry
from pro_app.actions.enter_paper import PaperForm, PaperVisit
from pro_app.actions.second_entry import Difference, SecondEntryRefused
from pro_app.errors import NotFound
from pro_app.instruments.definition import Item
from pro_app.records.corrections import ResponseChanged
from pro_app.records.participants import Participant
from pro_app.records.store import Transaction
from pro_app.web import asking, clinic_words, plain_answers
from pro_app.web.clinic_page import actor, person_of
from pro_app.web.current import now, service
from pro_app.web.guard import staff
from pro_app.web.paper_words import REFUSED
from pro_app.web.staff_roles import CORRECTORS, IDENTITY, READERS

blueprint = Blueprint(
    "second_look",
    __name__,
    url_prefix="/staff/participants/<study_number>/paper/<timepoint>/<instrument>/compare",
)
REASON = "source_check"
Answered = str | tuple[str, int] | Response


@blueprint.get("")
@staff(*READERS)
def compare(study_number: str, timepoint: str, instrument: str) -> Answered:
    with service().store.reading() as tx:
        person, found, one, differences = _found(tx, study_number, timepoint, instrument)
    return _page(person, found, one, differences)


@blueprint.post("/words")
@staff(*IDENTITY)
def words(study_number: str, timepoint: str, instrument: str) -> Answered:
    """The same with the person's own words, on this one answer."""
    with service().store.writing() as tx:
        person, found, one, differences = _found(tx, study_number, timepoint, instrument)
        assert one.second is not None
        second_entry.read_words(tx, person, one.second, differences, actor(), now())
    return _page(person, found, one, differences, revealed=True)


@blueprint.post("")
@staff(*CORRECTORS)
def settle(study_number: str, timepoint: str, instrument: str) -> Answered:
    """Where the second entry is right, the response is corrected; the first one is kept as what it was."""
    try:
        changed = _settle(study_number, timepoint, instrument)
    except (SecondEntryRefused, ResponseChanged) as refusal:
        fault = refusal.fault if isinstance(refusal, SecondEntryRefused) else "changed"
        with service().store.reading() as tx:
            person, found, one, differences = _found(tx, study_number, timepoint, instrument)
        return _page(
            person, found, one, differences, REFUSED[fault]
        ), 422 if fault == "choice_needed" else 409
    if changed:
        flash(_("The response is corrected as the paper says; scores and registry follow."), "good")
    else:
        flash(_("The first entry stays as it is."), "good")
    where: dict[str, Any] = {"study_number": study_number, "timepoint": timepoint}
    return redirect(url_for("paper_entry.start", **where), 303)


def _settle(study_number: str, timepoint: str, instrument: str) -> bool:
    """All of it or nothing; whether an answer was corrected."""
    house = service()
    with house.store.writing() as tx:
        person, _visit, one, differences = _found(tx, study_number, timepoint, instrument)
        entry = one.second
        assert entry is not None
        choices = {item.item.id: request.form.get(item.item.id, "") for item in differences}
        wish = second_entry.settle(tx, person, entry, differences, choices, actor(), now())
        if not wish:
            return False
        seen = correct.look(tx, house.catalogue, person, entry.response)
        whole, revision = {**seen.answers, **wish}, seen.stored.revision
        who, when, uuid = actor(), now(), entry.response
        correct.correct(tx, house.study, house.catalogue, person, uuid, revision, whole, REASON, who, when)
    return True


def _found(
    tx: Transaction, study_number: str, timepoint: str, instrument: str
) -> tuple[Participant, PaperVisit, PaperForm, tuple[Difference, ...]]:
    """Raises `NotFound` when nothing was entered twice."""
    person = person_of(tx, study_number)
    found = enter_paper.look(tx, service().study, service().catalogue, person, timepoint, now())
    one = found.form(instrument)
    if one.second is None:
        raise NotFound()
    return person, found, one, second_entry.differences(tx, one.instrument, one.second)


def _page(
    person: Participant,
    found: PaperVisit,
    one: PaperForm,
    differences: tuple[Difference, ...],
    fault: LazyString | None = None,
    *,
    revealed: bool = False,
) -> str:
    pack = asking.pack_for(one.instrument, person)

    def spoken(item: Item, answer: Mapping[str, object]) -> str:
        if item.kind == "text" and "value" in answer and not revealed:
            return _("kept sealed")
        return plain_answers.spoken(item, pack, answer)

    return render_template(
        "paper/compare.html",
        person=person,
        found=found,
        stop=found.stop,
        way=found.way,
        one=one,
        entry=one.second,
        differences=differences,
        pack=pack,
        spoken=spoken,
        has_words=not revealed and any(each.item.kind == "text" for each in differences),
        choices=request.form,
        fault=fault,
        words=clinic_words,
        demonstration=pack.demonstration,
    )

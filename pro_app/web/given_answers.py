"""What was answered at one visit: read in the words it was given to, or in the reader's language.

Free text stays sealed until somebody with identity rights asks for it, once, on the audit trail.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from pro_app import journey
from pro_app.actions import given
from pro_app.actions.given import Given
from pro_app.instruments.catalogue import NoWording
from pro_app.instruments.definition import Item
from pro_app.instruments.wording import WordingPack
from pro_app.journey import Journey
from pro_app.records.participants import Participant
from pro_app.records.store import Transaction
from pro_app.web import clinic_words, locale, plain_answers
from pro_app.web.clinic_page import actor, person_of
from pro_app.web.current import now, service
from pro_app.web.guard import staff
from pro_app.web.passport import MISSING
from pro_app.web.staff_roles import IDENTITY, READERS

blueprint = Blueprint(
    "given_answers", __name__, url_prefix="/staff/participants/<study_number>/answers/<timepoint>"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """One response as the page shows it. pack: the words shown, None when there are none of that version;
    lines: item, what was said, the code of it."""

    given: Given
    pack: WordingPack | None
    lines: tuple[tuple[Item, str, str], ...]

    @property
    def translated(self) -> bool:
        """Whether the words shown are not those it was answered in."""
        return self.pack is not None and self.pack.hash != self.given.response.pack


@blueprint.get("")
@staff(*READERS)
def show(study_number: str, timepoint: str) -> str:
    with service().store.reading() as tx:
        person, way, found = _found(tx, study_number, timepoint)
    return _page(person, way, timepoint, found)


@blueprint.post("")
@staff(*IDENTITY)
def reveal(study_number: str, timepoint: str) -> str:
    """Shows the person's own words on this one answer; the trail has it before it is sent."""
    with service().store.writing() as tx:
        person, way, found = _found(tx, study_number, timepoint)
        found = given.own_words(tx, person, found, actor(), now())
    return _page(person, way, timepoint, found, revealed=True)


def _found(
    tx: Transaction, study_number: str, timepoint: str
) -> tuple[Participant, Journey, tuple[Given, ...]]:
    person = person_of(tx, study_number)
    way = journey.of(tx, service().study, person, now())
    way.at(timepoint)
    return person, way, given.given(tx, service().catalogue, person, timepoint)


def _page(
    person: Participant, way: Journey, timepoint: str, found: tuple[Given, ...], *, revealed: bool = False
) -> str:
    own = request.args.get("words") == "own"
    return render_template(
        "clinic/answers.html",
        person=person,
        way=way,
        stop=way.at(timepoint),
        readings=[_reading(one, own) for one in found],
        own=own,
        revealed=revealed,
        words=clinic_words,
    )


def _reading(one: Given, own: bool) -> Reading:
    pack = one.pack if own else _readers_pack(one)
    lines = tuple(
        (item, spoken(item, pack, one.answers[item.id]), code(item, one.answers[item.id]))
        for item in one.instrument.items
        if item.id in one.answers
    )
    return Reading(one, pack, lines)


def _readers_pack(one: Given) -> WordingPack | None:
    """The words of the page's language; where it has none for this version, those it was answered in."""
    try:
        pack = service().catalogue.pack(one.instrument.id, locale.language())
    except NoWording:
        return one.pack
    same = pack.version == one.response.version and pack.language != one.response.language
    return pack if same or one.pack is None else one.pack


def spoken(item: Item, pack: WordingPack | None, answer: Mapping[str, object]) -> str:
    """The answer in words; why there is none by its name."""
    if "missing" in answer:
        reason = str(answer["missing"])
        return str(MISSING.get(reason, reason))
    if "sealed" in answer:
        return str(_("kept sealed"))
    if pack is None or item.id not in pack.items:
        return str(answer["value"])
    return plain_answers.spoken(item, pack, answer)


def code(item: Item, answer: Mapping[str, object]) -> str:
    """The code, where the words are not the code already."""
    value = answer.get("value")
    return str(int(value)) if item.kind in ("choice", "yes_no") and isinstance(value, int) else ""

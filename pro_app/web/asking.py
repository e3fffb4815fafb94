"""What interview and paper have in common: whose visit, in which words, and whether anything may be kept."""

from collections.abc import Iterable, Mapping
from uuid import UUID, uuid4

from flask import flash, render_template, request
from flask_babel import gettext

from pro_app.actions import visit
from pro_app.instruments.definition import Instrument
from pro_app.instruments.inviting import unworded
from pro_app.instruments.wording import WordingPack
from pro_app.journey import Stop
from pro_app.records.participants import Participant
from pro_app.web import locale
from pro_app.web.current import service

LONGEST_TAG = 20


def languages(instrument: Instrument) -> list[str]:
    """The study's languages that this instrument has words in."""
    known = service().catalogue.languages(instrument.id)
    return [tag for tag in service().study.languages if tag in known]


def pack_for(instrument: Instrument, person: Participant, *, begun_in: str | None = None) -> WordingPack:
    """The words it is asked in: as chosen on the page, as begun, in the participant's own language, or any.

    Raises `NoWording` when it has none.
    """
    known = languages(instrument)
    wishes = (request.values.get("words", "")[:LONGEST_TAG], begun_in, person.language)
    found = next((tag for tag in wishes if tag and tag in known), None)
    fallback = known[0] if known else person.language
    return service().catalogue.pack(instrument.id, found or fallback)


def page_words() -> str:
    """The language chosen by `?words=`, else the page's own."""
    return request.args.get("words", "")[:LONGEST_TAG] or locale.language()


def worded(stop: Stop) -> bool:
    """Whether the visit may be asked at all: in production never in demonstration wording."""
    house = service()
    return house.settings.demo or not unworded(house.catalogue, [stop.timepoint])


def response_id() -> str:
    """The id that came with the page, so that two presses are one."""
    try:
        return str(UUID(request.form.get("response", "")))
    except ValueError:
        return str(uuid4())


def tell_if_worrying(instrument: Instrument, answers: Mapping[str, object]) -> None:
    """Say at once that somebody has to look, rather than when the list of alerts is opened."""
    if visit.worrying(service().study, instrument, answers):
        flash(gettext("One of these answers needs somebody today. Look at it before you go on."), "alert")


def no_wording(person: Participant) -> tuple[str, int]:
    return render_template("interview/no_wording.html", person=person), 409


def demonstration(packs: Iterable[WordingPack]) -> bool:
    """Whether any of these words are only the program's own."""
    return any(pack.demonstration for pack in packs)

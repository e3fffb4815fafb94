"""The body diagram over time as small multiples: one drawing a visit, with what it shows in words."""

from dataclasses import dataclass

from flask_babel import gettext as _

from pro_app.actions.participant_details import Bodies, Body
from pro_app.errors import NotFound
from pro_app.instruments.wording import WordingPack
from pro_app.journey import Journey
from pro_app.web import locale
from pro_app.web.clinic_page import in_words
from pro_app.web.current import service
from pro_app.web.passport import MISSING


@dataclass(frozen=True, slots=True)
class Small:
    """One visit's drawing. said: in words, for those who hear it and beneath the drawing; drawn: whether
    there is an answer to draw."""

    label: str
    regions: frozenset[str]
    worst: str | None
    said: str
    drawn: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One item's drawings over the visits."""

    id: str
    name: str
    visits: tuple[Small, ...]


def rows(found: tuple[Bodies, ...], way: Journey) -> list[Row]:
    """What the page draws; visits that are still to come are left out."""
    return [
        Row(
            f"{one.instrument}-{one.item}",
            service().catalogue.instrument(one.instrument).name,
            tuple(
                small
                for visit in one.visits
                if (small := _small(visit, way, _pack(one.instrument, one.pack))) is not None
            ),
        )
        for one in found
    ]


def _pack(instrument: str, digest: str) -> WordingPack:
    """The names of places in the reader's language, else as they were asked, else in any."""
    catalogue = service().catalogue
    try:
        return catalogue.pack(instrument, locale.language())
    except NotFound:
        pass
    return catalogue.pack_if_known(digest) or catalogue.active_packs(instrument)[0]


def _small(visit: Body, way: Journey, pack: WordingPack) -> Small | None:
    stop = way.at(visit.timepoint)
    label = in_words(stop.timepoint.short_label)
    if visit.regions is None:
        if visit.missing is None and not stop.assessment.state.missing:
            return None
        said = str(MISSING.get(visit.missing, visit.missing)) if visit.missing else _("no form")
        return Small(label, frozenset(), None, said, False)
    if not visit.regions:
        return Small(label, frozenset(), None, _("Nothing hurts"), True)
    return Small(label, frozenset(visit.regions), visit.worst, _said(visit, pack), True)


def _said(visit: Body, pack: WordingPack) -> str:
    """The places, the worst one first and named as such."""
    assert visit.regions is not None
    places = sorted(visit.regions, key=lambda place: place != visit.worst)
    names = [
        _("%(place)s (hurts most)", place=pack.regions.get(place, place))
        if place == visit.worst
        else pack.regions.get(place, place)
        for place in places
    ]
    return str(_(", ")).join(names)

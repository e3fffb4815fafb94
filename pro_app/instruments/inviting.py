"""Who may be invited in production: nobody to a visit whose questionnaires have only our own words."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from pro_app.instruments.catalogue import Catalogue

# What a delivery that is not sent for this says; its sentence is in `sentences.about_messages`.
NO_WORDING = "held_no_wording"


class Asks(Protocol):
    """A timepoint, as far as it matters here."""

    @property
    def id(self) -> str: ...

    @property
    def instruments(self) -> tuple[str, ...]: ...


def unworded(catalogue: Catalogue, timepoints: Iterable[Asks]) -> frozenset[str]:
    """Ids of the timepoints whose instruments share no language with the owner's wording.

    In production nobody is invited to these. In a demonstration the question is not asked.
    """
    return frozenset(one.id for one in timepoints if not catalogue.licensed_languages(one.instruments))


def without_demonstration(catalogue: Catalogue) -> Catalogue:
    """What a study in production shows: where an instrument has the owner's wording, only that is offered.

    An instrument that has none keeps its marked demonstration wording, so that every page can still be
    looked at; `unworded` sees to it that nobody is invited to it. Every pack stays reachable by its hash.
    """
    shown: Mapping[tuple[str, str], str] = {
        (pack.instrument, pack.language): pack.hash
        for name in catalogue.instruments
        for pack in catalogue.active_packs(name)
        if not pack.demonstration or not catalogue.licensed_languages([name])
    }
    return Catalogue(catalogue.instruments, catalogue.packs, shown)

"""What holds for all files of one export: the study, the language of labels, the day, what was chosen.

Texts come from outside as `Words`: this room knows which sentence it wants and no language.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pro_app.exports import labels
from pro_app.instruments.catalogue import Catalogue, NoWording
from pro_app.instruments.definition import Instrument, Item
from pro_app.instruments.wording import ItemWording, WordingPack
from pro_app.records.data_locks import DataLock
from pro_app.schedule.elements import Study

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Words:
    """Our own texts in one language: `texts` by their English, `scales` by the scale's code."""

    language: str
    texts: Mapping[str, str]
    scales: Mapping[str, str]

    def say(self, english: str) -> str:
        return self.texts.get(english) or english

    def scale(self, code: str) -> str:
        return self.scales.get(code, code)


@dataclass(frozen=True, slots=True)
class Edition:
    """One export.

    arms: whether the treatment arm may be in it; the caller has asked for the right.
    kept: visit and instrument of everything that is stored, also what the study no longer asks.
    excuses: every reason that staff have put on record for a missing form, also those no longer listed.
    locks: what is locked while the export is made.
    """

    study: Study
    catalogue: Catalogue
    words: Words
    as_of: datetime
    sites: tuple[str, ...]
    timepoints: tuple[str, ...]
    arms: bool
    release: str
    kept: frozenset[tuple[str, str]] = frozenset()
    excuses: frozenset[str] = frozenset()
    locks: tuple[DataLock, ...] = ()

    @property
    def language(self) -> str:
        return self.words.language

    @property
    def stamp(self) -> datetime:
        """The start of the day, UTC, for file headers: the same data on the same day gives the same bytes."""
        return self.as_of.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """What the study asks, in its order, then what it no longer asks but has answers to."""
        asked = [name for timepoint in self.study.timepoints for name in timepoint.instruments]
        names = dict.fromkeys([*asked, *sorted(name for _, name in self.kept)])
        return tuple(self.catalogue.instrument(name) for name in names)

    @property
    def visits(self) -> dict[str, str]:
        """The label of every visit, in the study's order, then those that are no longer planned."""
        planned = {one.id: self.text(one.label) for one in self.study.timepoints}
        return planned | {one: one for one, _ in sorted(self.kept) if one not in planned}

    @property
    def reasons(self) -> dict[str, str]:
        """Why a form may be missing, in words: our own reasons, the study's, and older ones as they are."""
        found = {code: self.words.say(text) for code, text in labels.REASONS.items()}
        for one in self.study.missing_reasons:
            found.setdefault(one.id, self.text(one.label))
        for code in sorted(self.excuses):
            found.setdefault(code, code)
        return found

    def wording(self, instrument: Instrument, item: Item) -> ItemWording | None:
        """The words of an item, if an export may carry them: only our own demonstration wording.

        The owners' sentences are licensed for showing, not for copying into data files.
        """
        pack = self._own_words(instrument)
        return pack.items[item.id] if pack else None

    def region_names(self, instrument: Instrument) -> dict[str, str]:
        """The body regions by id, in words where an export may carry them."""
        pack = self._own_words(instrument)
        return {region: (pack.regions[region] if pack else "") or region for region in instrument.region_ids}

    def _own_words(self, instrument: Instrument) -> WordingPack | None:
        try:
            pack = self.catalogue.pack(instrument.id, self.language)
        except NoWording:
            return None
        return pack if pack.demonstration else None

    def text(self, texts: Mapping[str, str]) -> str:
        """A text of the study file in the language of this export."""
        return texts.get(self.language) or next(iter(texts.values()))

"""Everything the program can ask: the instruments and their wording packs, read once at start."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from pro_app.errors import DataFileError, NotFound
from pro_app.instruments.definition import Instrument
from pro_app.instruments.definition_file import load_definition
from pro_app.instruments.installed import load_installed
from pro_app.instruments.wording import WordingPack
from pro_app.instruments.wording_file import load_demonstration


class UnknownInstrument(NotFound):
    """No definition has this id; params: instrument, known."""

    code = "instrument_unknown"


class NoWording(NotFound):
    """The instrument has no wording in this language; params: instrument, language."""

    code = "pack_missing"


class UnknownPack(NotFound):
    """No pack has this hash; params: hash."""

    code = "pack_unknown"


class Catalogue:
    """The instruments by id, and for each language the pack that is shown to new respondents.

    An installed pack goes before demonstration wording. All packs stay reachable by their hash,
    because a response keeps the one it was answered in.
    """

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        packs: tuple[WordingPack, ...],
        active: Mapping[tuple[str, str], str],
    ) -> None:
        self.instruments = instruments
        self.packs = packs
        self._active = active
        self._by_hash = {pack.hash: pack for pack in packs}

    def instrument(self, instrument_id: str) -> Instrument:
        """Raises `UnknownInstrument` when there is none of this id."""
        if instrument_id not in self.instruments:
            raise UnknownInstrument(instrument=instrument_id, known=", ".join(self.instruments))
        return self.instruments[instrument_id]

    def pack(self, instrument_id: str, language: str) -> WordingPack:
        """The pack in which the instrument is shown now. Raises `NoWording` when there is none."""
        digest = self._active.get((instrument_id, language))
        if digest is None:
            raise NoWording(instrument=instrument_id, language=language)
        return self._by_hash[digest]

    def pack_by_hash(self, digest: str) -> WordingPack:
        """Raises `UnknownPack` when no pack has this hash."""
        if digest not in self._by_hash:
            raise UnknownPack(hash=digest)
        return self._by_hash[digest]

    def pack_if_known(self, digest: str) -> WordingPack | None:
        """As `pack_by_hash`, for words of the past that may not be installed any more."""
        return self._by_hash.get(digest)

    def showing(self, pack: WordingPack) -> "Catalogue":
        """A catalogue in which this pack is the active one of its instrument and language."""
        active = {**self._active, (pack.instrument, pack.language): pack.hash}
        return Catalogue(self.instruments, self.packs, active)

    def active_packs(self, instrument_id: str) -> tuple[WordingPack, ...]:
        """The active pack of each language, in the order of `languages`."""
        return tuple(self.pack(instrument_id, language) for language in self.languages(instrument_id))

    def licensed_languages(self, instrument_ids: Iterable[str]) -> tuple[str, ...]:
        """The languages in which every one of the instruments has the owner's wording.

        In production only these may be offered, and nobody is invited when there are none.
        """
        sets = [
            {pack.language for pack in self.active_packs(each) if not pack.demonstration}
            for each in instrument_ids
        ]
        return tuple(sorted(set.intersection(*sets))) if sets else ()

    def languages(self, instrument_id: str) -> tuple[str, ...]:
        """The languages in which the instrument can be shown, in alphabetical order."""
        return tuple(sorted(language for known, language in self._active if known == instrument_id))


def load_instrument(questionnaires_dir: Path, instrument_id: str) -> Instrument:
    """Read one definition without the wording.

    Raises `UnknownInstrument`, or `DataFileError` with every fault of the file.
    """
    known = {path.parent.name: path for path in sorted(questionnaires_dir.glob("*/definition.toml"))}
    if instrument_id not in known:
        raise UnknownInstrument(instrument=instrument_id, known=", ".join(known))
    return load_definition(known[instrument_id])


def load_catalogue(questionnaires_dir: Path, packs_dir: Path | None = None) -> Catalogue:
    """Read every `<id>/definition.toml`, its demonstration wording, and the installed packs.

    packs_dir: the instance's `wording` folder; it need not exist.

    Raises `DataFileError` listing every fault of every file with its line; a pack whose bytes
    are not those that were installed is such a fault.
    """
    faults: list[DataFileError] = []
    instruments: dict[str, Instrument] = {}
    packs: list[WordingPack] = []
    active: dict[tuple[str, str], str] = {}
    for path in sorted(questionnaires_dir.glob("*/definition.toml")):
        try:
            instrument = load_definition(path)
        except DataFileError as fault:
            faults.append(fault)
            continue
        instruments[instrument.id] = instrument
        for wording in sorted(path.parent.glob("wording.*.toml")):
            try:
                packs.append(load_demonstration(wording, instrument))
            except DataFileError as fault:
                faults.append(fault)
    for pack in packs:
        active[pack.instrument, pack.language] = pack.hash
    if packs_dir is not None and packs_dir.is_dir():
        try:
            installed, chosen = load_installed(packs_dir, instruments)
            packs.extend(installed)
            active.update(chosen)
        except DataFileError as fault:
            faults.append(fault)
    if not instruments and not faults:
        raise DataFileError(file=str(questionnaires_dir), count=1, faults="there is no definition.toml in it")
    if faults:
        raise _together(questionnaires_dir, faults)
    return Catalogue(instruments, tuple(packs), active)


def _together(folder: Path, faults: list[DataFileError]) -> DataFileError:
    """One error for all files, each line with the instrument's folder in front."""
    lines = []
    for fault in faults:
        file = Path(str(fault.params["file"]))
        where = file.parent.name if file.parent != folder else ""
        lines += [f"{where}/{line}".lstrip("/") for line in str(fault.params["faults"]).splitlines()]
    return DataFileError(file=str(folder), count=len(lines), faults="\n".join(lines))

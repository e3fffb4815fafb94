"""A catalogue in which a hospital has installed the owner's wording; the words themselves are stand-ins."""

from pro_app.instruments.catalogue import Catalogue
from pro_app.instruments.wording import PackLabel, WordingPack, build_pack


def licensed(catalogue: Catalogue, *where: tuple[str, str]) -> Catalogue:
    """`catalogue` with an installed pack for each instrument and language of `where`, shown at once."""
    packs = [_pack(catalogue, instrument, language) for instrument, language in where]
    found = Catalogue(
        catalogue.instruments,
        (*catalogue.packs, *packs),
        {
            (pack.instrument, pack.language): pack.hash
            for name in catalogue.instruments
            for pack in catalogue.active_packs(name)
        },
    )
    for pack in packs:
        found = found.showing(pack)
    return found


def _pack(catalogue: Catalogue, instrument: str, language: str) -> WordingPack:
    definition = catalogue.instrument(instrument)
    texts = catalogue.pack(instrument, "en").texts
    return build_pack(definition, PackLabel(definition.version, language, False, "v1", "LIC-1"), texts)

"""Wording packs: the words of one instrument in one language, and the hash that locks them.

On disk a pack is a flat list of texts by key (`title`, `recall.past_week`, `answers.four.1`,
`items.q1.question`); `build_pack` puts them together with the definition. The hash covers every
text and who it belongs to, so that a response can name exactly the words it was given to.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pro_app import json_text
from pro_app.instruments import language as languages
from pro_app.instruments.definition import Instrument, Item


@dataclass(frozen=True, slots=True)
class ItemWording:
    """The words of one item.

    labels: for `choice` and `yes_no` the label of every code; empty for other kinds.
    low_end, high_end: for `nrs` and `percent` the names of the first and the last code.
    """

    question: str
    labels: Mapping[int, str]
    low_end: str = ""
    high_end: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class WordingPack:
    """One instrument's words in one language.

    id: instrument, language and the start of the hash; readable, for file names and lists.
    hash: sha256 (64 hex digits) over everything the pack says.
    demonstration: our own words, not the owner's: never for data collection.
    owner_version, licence: what the owner calls this text, and the right to use it.
    """

    id: str
    instrument: str
    version: str
    language: str
    hash: str
    demonstration: bool
    owner_version: str
    licence: str
    title: str
    intro: str
    copyright: str
    recall: Mapping[str, str]
    items: Mapping[str, ItemWording]
    regions: Mapping[str, str]
    texts: Mapping[str, str]

    @property
    def direction(self) -> str:
        """`rtl` or `ltr`."""
        return languages.direction(self.language)


@dataclass(frozen=True, slots=True)
class PackLabel:
    """Whose words they are, apart from the words themselves.

    version: the version of the instrument that they belong to.
    """

    version: str
    language: str
    demonstration: bool
    owner_version: str
    licence: str


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a text in a pack of an instrument; `about` says in English what goes there."""

    key: str
    required: bool
    about: str


def slots(instrument: Instrument) -> Iterator[Slot]:
    """Every text that a pack of this instrument can have, in the order of the questionnaire."""
    yield Slot("title", True, "title shown to the patient")
    yield Slot("intro", False, "instruction above the first question")
    yield Slot("copyright", False, "copyright line the owner asks for")
    for period in instrument.recall.values():
        yield Slot(f"recall.{period.id}", True, f"recall period of {period.hours} hours")
    seen: set[str] = set()
    for item in instrument.items:
        if item.answers not in seen:
            seen.add(item.answers)
            yield from _answer_slots(f"answers.{item.answers}", item, required=True)
    for item in instrument.items:
        yield Slot(f"items.{item.id}.question", True, f"question {item.number}")
        yield Slot(f"items.{item.id}.hint", False, f"hint under question {item.number}")
        yield from _answer_slots(f"items.{item.id}", item, required=False)
    for region in instrument.regions:
        yield Slot(f"regions.{region.id}", True, f"body region, {region.side}")


def _answer_slots(prefix: str, item: Item, *, required: bool) -> Iterator[Slot]:
    own = "" if required else f", only where question {item.number} differs"
    if item.kind in ("choice", "yes_no"):
        for code in item.codes:
            yield Slot(f"{prefix}.{code}", required, f"label of answer {code}{own}")
    elif item.kind in ("nrs", "percent"):
        yield Slot(f"{prefix}.low", required, f"name of the end at {item.codes[0]}{own}")
        yield Slot(f"{prefix}.high", required, f"name of the end at {item.codes[-1]}{own}")


def build_pack(instrument: Instrument, label: PackLabel, texts: Mapping[str, str]) -> WordingPack:
    """Put texts and definition together.

    texts: text by slot key; a required one that is missing is shown as empty, so that an
      unfinished pack can be looked at. `wording_check.check` lists what is missing.
    """
    digest = content_hash(instrument, label, texts)
    return WordingPack(
        id=f"{instrument.id}.{label.language}.{digest[:12]}",
        instrument=instrument.id,
        version=label.version,
        language=label.language,
        hash=digest,
        demonstration=label.demonstration,
        owner_version=label.owner_version,
        licence=label.licence,
        title=texts.get("title", ""),
        intro=texts.get("intro", ""),
        copyright=texts.get("copyright", ""),
        recall={name: texts.get(f"recall.{name}", "") for name in instrument.recall},
        items={item.id: _item_wording(item, texts) for item in instrument.items},
        regions={name: texts.get(f"regions.{name}", "") for name in instrument.region_ids},
        texts=dict(texts),
    )


def _item_wording(item: Item, texts: Mapping[str, str]) -> ItemWording:
    def answer(part: str) -> str:
        """The item's own text, else the one of its set of answers."""
        return texts.get(f"items.{item.id}.{part}") or texts.get(f"answers.{item.answers}.{part}", "")

    labelled = item.kind in ("choice", "yes_no")
    return ItemWording(
        question=texts.get(f"items.{item.id}.question", ""),
        labels={code: answer(str(code)) for code in item.codes} if labelled else {},
        low_end=answer("low"),
        high_end=answer("high"),
        hint=texts.get(f"items.{item.id}.hint", ""),
    )


def pack_bytes(instrument: Instrument, label: PackLabel, texts: Mapping[str, str]) -> bytes:
    """The pack as it is stored and hashed: JSON with sorted keys, no spaces, UTF-8."""
    content = {
        "demonstration": label.demonstration,
        "instrument": instrument.id,
        "language": label.language,
        "licence": label.licence,
        "owner_version": label.owner_version,
        "texts": {key: text for key, text in texts.items() if text},
        "version": label.version,
    }
    return json_text.canonical(content).encode()


def content_hash(instrument: Instrument, label: PackLabel, texts: Mapping[str, str]) -> str:
    """The sha256 of `pack_bytes`, 64 hex digits."""
    return hashlib.sha256(pack_bytes(instrument, label, texts)).hexdigest()

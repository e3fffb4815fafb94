"""Looking through a filled-in template for what a person would overlook."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pro_app.instruments import scripts
from pro_app.instruments.definition import Instrument, Item
from pro_app.instruments.language import script as language_script
from pro_app.instruments.template import FilledIn
from pro_app.instruments.wording import WordingPack, slots

LONGEST_LABEL = 60
LONGEST_QUESTION = 400
# Invisible signs that spreadsheets and word processors leave behind.
_INVISIBLE = {
    "\u00a0",
    "\u200b",
    "\u200c",
    "\u200d",
    "\u2060",
    "\ufeff",
    "\u00ad",
    "\u3000",
    "\t",
    "\r",
    "\n",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to look at. Only a finding that is `serious` keeps the wording from being installed.

    row: the row in the file, 0 for a text that has none.
    """

    row: int
    key: str
    serious: bool
    what: str


def check(
    instrument: Instrument, filled: FilledIn, demonstration: Iterable[WordingPack] = ()
) -> list[Finding]:
    """Every finding, in the order of the file.

    demonstration: our own wording, which must not come back under the owner's name.
    """
    found = [*_whole_file(instrument, filled), *_ours(instrument, filled, demonstration)]
    known = {slot.key: slot.required for slot in slots(instrument)}
    for key in filled.twice:
        found.append(_serious(filled, key, "is there twice"))
    for key, required in known.items():
        if required and not filled.texts.get(key, "").strip():
            found.append(_serious(filled, key, "is missing"))
    for key, text in filled.texts.items():
        if key not in known:
            found.append(_serious(filled, key, f"is no text of {instrument.id}: check the item and the code"))
        else:
            found.extend(_one_text(filled, key, text))
    for item in instrument.items:
        found.extend(_labels(item, filled))
    return sorted(found, key=lambda finding: finding.row)


def _serious(filled: FilledIn, key: str, what: str) -> Finding:
    return Finding(filled.rows.get(key, 0), key, True, what)


def _note(filled: FilledIn, key: str, what: str) -> Finding:
    return Finding(filled.rows.get(key, 0), key, False, what)


def _whole_file(instrument: Instrument, filled: FilledIn) -> Iterator[Finding]:
    for key, own, given in (
        ("instrument", instrument.id, filled.instrument),
        ("version", instrument.version, filled.version),
    ):
        if own != given:
            yield _serious(filled, key, f"is {given!r}, but this is {own!r}")
    found = scripts.likely_language(filled.texts.values())
    wanted = filled.language.split("-")[0]
    if found is not None and found != wanted and scripts.expected(filled.language) == {"Latn"}:
        yield _serious(filled, "language", f"is {filled.language}, but the texts look like {found}")
    other = _other_chinese("".join(filled.texts.values()), filled.language)
    if other is not None and len(other[1]) > 0.05 * other[2]:
        yield _serious(filled, "language", f"is {filled.language}, but much of it is {other[0]} Chinese")


def _ours(instrument: Instrument, filled: FilledIn, packs: Iterable[WordingPack]) -> Iterator[Finding]:
    keys = [f"items.{item}.question" for item in instrument.item_ids]
    for pack in packs:
        same = [key for key in keys if filled.texts.get(key) and filled.texts[key] == pack.texts.get(key)]
        if len(same) * 2 > len(keys):
            yield _serious(
                filled, same[0], f"and {len(same) - 1} more are our demonstration wording ({pack.language})"
            )


def _one_text(filled: FilledIn, key: str, text: str) -> Iterator[Finding]:
    if text != text.strip():
        yield _serious(filled, key, "begins or ends with a space or an empty line")
    inside = text.strip()
    odd = sorted({unicodedata.name(sign, f"sign U+{ord(sign):04X}") for sign in inside if sign in _INVISIBLE})
    if odd:
        yield _serious(filled, key, "has invisible signs or line breaks: " + ", ".join(odd).lower())
    if "  " in inside:
        yield _serious(filled, key, "has two spaces in a row")
    if inside != unicodedata.normalize("NFC", inside):
        yield _serious(filled, key, "has letters composed of parts; save it in Unicode form NFC")
    longest = LONGEST_QUESTION if key.endswith((".question", ".hint")) or "." not in key else LONGEST_LABEL
    if len(inside) > longest:
        yield _note(filled, key, f"is {len(inside)} signs long; look at it on a phone")
    yield from _script(filled, key, inside)


def _script(filled: FilledIn, key: str, text: str) -> Iterator[Finding]:
    wanted = scripts.expected(filled.language)
    found = scripts.scripts_in(text)
    if not found or wanted is None:
        return
    foreign = {name: count for name, count in found.items() if name not in wanted}
    if not wanted & set(found):
        yield _serious(filled, key, f"has no letter of {filled.language}: is it the wrong language?")
    elif set(foreign) == {"Latn"}:
        yield _note(filled, key, "has Latin letters among others; a name, or a slip?")
    elif foreign:
        yield _serious(filled, key, "mixes scripts: " + ", ".join(sorted(found)))
    if wanted == {"Hani"}:
        yield from _chinese(filled, key, text)


def _chinese(filled: FilledIn, key: str, text: str) -> Iterator[Finding]:
    """Only notes: a rare character can be missing from a character set and yet be right."""
    other = _other_chinese(text, filled.language)
    if other is not None and other[1]:
        yield _note(filled, key, f"has characters that only {other[0]} Chinese commonly uses: {other[1]}")


def _other_chinese(text: str, language: str) -> tuple[str, str, int] | None:
    """The other way to write Chinese, its characters in the text, and how many Han characters there are.

    None for a tag that names neither Hans nor Hant.
    """
    simplified, traditional = scripts.chinese_variant(text)
    count = scripts.scripts_in(text)["Hani"]
    if language_script(language) == "Hant":
        return "simplified", simplified, count
    if language_script(language) == "Hans":
        return "traditional", traditional, count
    return None


def _labels(item: Item, filled: FilledIn) -> Iterator[Finding]:
    """Two answers with the same label can't be told apart."""
    if item.kind not in ("choice", "yes_no"):
        return
    seen: dict[str, int] = {}
    for code in item.codes:
        key, text = _label(item, str(code), filled.texts)
        if text and text in seen:
            yield _serious(filled, key, f"has the same label as answer {seen[text]}: {text}")
        seen.setdefault(text, code)


def _label(item: Item, part: str, texts: Mapping[str, str]) -> tuple[str, str]:
    own, shared = f"items.{item.id}.{part}", f"answers.{item.answers}.{part}"
    return (own, texts[own]) if own in texts else (shared, texts.get(shared, ""))

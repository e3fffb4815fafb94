"""Reading the demonstration wording that ships beside a definition: `wording.<language>.toml`."""

from pathlib import Path
from typing import Any

from pro_app.datafile import read_toml
from pro_app.instruments.definition import Instrument
from pro_app.instruments.language import NotALanguage, normal
from pro_app.instruments.table import Table
from pro_app.instruments.wording import PackLabel, WordingPack, build_pack, slots

_HEAD = ("instrument", "version", "language", "owner_version", "licence")


def load_demonstration(path: Path, instrument: Instrument) -> WordingPack:
    """Read one wording file of ours; it is always demonstration wording.

    Raises `DataFileError` with every fault: a text that is missing, unknown, empty or no text,
    another instrument or version, a language that is none.
    """
    file = read_toml(path)
    top = Table(file, file.data)
    head = {key: top.text(key, "" if key == "licence" else None) for key in _HEAD}
    for key, own in (("instrument", instrument.id), ("version", instrument.version)):
        if head[key] != own:
            top.fault(f"{key} is {head[key]!r}, but the definition says {own!r}", key)
    language = _language(top, head["language"])
    texts: dict[str, str] = {}
    _flatten({key: value for key, value in file.data.items() if key not in _HEAD}, (), texts, top)
    known = {slot.key: slot.required for slot in slots(instrument)}
    for key in texts:
        if key not in known:
            top.fault(f"{key} is no text of {instrument.id}", *key.split("."))
    for key, required in known.items():
        if required and not texts.get(key):
            top.fault(f"{key} is missing", *key.split("."))
    file.finish()
    label = PackLabel(instrument.version, language, True, head["owner_version"], head["licence"])
    return build_pack(instrument, label, texts)


def _language(top: Table, tag: str) -> str:
    try:
        return normal(tag)
    except NotALanguage:
        top.fault(f"language {tag!r} is no BCP 47 code", "language")
        return tag


def _flatten(data: dict[str, Any], path: tuple[str, ...], into: dict[str, str], top: Table) -> None:
    for key, value in data.items():
        place = (*path, key)
        if isinstance(value, dict):
            _flatten(value, place, into, top)
        elif isinstance(value, str) and value == value.strip() and value:
            into[".".join(place)] = value
        else:
            top.fault(
                f"{'.'.join(place)} is {value!r}, but a text without spaces around it is needed", *place
            )

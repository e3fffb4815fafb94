"""The wording packs that a site installed: kept in the instance's data, hashed and locked.

A pack is one file, `<hash>.json`, whose name is the sha256 of its bytes. `packs.json` lists what
was installed, when, and which pack of each instrument and language is shown to new respondents.
Nothing is ever deleted: a response keeps the pack that it was answered in.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from pro_app.errors import DataFileError, ProAppError
from pro_app.instruments.definition import Instrument
from pro_app.instruments.wording import PackLabel, WordingPack, build_pack, pack_bytes

LIST = "packs.json"


class AlreadyInstalled(ProAppError):
    """The very same wording is there already; params: hash."""

    code = "pack_already_installed"


class NotInstalled(ProAppError):
    """No installed pack has a hash that begins so, or several have; params: hash."""

    code = "pack_not_installed"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list of installed packs; `installed_at` is UTC, ISO 8601."""

    hash: str
    instrument: str
    version: str
    language: str
    owner_version: str
    licence: str
    installed_at: str
    active: bool


def load_installed(
    packs_dir: Path, instruments: Mapping[str, Instrument]
) -> tuple[list[WordingPack], dict[tuple[str, str], str]]:
    """The installed packs, and which one is active for each instrument and language.

    A pack of another version of the instrument stays readable, and is never active.

    Raises `DataFileError` with every fault: a pack that is missing, whose bytes changed, that
    nobody installed, or that belongs to no instrument.
    """
    faults: list[str] = []
    packs: list[WordingPack] = []
    active: dict[tuple[str, str], str] = {}
    entries = read_entries(packs_dir)
    for stray in sorted(
        {path.stem for path in packs_dir.glob("*.json")} - {e.hash for e in entries} - {"packs"}
    ):
        faults.append(f"{stray}.json: nobody installed this file; move it away and use `wording install`")
    for entry in entries:
        instrument = instruments.get(entry.instrument)
        if instrument is None:
            faults.append(f"{LIST}: there is no instrument {entry.instrument}")
            continue
        try:
            packs.append(_load(packs_dir, entry, instrument))
        except ValueError as fault:
            faults.append(f"{entry.hash}.json: {fault}")
        if entry.active and entry.version == instrument.version:
            active[entry.instrument, entry.language] = entry.hash
    if faults:
        raise DataFileError(file=str(packs_dir / LIST), count=len(faults), faults="\n".join(faults))
    return packs, active


def read_entries(packs_dir: Path) -> list[Entry]:
    """The list of installed packs, oldest first; empty when there is none yet.

    Raises `DataFileError` when it is not what was written.
    """
    path = packs_dir / LIST
    if not path.exists():
        return []
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [Entry(**row) for row in rows]
    except (ValueError, TypeError) as fault:
        raise DataFileError(
            file=str(path), count=1, faults=f"{LIST}: not the list of installed packs ({fault})"
        ) from fault


def install(
    packs_dir: Path,
    instrument: Instrument,
    label: PackLabel,
    texts: Mapping[str, str],
    *,
    now: datetime,
    activate: bool = True,
) -> Entry:
    """Store a checked pack and lock it; `activate` shows it to new respondents from the next start.

    Raises `AlreadyInstalled`, or `DataFileError` when the list can't be read.
    """
    content = pack_bytes(instrument, label, texts)
    digest = hashlib.sha256(content).hexdigest()
    entries = read_entries(packs_dir)
    if any(entry.hash == digest for entry in entries):
        raise AlreadyInstalled(hash=digest)
    entry = Entry(
        hash=digest,
        instrument=instrument.id,
        version=label.version,
        language=label.language,
        owner_version=label.owner_version,
        licence=label.licence,
        installed_at=now.isoformat(timespec="seconds"),
        active=activate,
    )
    packs_dir.mkdir(parents=True, exist_ok=True)
    # The pack first: a list that names a missing pack would stop the next start.
    _write(packs_dir / f"{digest}.json", content)
    if activate:
        entries = [_passive(other) if _same_place(other, entry) else other for other in entries]
    _write_entries(packs_dir, [*entries, entry])
    return entry


def activate(packs_dir: Path, beginning: str) -> Entry:
    """Show an installed pack to new respondents again, from the next start.

    beginning: the hash, or enough of it. Raises `NotInstalled`.
    """
    entries = read_entries(packs_dir)
    found = [entry for entry in entries if beginning and entry.hash.startswith(beginning)]
    if len(found) != 1:
        raise NotInstalled(hash=beginning)
    chosen = replace(found[0], active=True)
    others = [_passive(other) if _same_place(other, chosen) else other for other in entries]
    _write_entries(packs_dir, [chosen if other.hash == chosen.hash else other for other in others])
    return chosen


def _load(packs_dir: Path, entry: Entry, instrument: Instrument) -> WordingPack:
    """Raises ValueError with what is wrong."""
    path = packs_dir / f"{entry.hash}.json"
    if not path.is_file():
        raise ValueError("the file is missing; restore it from a backup")
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != entry.hash:
        raise ValueError(
            "the wording was changed after it was installed; restore the file from a backup, "
            f"or install the new text as a pack of its own (sha256 is {digest})"
        )
    pack = json.loads(content)
    label = PackLabel(entry.version, entry.language, False, pack["owner_version"], pack["licence"])
    return build_pack(instrument, label, pack["texts"])


def _same_place(one: Entry, other: Entry) -> bool:
    return (one.instrument, one.language) == (other.instrument, other.language)


def _passive(entry: Entry) -> Entry:
    return replace(entry, active=False)


def _write_entries(packs_dir: Path, entries: list[Entry]) -> None:
    rows = [asdict(entry) for entry in entries]
    _write(packs_dir / LIST, json.dumps(rows, ensure_ascii=False, indent=2).encode() + b"\n")


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, and on the disk before it is known by its name."""
    unfinished = path.with_name(f".{path.name}.part")
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)

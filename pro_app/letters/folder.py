"""A directory that holds each message as a JSON file named by its reference: `<reference>.json`.

The demonstration's provider writes it, the demonstration's inbox page reads it, an engineer may too.
"""

import json
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pro_app.ports import Message, SmsTemplate

_REFERENCE = re.compile(r"^[A-Za-z0-9-]{1,64}$")


@dataclass(frozen=True, slots=True)
class Filed:
    """One message as it lies in the folder, with the instant at which it was sent."""

    message: Message
    sent_at: datetime


def _path(folder: Path, reference: str) -> Path | None:
    return folder / f"{reference}.json" if _REFERENCE.match(reference) else None


def put(folder: Path, message: Message, sent_at: datetime) -> None:
    """Write a message: aside, then renamed, so that no reader ever sees half of one.

    The same reference again leaves one message. Raises `OSError`.
    """
    path = _path(folder, message.reference)
    if path is None:
        raise ValueError(f"{message.reference!r} can't be a file's name")
    folder.mkdir(parents=True, exist_ok=True)
    content = {"sent_at": sent_at.isoformat(), **asdict(message)}
    descriptor, aside = tempfile.mkstemp(dir=folder, prefix=".new-", suffix=".part")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    # The file's own time is the message's: lists are sorted without opening a single file.
    os.utime(aside, (sent_at.timestamp(), sent_at.timestamp()))
    Path(aside).rename(path)


def get(folder: Path, reference: str) -> Filed | None:
    """One message by its reference; None when there is none or the file isn't one of ours."""
    path = _path(folder, reference)
    try:
        return _read(json.loads(path.read_text(encoding="utf-8"))) if path else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def newest(folder: Path, first: int, count: int) -> tuple[tuple[Filed, ...], int]:
    """`count` messages from number `first` on, newest first, and how many there are in all."""
    names = [name for _, name in sorted(_times(folder), reverse=True)]
    found = (get(folder, name.removesuffix(".json")) for name in names[first : first + count])
    return tuple(filed for filed in found if filed), len(names)


def _times(folder: Path) -> Iterator[tuple[float, str]]:
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".json"):
                yield entry.stat().st_mtime, entry.name


def _read(content: dict[str, Any]) -> Filed:
    sent_at = datetime.fromisoformat(content.pop("sent_at"))
    template = content.pop("template", None)
    if template:
        variables = tuple((name, value) for name, value in template["variables"])
        template = SmsTemplate(template["template_id"], template["signature"], variables)
    return Filed(Message(**content, template=template), sent_at)

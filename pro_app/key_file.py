"""Changing the key file: a new data key is announced, put first, and the old ones are retired.

Each change is written aside and renamed, so a reader finds the old file or the new one. The identifiers of
retired keys are remembered and never given again.
"""

import base64
import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pro_app.keys import DataKeys


def announce(path: Path) -> str:
    """Add a new key that only opens; returns its identifier. An announced key is not announced again.

    Where machines have a key file each, the file is copied to all of them before `put_first`.
    """
    content = _content(path)
    if waiting := content.get("announced"):
        return str(waiting)
    fresh = _next_id(content)
    content["data"].append({"id": fresh, "key": base64.b64encode(secrets.token_bytes(32)).decode()})
    content["announced"] = fresh
    _write(path, content)
    return fresh


def put_first(path: Path) -> str:
    """The announced key seals from now on; returns its identifier."""
    content = _content(path)
    fresh = content.pop("announced")
    content["data"].sort(key=lambda row: row["id"] != fresh)
    _write(path, content)
    return str(fresh)


def announced(path: Path) -> str | None:
    """The identifier of the key that only opens yet."""
    found = _content(path).get("announced")
    return None if found is None else str(found)


def count(path: Path) -> int:
    return len(_content(path)["data"])


def first(path: Path) -> str:
    """The identifier of the key that seals."""
    return str(_content(path)["data"][0]["id"])


def retire(path: Path) -> tuple[str, ...]:
    """Keep only the key that seals; returns the identifiers of those that are gone."""
    content = _content(path)
    seals, *others = content["data"]
    gone = tuple(row["id"] for row in others)
    content["data"] = [seals]
    content["retired"] = list(dict.fromkeys([*content.get("retired", ()), *gone]))
    _write(path, content)
    return gone


def add_openers(path: Path, keys: Iterable[tuple[str, bytes]]) -> tuple[str, ...]:
    """Let these keys open too (an older backup was sealed with them); returns those that were new."""
    content = _content(path)
    known = {row["id"] for row in content["data"]}
    new = [(name, key) for name, key in keys if name not in known]
    content["data"] += [{"id": name, "key": base64.b64encode(key).decode()} for name, key in new]
    if new:
        _write(path, content)
    return tuple(name for name, _ in new)


def create_from(path: Path, secret: str, keys: DataKeys) -> None:
    """A key file with these contents (from a backup); raises `FileExistsError` rather than touch one."""
    if path.exists():
        raise FileExistsError(path)
    rows = [{"id": name, "key": base64.b64encode(key).decode()} for name, key in keys]
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(path, {"secret": secret, "data": rows})


def _content(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _next_id(content: dict[str, Any]) -> str:
    used = [row["id"] for row in content["data"]] + list(content.get("retired", ()))
    numbers = [int(name[1:]) for name in used if name[:1] == "k" and name[1:].isdigit()]
    return f"k{max(numbers, default=0) + 1}"


def _write(path: Path, content: dict[str, Any]) -> None:
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        aside.rename(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

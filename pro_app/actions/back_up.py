"""Saving everything that can't be made again: all rows as of one moment, the keys, the wording packs.

The caller gives a snapshot: whatever is written meanwhile is not in it, and nothing in it is half done.
"""

import base64
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from pro_app.keys import KeyRing
from pro_app.records import audit, backups, milestones
from pro_app.records.archive import FORMAT, Writer
from pro_app.records.audit import STUDY_CHAIN, Actor
from pro_app.records.store import Transaction

FILES = "wording"
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Made:
    """What went into a backup. `revision`: of its tables."""

    made_at: datetime
    revision: str
    rows: int
    files: int
    with_keys: bool


def back_up(
    tx: Transaction,
    file: BinaryIO,
    public: str,
    *,
    study: str,
    version: str,
    folder: Path,
    now: datetime,
    with_keys: bool = True,
    progress: Progress = lambda done, of: None,
) -> Made:
    """Write everything that `tx`, a snapshot, sees into `file`, closed for the holder of the secret key.

    folder: the data folder, whose wording packs go along. progress: called with rows done and rows in all.
    Raises `sealed_stream.BadKey`, or `backups.Unloadable` for a database without tables.
    """
    out = Writer(file, public)
    shape = backups.shape(tx)
    if shape.revision is None:
        raise backups.Unloadable(what="alembic_version")
    tables = [table for table in shape.tables if table.name not in backups.PASSING]
    rows = {table.name: backups.count(tx, table) for table in tables}
    out.line(
        {
            "kind": "backup",
            "format": FORMAT,
            "made_at": now.isoformat(),
            "revision": shape.revision,
            "study": study,
            "version": version,
            "rows": rows,
        }
    )
    if with_keys:
        out.line({"kind": "keys", **_keys(tx.keys)})
    files = 0
    for path in _packs(folder):
        body = base64.b64encode(path.read_bytes()).decode()
        out.line({"kind": "file", "path": path.relative_to(folder).as_posix(), "body": body})
        files += 1
    total, done = sum(rows.values()), 0
    written: dict[str, int] = {}
    for table in tables:
        out.line({"kind": "table", "name": table.name, "columns": [column.name for column in table.columns]})
        written[table.name] = 0
        for row in backups.rows(tx, table):
            out.line(row)
            written[table.name] += 1
            done += 1
            if done % 500 == 0:
                progress(done, total)
    progress(done, total)
    out.finish(tx.keys, {"rows": written})
    return Made(now, shape.revision, done, files, with_keys)


def remember(tx: Transaction, made: Made, actor: Actor, size: int, now: datetime) -> None:
    """Leave word of it in the database itself: `doctor` says how old the newest backup is."""
    detail = {"made_at": made.made_at.isoformat(), "rows": made.rows, "bytes": size, "keys": made.with_keys}
    milestones.record(tx, milestones.BACKUP, now, detail)
    audit.append(tx, STUDY_CHAIN, actor, "backup", "study", detail, now)


def _keys(keys: KeyRing) -> dict[str, object]:
    listed = [[name, base64.b64encode(key).decode()] for name, key in keys.data_keys]
    return {"secret": keys.secret, "data": listed}


def _packs(folder: Path) -> Iterable[Path]:
    def found() -> Iterator[Path]:
        for path in sorted((folder / FILES).rglob("*")):
            if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
                yield path

    return found()

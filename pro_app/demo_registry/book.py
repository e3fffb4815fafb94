"""The store of the demonstration's receiving registry: FHIR resources with all their versions.

It stands for somebody else's server, so it shares nothing with our database: a SQLite file of its own,
opened for each call. A resource that arrives unchanged keeps its version, as real servers do.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3

_TABLES = """
CREATE TABLE IF NOT EXISTS resource (
    type TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, newest INTEGER NOT NULL,
    received_at TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (type, id, version)
);
CREATE INDEX IF NOT EXISTS newest_resource ON resource (type, newest, received_at);
CREATE TABLE IF NOT EXISTS derived (
    source TEXT NOT NULL, position INTEGER NOT NULL, id TEXT NOT NULL, PRIMARY KEY (source, id)
);
CREATE TABLE IF NOT EXISTS tag (
    type TEXT NOT NULL, id TEXT NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (type, tag, id)
);
"""
_TAGGED = """
FROM resource r WHERE r.type = ? AND r.newest = 1 AND (
    SELECT count(*) FROM tag t
    WHERE t.type = r.type AND t.id = r.id AND t.tag IN (SELECT value FROM json_each(?))
) = ?
"""
_COUNT = "SELECT count(*)" + _TAGGED
_PAGE = (
    "SELECT r.type, r.id, r.version, r.received_at, r.body"
    + _TAGGED
    + "ORDER BY r.received_at DESC, r.id LIMIT ? OFFSET ?"
)


@dataclass(frozen=True, slots=True)
class Kept:
    """One resource as it lies in the book; `created` and `changed` are about the last write."""

    type: str
    id: str
    version: int
    received_at: datetime
    content: Mapping[str, Any]
    created: bool = False
    changed: bool = False

    def shown(self) -> dict[str, Any]:
        """The resource with the version and the instant that the registry gave it."""
        meta = {
            **(self.content.get("meta") or {}),
            "versionId": str(self.version),
            "lastUpdated": self.received_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        return {**self.content, "meta": meta}


class Book:
    """All that arrived, in one file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, resources: list[Mapping[str, Any]], now: datetime) -> list[Kept]:
        """Keep all of `resources`, or none if one fails."""
        with self._open() as book:
            book.execute("BEGIN IMMEDIATE")
            kept = [self._put(book, one, position, now) for position, one in enumerate(resources)]
            book.execute("COMMIT")
            return kept

    def read(self, kind: str, own_id: str) -> Kept | None:
        """The newest version of a resource."""
        with self._open() as book:
            return _newest(book, kind, own_id)

    def search(self, kind: str, tags: list[str], limit: int, offset: int) -> tuple[list[Kept], int]:
        """The newest versions that carry all of `tags` (`system|code`), and how many there are in all."""
        values = (kind, json.dumps(tags), len(tags))
        with self._open() as book:
            total = book.execute(_COUNT, values).fetchone()[0]
            rows = book.execute(_PAGE, (*values, limit, offset)).fetchall()
        return [_kept(row) for row in rows], int(total)

    def derived_from(self, source: str, limit: int) -> list[Kept]:
        """The newest Observations derived from `source` (`Type/id`), in the order in which they came."""
        with self._open() as book:
            rows = book.execute(
                "SELECT r.type, r.id, r.version, r.received_at, r.body FROM derived d JOIN resource r "
                "ON r.type = 'Observation' AND r.id = d.id AND r.newest = 1 "
                "WHERE d.source = ? ORDER BY d.position, d.rowid LIMIT ?",
                (source, limit),
            ).fetchall()
        return [_kept(row) for row in rows]

    @contextmanager
    def _open(self) -> "Iterator[sqlite3.Connection]":
        import sqlite3  # late: decision 0095

        self._path.parent.mkdir(parents=True, exist_ok=True)
        book = sqlite3.connect(self._path, timeout=15, isolation_level=None)
        try:
            book.executescript(_TABLES)
            yield book
        finally:
            book.close()

    def _put(
        self, book: "sqlite3.Connection", resource: Mapping[str, Any], position: int, now: datetime
    ) -> Kept:
        kind, own_id = str(resource["resourceType"]), str(resource["id"])
        body = json.dumps(resource, ensure_ascii=False, sort_keys=True)
        before = _newest(book, kind, own_id)
        if before is not None and before.content == json.loads(body):
            return before
        version = before.version + 1 if before else 1
        book.execute("UPDATE resource SET newest = 0 WHERE type = ? AND id = ?", (kind, own_id))
        at = now.astimezone(UTC).isoformat()
        book.execute(
            "INSERT INTO resource VALUES (?, ?, ?, 1, ?, ?)",
            (kind, own_id, version, at, body),
        )
        book.execute("DELETE FROM tag WHERE type = ? AND id = ?", (kind, own_id))
        tags = {
            f"{tag.get('system', '')}|{tag.get('code', '')}"
            for tag in (resource.get("meta") or {}).get("tag", [])
        }
        book.executemany("INSERT INTO tag VALUES (?, ?, ?)", [(kind, own_id, tag) for tag in tags])
        sources = {one.get("reference") for one in resource.get("derivedFrom", [])} - {None}
        book.execute("DELETE FROM derived WHERE id = ?", (own_id,))
        book.executemany("INSERT INTO derived VALUES (?, ?, ?)", [(one, position, own_id) for one in sources])
        return Kept(kind, own_id, version, now, resource, created=before is None, changed=True)


def _newest(book: "sqlite3.Connection", kind: str, own_id: str) -> Kept | None:
    row = book.execute(
        "SELECT type, id, version, received_at, body FROM resource WHERE type = ? AND id = ? AND newest = 1",
        (kind, own_id),
    ).fetchone()
    return _kept(row) if row else None


def _kept(row: tuple[str, str, int, str, str]) -> Kept:
    kind, own_id, version, at, body = row
    return Kept(kind, own_id, version, datetime.fromisoformat(at), json.loads(body))

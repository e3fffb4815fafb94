"""Finding rows of the audit trail: who, what, about whom, from when to when; page by page, newest first."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, false, select

from pro_app.records.audit import Actor, Event
from pro_app.records.schema import audit
from pro_app.records.store import Transaction


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; empty means anything. `who` and `subject` may end with `*`.

    chains: only these, None for all. actions: only these, None for all. since and until: instants, until
    is not included.
    """

    chains: Collection[str] | None
    actions: Collection[str] | None = None
    who: str = ""
    what: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One row of the trail with its place; `id` leads to the next page."""

    id: int
    chain: str
    event: Event


def find(tx: Transaction, search: Search, before: int | None, limit: int) -> tuple[Found, ...]:
    """Up to `limit` rows older than the row `before`, newest first."""
    query = select(audit).where(*_wanted(search))
    if before is not None:
        query = query.where(audit.c.id < before)
    return tuple(_read(row) for row in tx.conn.execute(query.order_by(audit.c.id.desc()).limit(limit)))


def _wanted(search: Search) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if search.chains is not None:
        wanted.append(audit.c.chain.in_(tuple(search.chains)) if search.chains else false())
    if search.what and search.actions is not None and search.what not in search.actions:
        wanted.append(false())
    elif search.what:
        wanted.append(audit.c.action == search.what)
    elif search.actions is not None:
        wanted.append(audit.c.action.in_(tuple(search.actions)))
    if search.who:
        wanted.append(_like(audit.c.actor, search.who))
    if search.subject:
        wanted.append(_like(audit.c.subject, search.subject))
    if search.since:
        wanted.append(audit.c.at >= search.since)
    if search.until:
        wanted.append(audit.c.at < search.until)
    return wanted


def _like(column: Any, text: str) -> ColumnElement[bool]:
    """Equal, or beginning with what stands before a `*`."""
    wanted: ColumnElement[bool] = (
        column.startswith(text[:-1], autoescape=True) if text.endswith("*") else column == text
    )
    return wanted


def _read(row: Any) -> Found:
    actor = Actor(row.actor_kind, row.actor, row.address)
    event = Event(row.number, row.at, actor, row.action, row.subject, json.loads(row.detail))
    return Found(row.id, row.chain, event)

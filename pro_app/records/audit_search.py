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
    """Up to `limit` rows that come after the row `before` in this order, newest first.

    Each order is the one that an index has for what is asked, so that a page costs its rows and not the
    millions of others': within a chain its own numbers, between days the time, of one subject its few rows.
    """
    by = _order(search)
    query = select(audit).where(*_wanted(search)).order_by(*_SORTED[by]).limit(limit)
    if before is not None:
        query = query.where(_older(by, before))
    return tuple(_read(row) for row in tx.conn.execute(query))


def _order(search: Search) -> str:
    if search.subject and not search.subject.endswith("*"):
        return "subject"
    if search.chains is not None and len(search.chains) == 1:
        return "chain"
    return "time" if search.since or search.until else "id"


_SORTED: dict[str, tuple[ColumnElement[Any], ...]] = {
    # `+ 0`: sorted afterwards, or the planner walks over everybody's rows in the hope of finding these.
    "subject": ((audit.c.id + 0).desc(),),
    "chain": (audit.c.number.desc(),),
    "time": (audit.c.at.desc(), audit.c.id.desc()),
    "id": (audit.c.id.desc(),),
}


def _older(by: str, before: int) -> ColumnElement[bool]:
    """What comes after the row `before` in this order."""
    seen = audit.alias()
    if by == "chain":
        return audit.c.number < select(seen.c.number).where(seen.c.id == before).scalar_subquery()
    if by == "time":
        at = select(seen.c.at).where(seen.c.id == before).scalar_subquery()
        return (audit.c.at <= at) & ((audit.c.at < at) | (audit.c.id < before))
    return audit.c.id < before


def _wanted(search: Search) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if search.chains is not None:
        chains = tuple(search.chains)
        one = audit.c.chain == chains[0] if len(chains) == 1 else audit.c.chain.in_(chains)
        wanted.append(one if chains else false())
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

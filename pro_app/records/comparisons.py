"""What came of comparing books with a registry, kept in the audit trail: it can't be talked away."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from pro_app.records import audit
from pro_app.records.audit import STUDY_CHAIN, Actor
from pro_app.records.schema import audit as trail
from pro_app.records.store import Transaction

COMPARED = "registry_compared"
FAILED = "registry_not_compared"
ASKED = "registry_comparison_asked"
_LOOK_BACK = 100


@dataclass(frozen=True, slots=True)
class Listed:
    """One record on which the two sides disagreed: `missing`, `altered`, `extra` or `twice`."""

    kind: str
    study_number: str
    site: str
    timepoint: str
    instrument: str


@dataclass(frozen=True, slots=True)
class Counted:
    """How many records of one site's visit each side had, and whether what they say was equal."""

    site: str
    timepoint: str
    ours: int
    theirs: int
    equal: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """The last word on a registry. All None and 0: its books were never compared.

    compared_at: the last comparison that came to an end. tried_at: the last attempt. asked_at: when a person
    last asked for one. failure: why the last attempt came to no end, "" when it did.
    differences: how many records differed then; `listed` are the first of them, `lines` the counts.
    out_of_step_since: the first of the comparisons in a row that found any, None when the last one found
    none. in_step_since: the first of those in a row that found none.
    """

    compared_at: datetime | None = None
    tried_at: datetime | None = None
    differences: int = 0
    out_of_step_since: datetime | None = None
    listed: tuple[Listed, ...] = ()
    lines: tuple[Counted, ...] = ()
    in_step_since: datetime | None = None
    asked_at: datetime | None = None
    failure: str = ""


def subject(registry: str) -> str:
    """What the audit trail calls a registry."""
    return f"registry/{registry}"


def remember(
    tx: Transaction,
    registry: str,
    count: int,
    listed: Sequence[Listed],
    lines: Sequence[Counted],
    actor: Actor,
    now: datetime,
) -> None:
    """Keep the result of a comparison: how many records differ, the first of them, and the counts."""
    detail = {
        "differences": count,
        "listed": [
            {"kind": one.kind, "of": [one.study_number, one.timepoint, one.instrument], "site": one.site}
            for one in listed
        ],
        "lines": [[one.site, one.timepoint, one.ours, one.theirs, one.equal] for one in lines],
    }
    audit.append(tx, STUDY_CHAIN, actor, COMPARED, subject(registry), detail, now)


def remember_failure(tx: Transaction, registry: str, words: str, actor: Actor, now: datetime) -> None:
    """Keep that the registry's books could not be read."""
    audit.append(tx, STUDY_CHAIN, actor, FAILED, subject(registry), {"words": words[:300]}, now)


def ask(tx: Transaction, registry: str, actor: Actor, now: datetime) -> None:
    """A person wants the books compared: the next tick does it."""
    audit.append(tx, STUDY_CHAIN, actor, ASKED, subject(registry), {}, now)


def standing(tx: Transaction, registry: str) -> Standing:
    """How the last comparison went, and since when it has gone that way (up to 100 comparisons back)."""
    events = [
        (row.at, row.action, json.loads(row.detail))
        for row in tx.conn.execute(
            select(trail.c.at, trail.c.action, trail.c.detail)
            .where(trail.c.subject == subject(registry), trail.c.action.in_((COMPARED, FAILED, ASKED)))
            .order_by(trail.c.id.desc())
            .limit(_LOOK_BACK)
        )
    ]
    asked = next((at for at, action, _ in events if action == ASKED), None)
    tried = [(at, action, detail) for at, action, detail in events if action != ASKED]
    if not tried:
        return Standing(asked_at=asked)
    failure = str(tried[0][2].get("words", "")) if tried[0][1] == FAILED else ""
    compared = [(at, detail) for at, action, detail in tried if action == COMPARED]
    if not compared:
        return Standing(tried_at=tried[0][0], asked_at=asked, failure=failure)
    at, last = compared[0]
    since = at
    for earlier, detail in compared:
        if bool(detail["differences"]) != bool(last["differences"]):
            break
        since = earlier
    return Standing(
        compared_at=at,
        tried_at=tried[0][0],
        differences=int(last["differences"]),
        out_of_step_since=since if last["differences"] else None,
        listed=tuple(_listed(one) for one in last["listed"]),
        lines=tuple(Counted(*line) for line in last.get("lines", ())),
        in_step_since=None if last["differences"] else since,
        asked_at=asked,
        failure=failure,
    )


def _listed(one: Mapping[str, Any]) -> Listed:
    number, timepoint, instrument = map(str, one["of"])
    return Listed(str(one["kind"]), number, str(one.get("site", "")), timepoint, instrument)

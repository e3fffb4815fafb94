"""The audit trail: rows that are only ever added, each bound to the one before by its hash.

One chain per site (and `study` for what belongs to none), so that sites don't wait for one another.
A chain's head is kept apart: without it a cut-off end would look like a shorter, whole chain.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import String, bindparam, cast, func, insert, literal, select, true, update

from pro_app import json_text
from pro_app.records.prepared import Prepared
from pro_app.records.schema import audit, audit_chain
from pro_app.records.store import Transaction

STUDY_CHAIN = "study"
_START = "0" * 64
# A row that is out of place is looked for in at most so many others.
_MOST_PLACES = 200
_HEAD = Prepared(
    select(audit_chain.c.length, audit_chain.c.head_hash).where(audit_chain.c.chain == bindparam("of"))
)
_ROW = [column.name for column in audit.columns if column is not audit.c.id]
_APPEND = Prepared(insert(audit).inline(), fill=_ROW)
_MOVE_HEAD = Prepared(
    update(audit_chain)
    .where(audit_chain.c.chain == bindparam("of"))
    .values(length=bindparam("to"), head_hash=bindparam("with"))
)


@cache
def _linked() -> Prepared:
    """One statement that takes the head, adds the row with its hash and moves the head.

    The site's other writers wait from here to the commit, so nothing of it should have to come back first.
    first_hash: what the hash is if this is the chain's first row; rest: the row's fields after its number.
    """
    from sqlalchemy.dialects.postgresql import insert as on_postgresql  # late: decision 0095

    told = [name for name in _ROW if name not in ("number", "previous_hash", "hash")]
    of = audit_chain.c.chain == bindparam("new_chain")
    begun = {"chain": bindparam("new_chain"), "length": 1, "head_hash": bindparam("first_hash")}
    first = on_postgresql(audit_chain).values(begun).on_conflict_do_nothing().cte("first")
    head = select(audit_chain.c.length, audit_chain.c.head_hash).where(of).with_for_update().cte("head")
    previous = func.coalesce(head.c.head_hash, _START)
    number = func.coalesce(head.c.length, 0) + 1
    body = func.concat(previous, "\n[", cast(number, String), ",", bindparam("rest", type_=String))
    digest = func.encode(func.sha256(func.convert_to(body, "UTF8")), "hex")
    values = [bindparam(f"new_{name}", type_=audit.c[name].type) for name in told]
    row = select(*values, number, previous, digest).select_from(
        select(literal(1)).subquery("one").outerjoin(head, true())
    )
    added = insert(audit).from_select([*told, "number", "previous_hash", "hash"], row)
    new = added.returning(audit.c.chain, audit.c.number, audit.c.hash).cte("new")
    moved = update(audit_chain).where(audit_chain.c.chain == new.c.chain)
    return Prepared(moved.values(length=new.c.number, head_hash=new.c.hash).add_cte(first))


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: a patient by study number, staff by login, or the clock; and from which address."""

    kind: str
    name: str
    address: str | None = None


CLOCK = Actor("clock", "clock")


@dataclass(frozen=True, slots=True)
class Event:
    """One row as it is read back."""

    number: int
    at: datetime
    actor: Actor
    action: str
    subject: str
    detail: Mapping[str, object]


def _row_hash(previous: str, fields: list[object]) -> str:
    body = json_text.compact(fields)
    return hashlib.sha256(f"{previous}\n{body}".encode()).hexdigest()


def append(
    tx: Transaction,
    chain: str,
    actor: Actor,
    action: str,
    subject: str,
    detail: Mapping[str, object],
    now: datetime,
) -> None:
    """Add one row to `chain`, in the caller's transaction: the change and its trace commit together.

    `detail` must be JSON and must hold nothing that names a person; `subject` is a study number or login.
    """
    at = now.astimezone(UTC)
    text = json_text.canonical(detail)
    fields = [at.isoformat(), actor.kind, actor.name, action, subject, text, actor.address]
    row = {
        "chain": chain,
        "at": at,
        "actor_kind": actor.kind,
        "actor": actor.name,
        "action": action,
        "subject": subject,
        "detail": text,
        "address": actor.address,
    }
    if tx.on_postgres:
        linking = {"first_hash": _row_hash(_START, [1, *fields]), "rest": json_text.compact(fields)[1:]}
        _linked().run(tx, {**{f"new_{name}": value for name, value in row.items()}, **linking})
        return
    head = _HEAD.one_or_none(tx, {"of": chain})
    if head is None:
        tx.conn.execute(insert(audit_chain).values(chain=chain, length=0, head_hash=_START))
    length, previous = head if head is not None else (0, _START)
    number = length + 1
    digest = _row_hash(previous, [number, *fields])
    _APPEND.run(tx, {**row, "number": number, "previous_hash": previous, "hash": digest})
    _MOVE_HEAD.run(tx, {"of": chain, "to": number, "with": digest})


def history(tx: Transaction, subject: str, limit: int = 200) -> tuple[Event, ...]:
    """What happened to `subject`, newest first."""
    rows = tx.conn.execute(
        select(audit).where(audit.c.subject == subject).order_by(audit.c.id.desc()).limit(limit)
    )
    return tuple(
        Event(
            row.number,
            row.at,
            Actor(row.actor_kind, row.actor, row.address),
            row.action,
            row.subject,
            json.loads(row.detail),
        )
        for row in rows
    )


def length(tx: Transaction) -> int:
    """How many rows all chains have together."""
    return int(tx.conn.execute(select(func.coalesce(func.sum(audit_chain.c.length), 0))).scalar_one())


def verify(tx: Transaction) -> tuple[str, ...]:
    """Walk every chain; one sentence for each row that was edited, removed, moved or cut off.

    Safe beside a running program: each chain is read up to the head that was seen first.
    """
    faults: list[str] = []
    for chain, length, head_hash in tx.conn.execute(select(audit_chain).order_by(audit_chain.c.chain)).all():
        faults.extend(_verify_chain(tx, chain, length, head_hash))
    headless = select(audit.c.chain).where(audit.c.chain.not_in(select(audit_chain.c.chain))).distinct()
    for chain in tx.conn.execute(headless).scalars():
        faults.append(f"{chain}: the head of this chain was removed.")
    return tuple(faults)


def _verify_chain(tx: Transaction, chain: str, length: int, head_hash: str) -> list[str]:
    faults: list[str] = []
    strange: dict[int, Any] = {}
    previous, expected = _START, 1
    rows = tx.conn.execute(
        select(audit).where(audit.c.chain == chain, audit.c.number <= length).order_by(audit.c.number),
        execution_options={"yield_per": 1000},
    )
    for row in rows:
        if row.number != expected:
            faults.append(_missing(chain, expected, row.number - 1))
        if row.hash != _row_hash(row.previous_hash, _fields(row, row.number)):
            strange[row.number] = row
        elif row.previous_hash != previous and row.number == expected and expected - 1 not in strange:
            faults.append(f"{chain}: row {row.number} does not follow the row before it.")
        previous, expected = row.hash, row.number + 1
    faults.extend(_strange(chain, strange))
    if expected - 1 < length:
        faults.append(f"{_missing(chain, expected, length)} The end was cut off.")
    elif previous != head_hash:
        faults.append(f"{chain}: the last row is not the one that the chain's head names.")
    # One statement sees one moment: rows that are being added meanwhile come with their head.
    behind = (
        select(func.max(audit.c.number), audit_chain.c.length)
        .join(audit_chain, audit_chain.c.chain == audit.c.chain)
        .where(audit.c.chain == chain)
        .group_by(audit_chain.c.length)
    )
    newest, head = tx.conn.execute(behind).one_or_none() or (0, 0)
    if newest > head:
        faults.append(f"{chain}: rows {head + 1} to {newest} were put behind the chain's head.")
    return faults


def _missing(chain: str, first: int, last: int) -> str:
    return (
        f"{chain}: row {first} is missing."
        if first == last
        else f"{chain}: rows {first} to {last} are missing."
    )


def _strange(chain: str, rows: Mapping[int, Any]) -> Iterator[str]:
    """Rows whose hash is not theirs: moved from another place of these, or else edited."""
    for number, row in rows.items():
        places = tuple(rows)[:_MOST_PLACES]
        was = next((n for n in places if row.hash == _row_hash(row.previous_hash, _fields(row, n))), None)
        if was is not None:
            yield f"{chain}: row {number} was written as row {was}; the order was changed."
        else:
            yield f"{chain}: row {number} is not what was written."


def _fields(row: Any, number: int) -> list[object]:
    """What a row's hash is made of, as if it stood at `number`."""
    at = row.at.isoformat()
    return [number, at, row.actor_kind, row.actor, row.action, row.subject, row.detail, row.address]


def heads(tx: Transaction) -> dict[str, tuple[int, str]]:
    """Chain to its length and the hash of its newest row: all of one moment."""
    return {row.chain: (row.length, row.head_hash) for row in tx.conn.execute(select(audit_chain))}


def hash_at(tx: Transaction, chain: str, number: int) -> str | None:
    """The hash of one row of a chain; None when there is no such row."""
    query = select(audit.c.hash).where(audit.c.chain == chain, audit.c.number == number)
    return tx.conn.execute(query).scalar_one_or_none()

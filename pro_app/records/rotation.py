"""Every sealed field of every table: where it is, and what it is bound to.

For the change of keys (each field is opened and sealed again) and for a restored backup (each must open).
A test compares this list with the tables; whoever adds a sealed column adds its line here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Row, Table, and_, func, select, tuple_, update

from pro_app.keys import SealBroken
from pro_app.records import schema, schema_clinic, schema_exports
from pro_app.records.store import Transaction

BATCH = 200


@dataclass(frozen=True, slots=True)
class Sealed:
    """One sealed column. `place` must say what the room that writes it says."""

    table: Table
    column: Column[Any]
    place: Callable[[Row[Any]], str]

    @property
    def name(self) -> str:
        return f"{self.table.name}.{self.column.name}"


def _of(table: Table, column: str, place: Callable[[Row[Any]], str]) -> Sealed:
    return Sealed(table, table.c[column], place)


FIELDS: tuple[Sealed, ...] = (
    _of(schema.participant, "identity_sealed", lambda row: f"participant/{row.uuid}/identity"),
    _of(schema.response, "free_text_sealed", lambda row: f"response/{row.uuid}/free_text"),
    _of(
        schema.draft,
        "answers_sealed",
        lambda row: f"draft/{row.participant_id}/{row.timepoint}/{row.instrument}",
    ),
    _of(schema.staff, "totp_sealed", lambda row: f"staff/{row.id}/totp"),
    _of(
        schema_clinic.staff_letter,
        "body_sealed",
        lambda row: f"staff_letter/{row.staff_id}/{row.kind}/{row.about}/body",
    ),
    _of(schema_clinic.tablet, "private_key_sealed", lambda row: f"tablet/{row.id}/private_key"),
    _of(
        schema_clinic.missing_reason,
        "note_sealed",
        lambda row: f"missing/{row.participant_id}/{row.timepoint}/{row.instrument}",
    ),
    _of(schema_clinic.phone_call, "note_sealed", lambda row: f"phone_call/{row.id}/note"),
    _of(schema_clinic.alert, "note_sealed", lambda row: f"alert/{row.response_id}/note"),
    _of(
        schema_clinic.second_entry,
        "free_text_sealed",
        lambda row: f"second_entry/{row.response_id}/free_text",
    ),
    _of(schema_exports.export_job, "key_sealed", lambda row: f"export_job/{row.id}/key"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """How far a walk has come: in which field, after which primary key."""

    field: int = 0
    after: tuple[Any, ...] = ()


START = Place()


@dataclass(frozen=True, slots=True)
class Step:
    """One batch: rows sealed anew, names of fields that would not open, where to go on (None: the end)."""

    sealed: int
    broken: tuple[str, ...]
    next: Place | None


def left(tx: Transaction) -> int:
    """How many fields are sealed with another key than the first."""
    return sum(
        tx.conn.execute(select(func.count()).select_from(one.table).where(_old(tx, one))).scalar_one()
        for one in FIELDS
    )


def reseal(tx: Transaction, place: Place) -> Step:
    """Seal up to `BATCH` fields anew with the first key, from `place` on.

    A field that somebody changes meanwhile keeps that change: it is sealed with the first key already.
    """
    one = FIELDS[place.field]
    keys = list(one.table.primary_key.columns)
    query = select(one.table).where(_old(tx, one)).order_by(*keys).limit(BATCH)
    if place.after:
        query = query.where(tuple_(*keys) > tuple_(*place.after))
    rows = tx.conn.execute(query.with_for_update() if tx.on_postgres else query).all()
    done, broken = 0, []
    for row in rows:
        old = row._mapping[one.column]
        try:
            fresh = tx.keys.seal(tx.keys.unseal(old, one.place(row)), one.place(row))
        except SealBroken:
            broken.append(one.name)
            continue
        this = and_(*(key == row._mapping[key] for key in keys), one.column == old)
        done += tx.conn.execute(update(one.table).where(this).values({one.column: fresh})).rowcount
    if len(rows) == BATCH:
        return Step(done, tuple(broken), Place(place.field, tuple(rows[-1]._mapping[key] for key in keys)))
    further = place.field + 1
    return Step(done, tuple(broken), Place(further) if further < len(FIELDS) else None)


def unopened(tx: Transaction) -> Iterator[str]:
    """The name of the column, once for each sealed field that does not open with the keys at hand."""
    for one in FIELDS:
        query = select(one.table).where(one.column.is_not(None)).execution_options(yield_per=500)
        rows = tx.conn.execute(query)
        for row in rows:
            try:
                tx.keys.unseal(row._mapping[one.column], one.place(row))
            except SealBroken:
                yield one.name


def _old(tx: Transaction, one: Sealed) -> Any:
    first = tx.keys.data_keys[0][0]
    return one.column.is_not(None) & ~one.column.startswith(f"{first}.", autoescape=True)

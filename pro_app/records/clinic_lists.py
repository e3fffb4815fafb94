"""Which participants a clinic's lists begin with: index ranges on anchor dates, filters, sorting, look-ups.

What these queries narrow down to may hold more than was asked for, never less: where a visit stands is said
by `journey` alone, and the caller asks it of each row.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    and_,
    any_,
    bindparam,
    case,
    false,
    func,
    literal_column,
    or_,
    select,
    true,
    tuple_,
)

from pro_app.records.participants import AnchorName, Participant
from pro_app.records.schema import delivery, participant, response
from pro_app.records.schema_clinic import alert
from pro_app.records.store import Transaction

_COLUMNS = [participant.c[name] for name in Participant.__dataclass_fields__]

_BY_NUMBER = select(*_COLUMNS).order_by(participant.c.study_number)
_OF_EACH = _BY_NUMBER.where(participant.c.id.in_(bindparam("ids", expanding=True)))
# One array instead of a parameter for each: for a page of hundreds that is most of the time.
_OF_ARRAY = _BY_NUMBER.where(participant.c.id == any_(bindparam("ids", type_=ARRAY(BigInteger))))

_ANCHORS: dict[str, ColumnElement[Any]] = {
    "enrolment": participant.c.enrolled_on,
    "surgery": participant.c.surgery_on,
    "surgery_planned": participant.c.surgery_planned_on,
    "surgery_done": participant.c.surgery_done_on,
}
# The same, exactly as `schedule.plan.Anchors.day` reads them.
_DONE = case((participant.c.surgery_state == "done", participant.c.surgery_done_on))
ANCHOR_DAY: dict[str, ColumnElement[Any]] = {
    "enrolment": participant.c.enrolled_on,
    "surgery": participant.c.surgery_on,
    "surgery_planned": case(
        (
            participant.c.surgery_state.in_(("planned", "done")),
            func.coalesce(participant.c.surgery_planned_on, _DONE),
        )
    ),
    "surgery_done": _DONE,
}
SORTS: dict[str, ColumnElement[Any]] = {
    "number": participant.c.study_number,
    "surgery": participant.c.surgery_on,
    "enrolled": participant.c.enrolled_on,
}
# Spelled out, so that the database can read the answer from the index of current responses alone.
COUNTS = response.c.standing == literal_column("'current'")
Sort = Literal["number", "surgery", "enrolled"]
UNDATED = "-"


@dataclass(frozen=True, slots=True)
class AnchorRange:
    """Participants whose anchor day lies in `first` to `last`, both included."""

    anchor: AnchorName
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: after this row in the order of the list. `value` is of the sorted column."""

    value: str
    study_number: str


@dataclass(frozen=True, slots=True)
class Filter:
    """Whom a list shows. Empty means everybody; `arm` "-" those without one.

    `near`: only participants with an anchor day in one of these ranges. `lacking`: only those who, at one of
    these (timepoint, number of forms), have fewer forms in. `complete`: only those who have all of them.
    """

    search: str = ""
    status: str = ""
    surgery: str = ""
    arm: str = ""
    near: tuple[AnchorRange, ...] | None = None
    lacking: tuple[tuple[str, int], ...] = ()
    complete: tuple[tuple[str, int], ...] = ()


def anchored(one: AnchorRange) -> ColumnElement[bool]:
    """Whether the day that a visit hangs on lies in the range; the first half is what an index can answer."""
    return and_(
        _ANCHORS[one.anchor].between(one.first, one.last),
        ANCHOR_DAY[one.anchor].between(one.first, one.last),
    )


def more_than(tx: Transaction, sites: Iterable[str], ranges: Iterable[AnchorRange], most: int) -> bool:
    """Whether more than `most` participants have an anchor day in any of `ranges`; asks no further."""
    some = (
        select(participant.c.id)
        .where(participant.c.site.in_(tuple(sites)), _in_ranges(ranges))
        .limit(most + 1)
        .subquery()
    )
    return int(tx.conn.execute(select(func.count()).select_from(some)).scalar_one()) > most


def _in_ranges(ranges: Iterable[AnchorRange]) -> ColumnElement[bool]:
    return or_(false(), *(_ANCHORS[one.anchor].between(one.first, one.last) for one in ranges))


def _at(sites: Collection[str] | None) -> ColumnElement[bool]:
    """None: every site there is, which needs no asking."""
    return true() if sites is None else participant.c.site.in_(tuple(sites))


def page(
    tx: Transaction,
    sites: Collection[str] | None,
    wish: Filter,
    sort: Sort,
    descending: bool,
    after: Place | None,
    limit: int,
) -> tuple[tuple[Participant, ...], tuple[Place, ...]]:
    """The next `limit` participants of `sites` (None: all) that pass `wish`, each with its place.

    Who has no day in the sorted column stands at the end, whichever way the list is sorted.
    """
    found: list[Any] = []
    if after is None or after.value != UNDATED:
        found += _rows(tx, sites, wish, sort, descending, after, limit)
    if sort != "number" and len(found) < limit:
        start = after.study_number if after and after.value == UNDATED else ""
        found += _undated(tx, sites, wish, sort, start, limit - len(found))
    return (
        tuple(Participant(*row[:-1]) for row in found),
        tuple(Place(UNDATED if row.place is None else str(row.place), row.study_number) for row in found),
    )


def _rows(
    tx: Transaction,
    sites: Collection[str] | None,
    wish: Filter,
    sort: Sort,
    descending: bool,
    after: Place | None,
    limit: int,
) -> Sequence[Any]:
    column, number = SORTS[sort], participant.c.study_number
    query = select(*_COLUMNS, column.label("place")).where(_at(sites), *conditions(wish))
    order: list[ColumnElement[Any]] = [column.desc(), number.desc()] if descending else [column, number]
    if sort == "number":
        order = order[1:]
        if after is not None:
            query = query.where(number < after.study_number if descending else number > after.study_number)
    else:
        query = query.where(column.is_not(None))
        if after is not None:
            day, here = _day(after.value), tuple_(column, number)
            there = (day, after.study_number)
            # The first says nothing new but lets the index begin there.
            query = query.where(
                column <= day if descending else column >= day, here < there if descending else here > there
            )
    return tx.conn.execute(query.order_by(*order).limit(limit)).all()


def _undated(
    tx: Transaction, sites: Collection[str] | None, wish: Filter, sort: Sort, after: str, limit: int
) -> Sequence[Any]:
    column, number = SORTS[sort], participant.c.study_number
    query = (
        select(*_COLUMNS, column.label("place"))
        .where(_at(sites), *conditions(wish), column.is_(None), number > after)
        .order_by(number)
        .limit(limit)
    )
    return tx.conn.execute(query).all()


def _day(text: str) -> date:
    """What a page's address says of the sorted day; what is none begins at the beginning."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.min


def conditions(wish: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wish.search:
        # Study numbers are kept in capitals.
        found.append(participant.c.study_number.contains(wish.search.upper(), autoescape=True))
    if wish.status:
        found.append(participant.c.status == wish.status)
    if wish.surgery:
        found.append(participant.c.surgery_state == wish.surgery)
    if wish.arm:
        found.append(participant.c.arm.is_(None) if wish.arm == "-" else participant.c.arm == wish.arm)
    if wish.near is not None:
        found.append(_in_ranges(wish.near))
    if wish.lacking:
        found.append(or_(*(_forms_in(name) < forms for name, forms in wish.lacking)))
    if wish.complete:
        found.append(or_(*(_forms_in(name) >= forms for name, forms in wish.complete)))
    return found


def _forms_in(timepoint: str) -> ColumnElement[int]:
    """How many forms of that visit count."""
    return (
        select(func.count())
        .where(
            response.c.participant_id == participant.c.id,
            response.c.timepoint == timepoint,
            COUNTS,
        )
        .scalar_subquery()
    )


def by_ids(tx: Transaction, ids: Collection[int]) -> tuple[Participant, ...]:
    """These participants, in the order of their study numbers."""
    query = _OF_ARRAY if tx.on_postgres else _OF_EACH
    # All at once: one by one they would take twice the time.
    return tuple(Participant(*row) for row in tx.conn.execute(query, {"ids": list(ids)}).all())


def by_phone(tx: Transaction, sites: Iterable[str], phone: str) -> tuple[Participant, ...]:
    """Who has this number (E.164), found by its keyed hash; a family may share one."""
    rows = tx.conn.execute(
        select(*_COLUMNS)
        .where(
            participant.c.site.in_(tuple(sites)), participant.c.phone_lookup == tx.keys.blind(phone, "phone")
        )
        .order_by(participant.c.study_number)
        .limit(50)
    )
    return tuple(Participant(*row) for row in rows)


@dataclass(frozen=True, slots=True)
class ToDo:
    """What the menu counts: responses with an open alert, and calls to make."""

    alerts: int
    calls: int


def to_do(tx: Transaction, sites: Collection[str] | None) -> ToDo:
    """The two numbers of `sites` (None: all), in one query."""
    alarming = (
        select(func.count(alert.c.response_id.distinct()))
        .where(true() if sites is None else alert.c.site.in_(tuple(sites)), alert.c.state == "open")
        .scalar_subquery()
    )
    calling = (
        select(func.count())
        .select_from(delivery)
        .join(participant, participant.c.id == delivery.c.participant_id)
        .where(delivery.c.state == "due", delivery.c.channel == "call", _at(sites))
        .scalar_subquery()
    )
    return ToDo(*tx.conn.execute(select(alarming, calling)).one())

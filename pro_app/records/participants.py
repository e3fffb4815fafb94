"""Participants: study data in the open, identity sealed."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import bindparam, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from pro_app.errors import NotFound, ProAppError
from pro_app.records.prepared import Asked, Prepared
from pro_app.records.schema import participant
from pro_app.records.store import Transaction

Status = Literal["active", "paused", "too_ill", "withdrawn", "deceased"]
SurgeryState = Literal["planned", "done", "cancelled", "unknown"]
AnchorName = Literal["enrolment", "surgery", "surgery_planned", "surgery_done"]

_ANCHOR_COLUMNS = {
    "enrolment": participant.c.enrolled_on,
    "surgery": participant.c.surgery_on,
    "surgery_planned": participant.c.surgery_planned_on,
    "surgery_done": participant.c.surgery_done_on,
}


class ChangedMeanwhile(ProAppError):
    """Somebody else saved this participant first; show theirs and ask again."""

    code = "changed_meanwhile"


class StudyNumberTaken(ProAppError):
    """A participant with this study number exists already."""

    code = "study_number_taken"


@dataclass(frozen=True, slots=True)
class Identity:
    """What names a person. Sealed as one text bound to the participant's uuid; never logged."""

    name: str = ""
    phone: str = ""
    email: str = ""
    family_phone: str = ""
    birth_year: int | None = None


@dataclass(frozen=True, slots=True)
class Participant:
    """A participant without identity: all that rules, clock and registry need."""

    id: int
    uuid: str
    study_number: str
    site: str
    arm: str | None
    language: str
    handle: str
    link_epoch: int
    code_epoch: int
    status: Status
    status_since: datetime
    status_reason: str | None
    enrolled_on: date
    surgery_state: SurgeryState
    surgery_planned_on: date | None
    surgery_done_on: date | None
    row_version: int
    identity_sealed: str
    privacy_version: str | None = None
    privacy_answer: bool | None = None
    privacy_at: datetime | None = None
    # Since when the data are locked (`records.data_locks`), and since when nothing names the person any more.
    locked_at: datetime | None = None
    contact_deleted_at: datetime | None = None


_COLUMNS = [participant.c[name] for name in Participant.__dataclass_fields__]
_OF_HANDLE = select(*_COLUMNS).where(participant.c.handle == bindparam("handle"))
_BY_HANDLE = Prepared(_OF_HANDLE)
_BY_HANDLE_LOCKED = Prepared(_OF_HANDLE.with_for_update())
# For what is asked about somebody together with who they are: `bindparam("handle")` names them.
ID_OF_HANDLE = select(participant.c.id).where(participant.c.handle == bindparam("handle")).scalar_subquery()


def _read(row: Sequence[Any]) -> Participant:
    return Participant(*row)


def _place(uuid: str) -> str:
    return f"participant/{uuid}/identity"


def effective_surgery(state: SurgeryState, planned: date | None, done: date | None) -> date | None:
    """The date that visits hang on: done if done, planned if still planned, none otherwise."""
    return {"done": done, "planned": planned}.get(state)


def insert_new(
    tx: Transaction,
    *,
    uuid: str,
    study_number: str,
    site: str,
    arm: str | None,
    language: str,
    handle: str,
    code_epoch: int,
    code_hash: str,
    identity: Identity,
    enrolled_on: date,
    surgery_planned_on: date | None,
    now: datetime,
) -> int:
    """Store a new participant, return its id; raises `StudyNumberTaken`."""
    taken = select(participant.c.id).where(participant.c.study_number == study_number)
    if tx.conn.execute(taken).first():
        raise StudyNumberTaken(study_number=study_number)
    new = insert(participant).values(
        uuid=uuid,
        study_number=study_number,
        site=site,
        arm=arm,
        language=language,
        handle=handle,
        link_epoch=0,
        code_epoch=code_epoch,
        code_hash=code_hash,
        identity_sealed=seal_identity(tx, uuid, identity),
        phone_lookup=tx.keys.blind(identity.phone, "phone") if identity.phone else None,
        status="active",
        status_since=now,
        enrolled_on=enrolled_on,
        surgery_state="planned" if surgery_planned_on else "unknown",
        surgery_planned_on=surgery_planned_on,
        surgery_on=surgery_planned_on,
        row_version=1,
        created_at=now,
    )
    try:
        result = tx.conn.execute(new)
    except IntegrityError as fault:  # somebody enrolled the same number at the same instant
        raise StudyNumberTaken(study_number=study_number) from fault
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def seal_identity(tx: Transaction, uuid: str, identity: Identity) -> str:
    return tx.keys.seal(json.dumps(asdict(identity), ensure_ascii=False), _place(uuid))


def identity_of(tx: Transaction, person: Participant) -> Identity:
    """Open the sealed identity; raises `SealBroken` when it was tampered with."""
    return Identity(**json.loads(tx.keys.unseal(person.identity_sealed, _place(person.uuid))))


def by_handle(tx: Transaction, handle: str, *, lock: bool = False) -> Participant | None:
    """The participant of that handle. With `lock` their other writers wait until the transaction ends: two
    devices that send at one moment come one after the other."""
    return ask_by_handle(tx, handle, lock=lock).found()


def ask_by_handle(tx: Transaction, handle: str, *, lock: bool = False) -> Asked[Participant | None]:
    """The same, without waiting for it."""
    asked = (_BY_HANDLE_LOCKED if lock else _BY_HANDLE).ask(tx, {"handle": handle})
    return asked.then(lambda rows: _read(rows[0]) if rows else None)


def by_code_hash(tx: Transaction, code_hash: str) -> Participant | None:
    row = tx.conn.execute(select(*_COLUMNS).where(participant.c.code_hash == code_hash)).one_or_none()
    return _read(row) if row else None


def by_id(tx: Transaction, participant_id: int) -> Participant:
    row = tx.conn.execute(select(*_COLUMNS).where(participant.c.id == participant_id)).one_or_none()
    if row is None:
        raise NotFound()
    return _read(row)


def by_study_number(tx: Transaction, study_number: str, site: str | None = None) -> Participant:
    """One participant; with `site`, another site's raises the same `NotFound` as an unknown one."""
    query = select(*_COLUMNS).where(participant.c.study_number == study_number)
    if site is not None:
        query = query.where(participant.c.site == site)
    row = tx.conn.execute(query).one_or_none()
    if row is None:
        raise NotFound()
    return _read(row)


def page(
    tx: Transaction, sites: Iterable[str], *, search: str = "", after: str = "", limit: int = 50
) -> tuple[Participant, ...]:
    """Participants of `sites` by study number, the next `limit` after `after`."""
    query = (
        select(*_COLUMNS)
        .where(participant.c.site.in_(tuple(sites)), participant.c.study_number > after)
        .order_by(participant.c.study_number)
        .limit(limit)
    )
    if search:
        query = query.where(participant.c.study_number.icontains(search, autoescape=True))
    return tuple(_read(row) for row in tx.conn.execute(query))


def due(
    tx: Transaction,
    anchor: AnchorName,
    first: date,
    last: date,
    *,
    after: tuple[date, int] | None = None,
    limit: int = 500,
) -> tuple[Participant, ...]:
    """Participants whose anchor date lies in first..last, by date and id, the next `limit` after `after`.

    An index range, so cost follows it. Sorted by id alone, a database may think it cheaper to walk through
    the whole table in that order until it has met enough of them. Whatever their
    status: that somebody withdrawn is not written to is a decision with a row of its own.
    """
    column = _ANCHOR_COLUMNS[anchor]
    query = select(*_COLUMNS).order_by(column, participant.c.id).limit(limit)
    if after is None:
        query = query.where(column.between(first, last))
    else:
        day, own = after
        query = query.where(column.between(day, last), or_(column > day, participant.c.id > own))
    return tuple(_read(row) for row in tx.conn.execute(query))


def count(tx: Transaction) -> int:
    return int(tx.conn.execute(select(func.count()).select_from(participant)).scalar_one())


def _change(tx: Transaction, person: Participant, **values: object) -> None:
    """Write `values` unless somebody changed the row since `person` was read."""
    result = tx.conn.execute(
        update(participant)
        .where(participant.c.id == person.id, participant.c.row_version == person.row_version)
        .values(row_version=person.row_version + 1, **values)
    )
    if result.rowcount != 1:
        raise ChangedMeanwhile()


def set_surgery(
    tx: Transaction, person: Participant, state: SurgeryState, planned: date | None, done: date | None
) -> None:
    """Move, finish or cancel surgery; every visit moves with it, since none is stored."""
    _change(
        tx,
        person,
        surgery_state=state,
        surgery_planned_on=planned,
        surgery_done_on=done,
        surgery_on=effective_surgery(state, planned, done),
    )


def set_status(
    tx: Transaction, person: Participant, status: Status, reason: str | None, now: datetime
) -> None:
    """The one switch: whatever is not `active` is never written to, by any path."""
    _change(tx, person, status=status, status_reason=reason, status_since=now)


def set_identity(tx: Transaction, person: Participant, identity: Identity, language: str) -> None:
    _change(
        tx,
        person,
        identity_sealed=seal_identity(tx, person.uuid, identity),
        phone_lookup=tx.keys.blind(identity.phone, "phone") if identity.phone else None,
        contact_deleted_at=None,
        language=language,
    )


def erase_identity(tx: Transaction, person: Participant, now: datetime) -> None:
    """Nothing names the person any more, and no look-up finds them."""
    _change(
        tx,
        person,
        identity_sealed=seal_identity(tx, person.uuid, Identity()),
        phone_lookup=None,
        contact_deleted_at=now,
    )


def set_code(tx: Transaction, person: Participant, code_epoch: int, code_hash: str) -> None:
    """Give out a new code; the old one dies with its hash."""
    _change(tx, person, code_epoch=code_epoch, code_hash=code_hash)


def set_privacy(tx: Transaction, person: Participant, version: str, answer: bool, now: datetime) -> None:
    """The person's yes or no to the privacy notice, with the version of its text."""
    _change(tx, person, privacy_version=version, privacy_answer=answer, privacy_at=now)


def set_arm(tx: Transaction, person: Participant, arm: str | None) -> None:
    """The arm the participant was randomised to."""
    _change(tx, person, arm=arm)

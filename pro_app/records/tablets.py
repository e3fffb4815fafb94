"""Clinic tablets: which there are, who has each, and which visits were loaded on it for a ward round.

Only the hash of a tablet's key is kept. The key is another one after every hand-over and every return, so
that nothing which a browser kept from before opens anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, insert, select, update

from pro_app.errors import NotFound
from pro_app.records.schema import participant, staff, staff_session
from pro_app.records.schema_clinic import tablet, ward_round_visit
from pro_app.records.store import Transaction

State = Literal["with_staff", "handed_over", "locked", "ward_round", "revoked"]


@dataclass(frozen=True, slots=True)
class Tablet:
    """One tablet. `ref`: names the visit that it is handed over for, as links do; None when it isn't."""

    id: int
    label: str
    site: str
    staff_id: int
    state: State
    participant_id: int | None
    timepoint: str | None
    handed_at: datetime | None
    session_hash: str | None
    private_key_sealed: str | None
    created_at: datetime
    seen_at: datetime
    revoked_at: datetime | None
    revoked_by: str | None
    login: str
    name: str
    language: str
    handle: str | None

    @property
    def ref(self) -> str | None:
        return f"{self.handle}.{self.timepoint}" if self.handle and self.timepoint else None


_OWN = tuple(Tablet.__dataclass_fields__)[:14]
_QUERY = (
    select(
        *(tablet.c[name] for name in _OWN),
        staff.c.login,
        staff.c.name,
        staff.c.language,
        participant.c.handle,
    )
    .join(staff, staff.c.id == tablet.c.staff_id)
    .outerjoin(participant, participant.c.id == tablet.c.participant_id)
)


def _read(row: Sequence[Any]) -> Tablet:
    return Tablet(*row)


def by_key(tx: Transaction, key_hash: str, *, lock: bool = False) -> Tablet | None:
    """The tablet whose key has this hash; None for a key of the past."""
    query = _QUERY.where(tablet.c.key_hash == key_hash)
    row = tx.conn.execute(query.with_for_update(of=tablet) if lock else query).one_or_none()
    return _read(row) if row else None


def by_id(tx: Transaction, tablet_id: int) -> Tablet:
    """Raises `NotFound`."""
    row = tx.conn.execute(_QUERY.where(tablet.c.id == tablet_id)).one_or_none()
    if row is None:
        raise NotFound()
    return _read(row)


def of_sites(tx: Transaction, sites: Sequence[str]) -> tuple[Tablet, ...]:
    """All tablets of these sites, the one seen last first; revoked ones at the end."""
    rows = tx.conn.execute(
        _QUERY.where(tablet.c.site.in_(tuple(sites))).order_by(
            (tablet.c.state == "revoked"), tablet.c.seen_at.desc(), tablet.c.id.desc()
        )
    )
    return tuple(_read(row) for row in rows)


def count(tx: Transaction, site: str) -> int:
    query = select(func.count()).select_from(tablet).where(tablet.c.site == site)
    return int(tx.conn.execute(query).scalar_one())


def add(
    tx: Transaction, *, key_hash: str, label: str, site: str, staff_id: int, session_hash: str, now: datetime
) -> Tablet:
    """A tablet that is known from now on; it has no key pair yet, see `set_private_key`."""
    result = tx.conn.execute(
        insert(tablet).values(
            key_hash=key_hash,
            label=label,
            site=site,
            staff_id=staff_id,
            state="with_staff",
            session_hash=session_hash,
            created_at=now,
            seen_at=now,
        )
    )
    assert result.inserted_primary_key is not None
    return by_id(tx, int(result.inserted_primary_key[0]))


def change(tx: Transaction, tablet_id: int, **values: object) -> None:
    tx.conn.execute(update(tablet).where(tablet.c.id == tablet_id).values(**values))


def _place(tablet_id: int) -> str:
    return f"tablet/{tablet_id}/private_key"


def set_private_key(tx: Transaction, tablet_id: int, private_key: str) -> None:
    """Keep the key that opens what the tablet seals; sealed itself, and bound to its row."""
    change(tx, tablet_id, private_key_sealed=tx.keys.seal(private_key, _place(tablet_id)))


def private_key(tx: Transaction, which: Tablet) -> str:
    """Raises `NotFound` when the tablet never had one."""
    if which.private_key_sealed is None:
        raise NotFound()
    return tx.keys.unseal(which.private_key_sealed, _place(which.id))


def signed_in_at(tx: Transaction, which: Tablet) -> datetime | None:
    """When the staff session that ran on it last began; None once that was ended, by whatever way."""
    query = select(staff_session.c.created_at).where(
        staff_session.c.token_hash == which.session_hash,
        staff_session.c.staff_id == which.staff_id,
        staff_session.c.ended_at.is_(None),
    )
    return tx.conn.execute(query).scalar_one_or_none()


def rekey_session(tx: Transaction, old_hash: str, new_hash: str, now: datetime) -> bool:
    """Give a staff session another key, so that the one in the browser opens nothing; False when it ended.

    While a tablet is with a patient its session has a key that nobody holds. It goes on being a session:
    what ends sessions (a new password, an account that is switched off) ends this one too.
    """
    query = update(staff_session).where(
        staff_session.c.token_hash == old_hash, staff_session.c.ended_at.is_(None)
    )
    return bool(tx.conn.execute(query.values(token_hash=new_hash, seen_at=now)).rowcount)


def load_visits(tx: Transaction, tablet_id: int, visits: Sequence[tuple[int, str]], now: datetime) -> None:
    """Remember that these visits (participant id, timepoint) were loaded on the tablet for a round."""
    for participant_id, timepoint in visits:
        where = (
            ward_round_visit.c.tablet_id == tablet_id,
            ward_round_visit.c.participant_id == participant_id,
            ward_round_visit.c.timepoint == timepoint,
        )
        again = update(ward_round_visit).where(*where).values(loaded_at=now, delivered_at=None)
        if not tx.conn.execute(again).rowcount:
            tx.conn.execute(
                insert(ward_round_visit).values(
                    tablet_id=tablet_id, participant_id=participant_id, timepoint=timepoint, loaded_at=now
                )
            )


def loaded(tx: Transaction, tablet_id: int, participant_id: int, timepoint: str) -> bool:
    """Whether this visit was ever loaded on the tablet for a round."""
    query = select(ward_round_visit.c.id).where(
        ward_round_visit.c.tablet_id == tablet_id,
        ward_round_visit.c.participant_id == participant_id,
        ward_round_visit.c.timepoint == timepoint,
    )
    return tx.conn.execute(query).first() is not None


def delivered(tx: Transaction, tablet_id: int, participant_id: int, timepoint: str, now: datetime) -> None:
    """Answers to this visit arrived from the tablet."""
    tx.conn.execute(
        update(ward_round_visit)
        .where(
            ward_round_visit.c.tablet_id == tablet_id,
            ward_round_visit.c.participant_id == participant_id,
            ward_round_visit.c.timepoint == timepoint,
        )
        .values(delivered_at=now)
    )


def end_session(tx: Transaction, session_hash: str, now: datetime) -> None:
    """End the staff session that runs, or sleeps, on a tablet."""
    tx.conn.execute(
        update(staff_session)
        .where(staff_session.c.token_hash == session_hash, staff_session.c.ended_at.is_(None))
        .values(ended_at=now)
    )

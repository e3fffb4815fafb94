"""Which participants a clinic's lists begin with: index ranges on anchor dates, and look-ups by number."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, or_, select

from pro_app.records.participants import AnchorName, Participant
from pro_app.records.schema import participant
from pro_app.records.store import Transaction

_COLUMNS = [participant.c[name] for name in Participant.__dataclass_fields__]
_ANCHORS = {
    "enrolment": participant.c.enrolled_on,
    "surgery": participant.c.surgery_on,
    "surgery_planned": participant.c.surgery_planned_on,
    "surgery_done": participant.c.surgery_done_on,
}


@dataclass(frozen=True, slots=True)
class AnchorRange:
    """Participants whose anchor day lies in `first` to `last`, both included."""

    anchor: AnchorName
    first: date
    last: date


def near(
    tx: Transaction, sites: Iterable[str], ranges: Iterable[AnchorRange], limit: int
) -> tuple[Participant, ...]:
    """Participants of `sites`, whatever their status, in any of `ranges`; by study number, up to `limit`."""
    spans = [_ANCHORS[one.anchor].between(one.first, one.last) for one in ranges]
    if not spans:
        return ()
    rows = tx.conn.execute(
        select(*_COLUMNS)
        .where(and_(participant.c.site.in_(tuple(sites)), or_(*spans)))
        .order_by(participant.c.study_number)
        .limit(limit)
    )
    return tuple(Participant(*row) for row in rows)


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

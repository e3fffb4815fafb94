"""Which visits of a clinic lie near today and what of them is in: one query, one small row for each visit.

Most visits near today are finished and in time, and nothing is asked of anybody: those are told from these
rows alone, so that a page works out only the others.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, func, literal, literal_column, select, union_all
from sqlalchemy.types import String

from pro_app.records.clinic_lists import AnchorRange, anchored
from pro_app.records.schema import participant, response
from pro_app.records.store import Transaction


@dataclass(frozen=True, slots=True)
class NearVisit:
    """One participant's visit. `forms`: how many of its forms are in and count, `received_at` (UTC) the last.

    closes: the last day of the window, as it was when the forms came; None when they don't agree on one.
    typed_in: whether a form has a day of completion of its own.
    """

    participant_id: int
    site: str
    timepoint: str
    forms: int
    received_at: datetime | None
    closes: date | None
    typed_in: bool


def near(
    tx: Transaction, sites: Collection[str], ranges: Iterable[tuple[str, AnchorRange]], limit: int
) -> tuple[NearVisit, ...]:
    """Up to `limit` visits of `sites` whose anchor day lies in the range of their timepoint; in no order."""
    dated = union_all(
        *(
            select(participant.c.id, participant.c.site, literal(name, String).label("timepoint")).where(
                participant.c.site.in_(tuple(sites)), anchored(one)
            )
            for name, one in ranges
        )
    ).subquery("dated")
    place = (dated.c.id, dated.c.site, dated.c.timepoint)
    first, last = func.min(response.c.window_closes), func.max(response.c.window_closes)
    rows = tx.conn.execute(
        select(
            *place,
            func.count(response.c.id),
            func.max(response.c.received_at),
            first,
            last,
            func.count(response.c.completed_on),
        )
        .select_from(dated)
        .outerjoin(
            response,
            and_(
                response.c.participant_id == dated.c.id,
                response.c.timepoint == dated.c.timepoint,
                # Spelled out, so that the index of current responses serves.
                response.c.standing == literal_column("'current'"),
            ),
        )
        .group_by(*place)
        .limit(limit)
    ).all()
    return tuple(
        NearVisit(one, site, name, forms, came, opened if opened == closed else None, typed > 0)
        for one, site, name, forms, came, opened, closed, typed in rows
    )

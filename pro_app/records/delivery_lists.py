"""Deliveries as staff read them: those of their own sites, the newest first, page by page."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import select

from pro_app.records.deliveries import Delivery, read, selected
from pro_app.records.schema import delivery, participant
from pro_app.records.store import Transaction


@dataclass(frozen=True, slots=True)
class Listed:
    """One delivery with whom it is for."""

    delivery: Delivery
    study_number: str
    site: str


def listing(
    tx: Transaction,
    sites: Iterable[str],
    *,
    states: Collection[str] = (),
    search: str = "",
    before: int | None = None,
    limit: int = 50,
) -> tuple[Listed, ...]:
    """The next `limit` deliveries of `sites` decided before the one with the id `before`.

    states: only these, all of them when empty. search: a part of the study number.
    """
    query = (
        selected()
        .add_columns(participant.c.study_number, participant.c.site)
        .join(participant, participant.c.id == delivery.c.participant_id)
        .where(participant.c.site.in_(tuple(sites)))
        .order_by(delivery.c.id.desc())
        .limit(limit)
    )
    if states:
        query = query.where(delivery.c.state.in_(tuple(states)))
    if search:
        # First whom, then their messages: a name that fits nobody must not cost a walk through all messages.
        found = select(participant.c.id).where(participant.c.study_number.icontains(search, autoescape=True))
        query = query.where(delivery.c.participant_id.in_(found))
    if before is not None:
        query = query.where(delivery.c.id < before)
    return tuple(Listed(read(row[:-2]), row[-2], row[-1]) for row in tx.conn.execute(query))

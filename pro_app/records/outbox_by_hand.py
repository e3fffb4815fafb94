"""What a person does with rows of the outbox: send them again, hold them back; and which rows those are."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update

from pro_app.records.outbox import same_record
from pro_app.records.schema import outbox, participant, response
from pro_app.records.store import Transaction


def resend(tx: Transaction, row_ids: Collection[int], now: datetime) -> int:
    """Send these rows' records again, on a person's word; returns how many rows now wait.

    For a record that has changed since, its newest row goes instead: an old state never comes back.
    """
    rows = tx.conn.execute(
        select(outbox.c.registry, outbox.c.response_id).where(outbox.c.id.in_(row_ids))
    ).all()
    newest = {
        tx.conn.execute(
            select(outbox.c.id)
            .where(outbox.c.registry == row.registry, outbox.c.response_id.in_(same_record(row.response_id)))
            .order_by(outbox.c.id.desc())
            .limit(1)
        ).scalar_one()
        for row in rows
    }
    again = tx.conn.execute(
        update(outbox)
        .where(outbox.c.id.in_(newest))
        .values(state="waiting", attempts=0, next_at=now, problem=None, claimed_by=None, claimed_until=None)
    )
    return again.rowcount


def pause(tx: Transaction, row_ids: Collection[int]) -> int:
    """Hold rows that wait; `resend` lets them go. A row that is under way is not held back."""
    held = tx.conn.execute(
        update(outbox).where(outbox.c.id.in_(row_ids), outbox.c.state == "waiting").values(state="paused")
    )
    return held.rowcount


def of_records(
    tx: Transaction, registry: str, records: Collection[tuple[str, str, str]], sites: Collection[str]
) -> tuple[int, ...]:
    """The rows that carry these records (study number, visit, instrument) of `sites` to `registry`."""
    wanted = set(records)
    rows = tx.conn.execute(
        select(outbox.c.id, participant.c.study_number, response.c.timepoint, response.c.instrument)
        .join(response, response.c.id == outbox.c.response_id)
        .join(participant, participant.c.id == outbox.c.participant_id)
        .where(
            outbox.c.registry == registry,
            participant.c.site.in_(tuple(sites)),
            participant.c.study_number.in_({number for number, _, _ in wanted}),
        )
    )
    return tuple(row_id for row_id, *record in rows if tuple(record) in wanted)


def of_sites(
    tx: Transaction, registry: str, row_ids: Collection[int], sites: Collection[str]
) -> tuple[int, ...]:
    """Those of `row_ids` that are `registry`'s and belong to participants of `sites`."""
    query = (
        select(outbox.c.id)
        .join(participant, participant.c.id == outbox.c.participant_id)
        .where(
            outbox.c.registry == registry,
            outbox.c.id.in_(tuple(row_ids)),
            participant.c.site.in_(tuple(sites)),
        )
    )
    return tuple(tx.conn.execute(query).scalars())

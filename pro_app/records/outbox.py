"""The registry outbox: what still has to reach which registry, and what became of it.

A row is written in the transaction of the change it reports, so an answer that is kept is an answer
that will be delivered. Rows of one participant go in the order they were written, whatever happens
to other participants' rows.
"""

from datetime import datetime
from typing import Literal

from sqlalchemy.dialects import postgresql, sqlite

from pro_app.records.schema import outbox
from pro_app.records.store import Transaction

Kind = Literal["submitted", "corrected", "withdrawn"]


def enqueue(
    tx: Transaction,
    registries: tuple[str, ...],
    response_id: int,
    participant_id: int,
    kind: Kind,
    now: datetime,
) -> None:
    """Write one row for each registry, in the caller's transaction.

    The same change enqueued again is sent again, and a delivery that is under way just now loses its
    claim: what it carries is already old.
    """
    if not registries:
        return
    insert = (postgresql.insert if tx.on_postgres else sqlite.insert)(outbox)
    rows = [
        {
            "registry": registry,
            "response_id": response_id,
            "participant_id": participant_id,
            "kind": kind,
            "state": "waiting",
            "attempts": 0,
            "created_at": now,
            "next_at": now,
        }
        for registry in registries
    ]
    again = insert.on_conflict_do_update(
        index_elements=["registry", "response_id", "kind"],
        set_={
            "state": "waiting",
            "attempts": 0,
            "next_at": now,
            "claimed_by": None,
            "claimed_until": None,
            "problem": None,
        },
    )
    tx.conn.execute(again, rows)

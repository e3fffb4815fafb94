"""Why a form is not there, as staff put it on record: one row for each form; notes are sealed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from pro_app.records.schema_clinic import missing_reason
from pro_app.records.store import Transaction
from pro_app.records.upsert import upsert


@dataclass(frozen=True, slots=True)
class Recorded:
    """The reason of one form. `note`: words of its own, opened; empty when there are none."""

    instrument: str
    reason: str
    note: str
    recorded_by: str
    recorded_at: datetime


def _place(participant_id: int, timepoint: str, instrument: str) -> str:
    return f"missing/{participant_id}/{timepoint}/{instrument}"


def of_visit(tx: Transaction, participant_id: int, timepoint: str) -> dict[str, Recorded]:
    """The reasons of one visit's forms, by instrument."""
    rows = tx.conn.execute(
        select(missing_reason).where(
            missing_reason.c.participant_id == participant_id, missing_reason.c.timepoint == timepoint
        )
    )
    return {
        row.instrument: Recorded(
            row.instrument,
            row.reason,
            tx.keys.unseal(row.note_sealed, _place(participant_id, timepoint, row.instrument))
            if row.note_sealed
            else "",
            row.recorded_by,
            row.recorded_at,
        )
        for row in rows
    }


def put(
    tx: Transaction,
    participant_id: int,
    timepoint: str,
    reasons: Mapping[str, str],
    by: str,
    now: datetime,
    note: str = "",
) -> None:
    """Write down, or write over, the reason of each form in `reasons` (instrument -> reason)."""
    if not reasons:
        return
    insert = upsert(tx, missing_reason)
    new = insert.excluded
    statement = insert.on_conflict_do_update(
        index_elements=["participant_id", "timepoint", "instrument"],
        set_={
            "reason": new.reason,
            "note_sealed": new.note_sealed,
            "recorded_by": new.recorded_by,
            "recorded_at": new.recorded_at,
        },
    )
    rows = [
        {
            "participant_id": participant_id,
            "timepoint": timepoint,
            "instrument": name,
            "reason": reason,
            "note_sealed": tx.keys.seal(note, _place(participant_id, timepoint, name)) if note else None,
            "recorded_by": by,
            "recorded_at": now,
        }
        for name, reason in reasons.items()
    ]
    tx.conn.execute(statement, rows)


def take_away(tx: Transaction, participant_id: int, timepoint: str, instrument: str) -> None:
    """The form has no reason on record any more."""
    tx.conn.execute(
        delete(missing_reason).where(
            missing_reason.c.participant_id == participant_id,
            missing_reason.c.timepoint == timepoint,
            missing_reason.c.instrument == instrument,
        )
    )

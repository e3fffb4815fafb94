"""Taking a response out of force, or into it: it stays, word for word, and only its standing changes."""

from datetime import date, datetime
from typing import Literal

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from pro_app.errors import ProAppError
from pro_app.records import responses
from pro_app.records.responses import NewResponse, Stored
from pro_app.records.schema import response
from pro_app.records.store import Transaction


class ResponseChanged(ProAppError):
    """Somebody else corrected, moved or withdrew this response first."""

    code = "correction_changed_meanwhile"


class CorrectionRefused(ProAppError):
    """It makes no sense; `fault` is the code of what is wrong."""

    code = "correction_refused"

    def __init__(self, fault: str) -> None:
        self.fault = fault
        super().__init__()


def retire(
    tx: Transaction, stored: Stored, standing: Literal["replaced", "withdrawn"], reason: str, revision: int
) -> None:
    """It counts no longer. Raises `ResponseChanged` unless it is still as it was read."""
    result = tx.conn.execute(
        update(response)
        .where(
            response.c.id == stored.id,
            response.c.standing == "current",
            response.c.revision == stored.revision,
        )
        .values(standing=standing, reason=reason, revision=revision)
    )
    if result.rowcount != 1:
        raise ResponseChanged()


def promote(tx: Transaction, stored: Stored, reason: str, revision: int) -> None:
    """A response that was kept beside counts from now on. Raises `ResponseChanged` unless it still lies there
    as it was read, or when another one counts already."""
    try:
        result = tx.conn.execute(
            update(response)
            .where(
                response.c.id == stored.id,
                response.c.standing == "beside",
                response.c.revision == stored.revision,
            )
            .values(standing="current", reason=reason, revision=revision)
        )
    except IntegrityError as fault:
        raise ResponseChanged() from fault
    if result.rowcount != 1:
        raise ResponseChanged()


def timing_of(tx: Transaction, stored: Stored) -> tuple[tuple[date, date, date] | None, datetime | None]:
    """The visit's window (due, opens, closes) when the response came, and when its form was first opened."""
    row = tx.conn.execute(
        select(
            response.c.window_due,
            response.c.window_opens,
            response.c.window_closes,
            response.c.opened_at,
        ).where(response.c.id == stored.id)
    ).one()
    window = None if row.window_due is None else (row.window_due, row.window_opens, row.window_closes)
    return window, row.opened_at


def add_current(tx: Transaction, new: NewResponse) -> int:
    """Store the response that counts from now on; raises `ResponseChanged` when another one came first."""
    try:
        return responses.add(tx, new)
    except IntegrityError as fault:
        raise ResponseChanged() from fault


def last_revision(tx: Transaction, participant_id: int, timepoint: str, instrument: str) -> int:
    """The highest revision this form has ever had; 0 when nothing has come to it."""
    query = select(func.max(response.c.revision)).where(
        response.c.participant_id == participant_id,
        response.c.timepoint == timepoint,
        response.c.instrument == instrument,
    )
    return tx.conn.execute(query).scalar_one() or 0

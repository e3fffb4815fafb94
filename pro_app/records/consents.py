"""What a person answered to the privacy notice: read apart, since few paths need it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from pro_app.records.schema import participant
from pro_app.records.store import Transaction

_QUERY = select(participant.c.privacy_version, participant.c.privacy_answer, participant.c.privacy_at).where(
    participant.c.id == bindparam("id")
)
_LOCKED = _QUERY.with_for_update()


@dataclass(frozen=True, slots=True)
class Consent:
    """The last answer, with the version of the text it was given to."""

    version: str
    agreed: bool
    at: datetime


def of(tx: Transaction, participant_id: int, *, lock: bool = False) -> Consent | None:
    """The participant's last answer; None when nobody has asked yet. `lock` holds the participant's row."""
    row = tx.conn.execute(_LOCKED if lock else _QUERY, {"id": participant_id}).one_or_none()
    if row is None or row.privacy_answer is None:
        return None
    return Consent(row.privacy_version, row.privacy_answer, row.privacy_at)

"""What a person answered to the privacy notice: read apart, since few paths need it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from pro_app.records.schema import participant
from pro_app.records.store import Transaction


@dataclass(frozen=True, slots=True)
class Consent:
    """The last answer, with the version of the text it was given to."""

    version: str
    agreed: bool
    at: datetime


def of(tx: Transaction, participant_id: int) -> Consent | None:
    """The participant's last answer; None when nobody has asked yet."""
    row = tx.conn.execute(
        select(participant.c.privacy_version, participant.c.privacy_answer, participant.c.privacy_at).where(
            participant.c.id == participant_id
        )
    ).one_or_none()
    if row is None or row.privacy_answer is None:
        return None
    return Consent(row.privacy_version, row.privacy_answer, row.privacy_at)

"""What the audit trail says about misuse: how often of one account, and which notices were raised of it."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from pro_app.records.schema import audit
from pro_app.records.store import Transaction

RAISED, SENT = "security_notice", "security_notice_sent"
# More than a day's worth: one of a kind an hour, and what became of it.
_MOST = 400


@dataclass(frozen=True, slots=True)
class Noticed:
    """One notice. `signal`: its kind; `by`: `mail` or `page`; `state`: None while its letter waits, else what
    the mail server said."""

    uuid: str
    signal: str
    count: int
    at: datetime
    by: str
    state: str | None

    @property
    def waits(self) -> bool:
        return self.by == "mail" and self.state is None


def counts(tx: Transaction, actions: Collection[str], since: datetime) -> Mapping[str, int]:
    """How many rows each subject has of these actions that are younger than `since`."""
    query = select(audit.c.subject, func.count()).where(audit.c.action.in_(actions), audit.c.at > since)
    return {str(subject): int(count) for subject, count in tx.conn.execute(query.group_by(audit.c.subject))}


def notices(tx: Transaction, since: datetime) -> tuple[Noticed, ...]:
    """What was raised after `since`, newest first."""
    rows = tx.conn.execute(
        select(audit.c.action, audit.c.at, audit.c.detail)
        .where(audit.c.action.in_((RAISED, SENT)), audit.c.at > since)
        .order_by(audit.c.id.desc())
        .limit(_MOST)
    ).all()
    told = [(row.action, row.at, json.loads(row.detail)) for row in rows]
    states = {one["uuid"]: str(one["letter"]) for action, _, one in told if action == SENT}
    return tuple(
        Noticed(one["uuid"], one["signal"], int(one["count"]), at, one["by"], states.get(one["uuid"]))
        for action, at, one in told
        if action == RAISED
    )


def newest_count(tx: Transaction, action: str, since: datetime) -> int | None:
    """The `count` of the newest row of `action` after `since`."""
    query = select(audit.c.detail).where(audit.c.action == action, audit.c.at > since)
    found = tx.conn.execute(query.order_by(audit.c.id.desc()).limit(1)).scalar_one_or_none()
    return int(json.loads(found)["count"]) if found else None

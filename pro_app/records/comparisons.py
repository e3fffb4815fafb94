"""What came of comparing books with a registry, kept in the audit trail: it can't be talked away."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pro_app.records import audit
from pro_app.records.audit import STUDY_CHAIN, Actor
from pro_app.records.store import Transaction

COMPARED = "registry_compared"
FAILED = "registry_not_compared"
_LOOK_BACK = 100


@dataclass(frozen=True, slots=True)
class Standing:
    """The last word on a registry. All None and 0: its books were never compared.

    compared_at: the last comparison that came to an end. tried_at: the last attempt.
    differences: how many records differed then. out_of_step_since: the first of the comparisons in a
    row that found any, None when the last one found none.
    """

    compared_at: datetime | None = None
    tried_at: datetime | None = None
    differences: int = 0
    out_of_step_since: datetime | None = None
    listed: tuple[Mapping[str, object], ...] = ()


def subject(registry: str) -> str:
    """What the audit trail calls a registry."""
    return f"registry/{registry}"


def remember(
    tx: Transaction, registry: str, count: int, listed: list[dict[str, object]], actor: Actor, now: datetime
) -> None:
    """Keep the result of a comparison: how many records differ, and the first of them."""
    detail = {"differences": count, "listed": listed}
    audit.append(tx, STUDY_CHAIN, actor, COMPARED, subject(registry), detail, now)


def remember_failure(tx: Transaction, registry: str, words: str, actor: Actor, now: datetime) -> None:
    """Keep that the registry's books could not be read."""
    audit.append(tx, STUDY_CHAIN, actor, FAILED, subject(registry), {"words": words[:300]}, now)


def standing(tx: Transaction, registry: str) -> Standing:
    """How the last comparison went, and since when it has gone that way (up to 100 comparisons back)."""
    events = audit.history(tx, subject(registry), _LOOK_BACK)
    tried = max((event.at for event in events if event.action in (COMPARED, FAILED)), default=None)
    compared = [event for event in events if event.action == COMPARED]
    if not compared:
        return Standing(tried_at=tried)
    since = None
    for event in compared:
        if not event.detail["differences"]:
            break
        since = event.at
    last = compared[0]
    listed = last.detail["listed"]
    assert isinstance(listed, list)
    return Standing(last.at, tried, int(str(last.detail["differences"])), since, tuple(listed))

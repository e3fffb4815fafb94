"""Changing the key to personal fields while everything serves: small batches, each its own short transaction.

The edge goes from batch to batch; where it was killed, the next run goes on, since each field says by which
key it is sealed. A field that does not open is left as it is and named: then no key is retired.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pro_app.errors import ProAppError
from pro_app.records import audit, leases, milestones, rotation
from pro_app.records.audit import STUDY_CHAIN, Actor
from pro_app.records.rotation import START, Place, Step
from pro_app.records.store import Transaction

__all__ = ["START", "Busy", "Place", "Step", "batch", "done", "holder", "left", "take_over"]

LEASE = "keys"
HOLD_FOR = timedelta(seconds=30)


class Busy(ProAppError):
    """Another process is changing the keys."""

    code = "keys_changing"


def left(tx: Transaction) -> int:
    """How many fields are not sealed with the newest key yet."""
    return rotation.left(tx)


def holder(tx: Transaction, now: datetime) -> str | None:
    """Who is changing the keys just now."""
    found = leases.of(tx, LEASE)
    return found.holder if found and found.until > now else None


def take_over(tx: Transaction, dead: str, now: datetime) -> None:
    """End the hold of a process that is known to be no more."""
    leases.let_go(tx, LEASE, dead, now)


def batch(tx: Transaction, place: Place, me: str, now: datetime) -> Step:
    """Seal a few fields anew. Raises `Busy` while another holder is at it."""
    if not leases.take(tx, LEASE, me, now, HOLD_FOR):
        raise Busy()
    return rotation.reseal(tx, place)


def done(
    tx: Transaction, me: str, first: str, retired: Sequence[str], fields: int, actor: Actor, now: datetime
) -> None:
    """Put it on record: which key seals, which are gone. Identifiers only."""
    detail = {"key": first, "retired": list(retired), "fields": fields}
    milestones.record(tx, milestones.KEYS_CHANGED, now, detail)
    audit.append(tx, STUDY_CHAIN, actor, "keys_changed", "study", detail, now)
    leases.let_go(tx, LEASE, me, now)

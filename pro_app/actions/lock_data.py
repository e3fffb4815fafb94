"""Locking the data of a site or of the study before analysis, and unlocking them; each with a reason.

While data are locked nothing about them changes: no correction, nothing moved, withdrawn or chosen, no form
on paper, no interview, no date of surgery, status, arm or reason of a missing form, no new participant. What
a patient still sends is taken and kept beside with its reason; nobody is reminded. Signatures, alerts, names
and addresses are no data of the analysis and go on. All of it is on the trail of each site that it concerns.
"""

from dataclasses import dataclass
from datetime import datetime

from pro_app.errors import ProAppError
from pro_app.records import audit, data_locks
from pro_app.records.audit import STUDY_CHAIN, Actor
from pro_app.records.data_locks import STUDY, DataLock
from pro_app.records.store import Transaction
from pro_app.schedule.elements import Study

# Reasons come from a list: free words would end up in a trail that must name nobody.
LOCK_REASONS = ("data_clean", "interim_analysis", "final_analysis", "inspection", "other_reason")
UNLOCK_REASONS = ("error_found", "late_data", "analysis_over", "locked_by_mistake", "other_reason")


class LockRefused(ProAppError):
    """It makes no sense; the code says what is wrong."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__()


@dataclass(frozen=True, slots=True)
class Standing:
    """What is locked now, as this reader may know it, and every lock of before, the newest first."""

    in_force: tuple[DataLock, ...]
    history: tuple[DataLock, ...]

    def of(self, scope: str) -> DataLock | None:
        return next((one for one in self.in_force if one.scope == scope), None)

    def covering(self, site: str) -> tuple[DataLock, ...]:
        return tuple(one for one in self.in_force if one.covers(site))


def standing(tx: Transaction, sites: tuple[str, ...]) -> Standing:
    """The locks of `sites` and of the study."""
    known = (STUDY, *sites)
    return Standing(
        tuple(one for one in data_locks.in_force(tx) if one.scope in known),
        tuple(one for one in data_locks.history(tx) if one.scope in known),
    )


def lock(tx: Transaction, study: Study, scope: str, reason: str, actor: Actor, now: datetime) -> int:
    """Lock a site, or with `STUDY` every site; returns how many participants are locked by it that were not.

    Raises `LockRefused`, `LockedAlready`.
    """
    sites = _sites(study, scope)
    if reason not in LOCK_REASONS:
        raise LockRefused("lock_reason")
    data_locks.add(tx, scope, actor.name, reason, now)
    return _carried_out(tx, study, scope, sites, "data_locked", reason, actor, now)


def unlock(tx: Transaction, study: Study, scope: str, reason: str, actor: Actor, now: datetime) -> int:
    """Lift the lock of this scope; a lock of the other kind goes on holding. Returns how many are free now.

    Raises `LockRefused`, `NotLocked`.
    """
    sites = _sites(study, scope)
    if reason not in UNLOCK_REASONS:
        raise LockRefused("lock_reason")
    data_locks.lift(tx, scope, actor.name, reason, now)
    return _carried_out(tx, study, scope, sites, "data_unlocked", reason, actor, now)


def _sites(study: Study, scope: str) -> tuple[str, ...]:
    every = tuple(sorted(site.code for site in study.sites))
    if scope == STUDY:
        return every
    if scope not in every:
        raise LockRefused("lock_scope")
    return (scope,)


def _carried_out(
    tx: Transaction,
    study: Study,
    scope: str,
    sites: tuple[str, ...],
    action: str,
    reason: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Participants first, then the trail, then participants again: in the order in which everybody writes,
    and with whoever was enrolled meanwhile."""
    count = data_locks.spread(tx, sites)
    detail = {"scope": scope, "reason": reason}
    for chain in (*sites, STUDY_CHAIN):
        audit.append(tx, chain, actor, action, study.id, detail, now)
    return count + data_locks.spread(tx, sites)

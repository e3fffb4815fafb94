"""An outside witness of the audit trail: once a day the heads of all chains go to each registry.

1. After midnight UTC, once for the day that ended: write down the length and the head of every chain.
2. Each registry that takes digests gets it, outside any transaction; one that is away is asked again later.
3. `compare` reads an earlier digest and says where today's trail no longer leads through it.

With `send` and `sync` an action that commits by itself, between noting a digest and the call.
"""

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from pro_app.errors import ProAppError
from pro_app.ports import Registry, RegistryRefused, Witness
from pro_app.records import audit, audit_digests
from pro_app.records.audit import CLOCK, STUDY_CHAIN
from pro_app.records.audit_digests import Digest
from pro_app.records.store import Store, Transaction

log = logging.getLogger(__name__)

FORMAT = "pro-follow-up audit digest 1"
FIRST_DELAY = timedelta(minutes=5)
LONGEST_DELAY = timedelta(hours=6)
NO_DIGESTS = "registry_takes_no_digest"
NO_REGISTRY = "no registry"


class DigestUnreadable(ProAppError):
    """The file is none of our digests, or was changed."""

    code = "digest_unreadable"


@dataclass(frozen=True, slots=True)
class Result:
    """How many digests were made, delivered, put off, and refused."""

    made: int = 0
    delivered: int = 0
    later: int = 0
    refused: int = 0


def write(tx: Transaction, study: str, day: date, now: datetime) -> str:
    """The digest of this moment as the document that leaves: JSON, one way to write it, no participant."""
    chains = {
        chain: {"length": length, "head": head} for chain, (length, head) in audit.heads(tx).items() if length
    }
    told = {
        "format": FORMAT,
        "study": study,
        "day": day.isoformat(),
        "made_at": now.isoformat(timespec="seconds"),
        "chains": chains,
    }
    return json.dumps(told, sort_keys=True, separators=(",", ":"))


def hash_of(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()


def witness(store: Store, registries: Sequence[Registry], study: str, now: datetime) -> Result:
    """Make yesterday's digest if there is none, and deliver what waits. Safe to run several times."""
    made = _make(store, registries, study, now)
    with store.reading() as tx:
        waiting = audit_digests.due(tx, now)
    outcomes = [_deliver(store, registries, one, now) for one in waiting]
    return Result(made, outcomes.count("delivered"), outcomes.count("later"), outcomes.count("refused"))


def _make(store: Store, registries: Sequence[Registry], study: str, now: datetime) -> int:
    day = now.date() - timedelta(days=1)
    with store.reading() as tx:
        if audit_digests.made_for(tx, day) or not audit.length(tx):
            return 0
    with store.writing() as tx:
        if audit_digests.made_for(tx, day):
            return 0
        body = write(tx, study, day, now)
        for one in registries:
            problem = None if isinstance(one, Witness) else NO_DIGESTS
            audit_digests.add(tx, day, one.name, body, hash_of(body), problem, now)
        if not registries:
            audit_digests.add(tx, day, NO_REGISTRY, body, hash_of(body), NO_DIGESTS, now)
    return 1


def _deliver(store: Store, registries: Sequence[Registry], one: Digest, now: datetime) -> str:
    taker = next((each for each in registries if each.name == one.registry), None)
    try:
        if not isinstance(taker, Witness):
            raise RegistryRefused(words=NO_DIGESTS)
        remote_id = taker.deliver_digest(one.day, one.body, one.hash)
    except RegistryRefused as fault:
        with store.writing() as tx:
            audit_digests.park(tx, one, str(fault)[:300])
        return "refused"
    except Exception as fault:
        wait = min(FIRST_DELAY * 2 ** min(one.attempts, 10), LONGEST_DELAY)
        log.warning("digest of %s: %s: %s", one.day, one.registry, type(fault).__name__)
        with store.writing() as tx:
            audit_digests.postpone(tx, one, _words(fault), now + wait)
        return "later"
    with store.writing() as tx:
        if audit_digests.delivered(tx, one, remote_id, now):
            detail = {"day": one.day.isoformat(), "hash": one.hash}
            audit.append(tx, STUDY_CHAIN, CLOCK, "digest_delivered", one.registry[:80], detail, now)
    return "delivered"


def _words(fault: Exception) -> str:
    """One line without values, as logs and pages may show it."""
    return str(fault).splitlines()[0][:300] if isinstance(fault, ProAppError) else type(fault).__name__


def compare(tx: Transaction, body: str) -> tuple[str, ...]:
    """A sentence for each chain that no longer leads through an earlier digest; raises `DigestUnreadable`."""
    try:
        told: Any = json.loads(body)
        if told["format"] != FORMAT:
            raise ValueError
        chains = {str(name): (int(at["length"]), str(at["head"])) for name, at in told["chains"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise DigestUnreadable() from fault
    faults = []
    for chain, (length, head) in sorted(chains.items()):
        found = audit.hash_at(tx, chain, length)
        if found is None:
            faults.append(f"{chain}: the digest has {length} rows, the trail no longer has row {length}.")
        elif found != head:
            faults.append(
                f"{chain}: row {length} is not the one in the digest: rows up to it were rewritten."
            )
    return tuple(faults)

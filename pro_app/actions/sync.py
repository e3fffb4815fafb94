"""Deliver what the outbox holds. With `send` the only action that commits by itself.

For each registry, until nothing is due or the limit is reached:
1. Leave it alone while a person has paused it or its circuit is open; when the circuit's time has
   come, knock with a single row, due or not.
2. Claim a batch, at most one row per participant, and commit: the network is never called inside a
   transaction, so a slow registry can't hold up a patient's answer.
3. Read the parcels, deliver them side by side.
4. Record every outcome in one transaction: receipt, later (growing delay with jitter), or parked with
   the registry's words.
5. Any answer closes the circuit, and what waited for the registry's sake is due at once. Several
   failures in a row open it, for longer each time.
One bad record never holds up the others: a row that keeps failing while others get through is parked.
"""

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from pro_app.errors import ProAppError
from pro_app.ports import Parcel, Registry, RegistryAway, RegistryReceipt, RegistryRefused
from pro_app.records import circuits, outbox, outbox_tally, parcels
from pro_app.records.outbox import Claim
from pro_app.records.parcels import KeptBeside
from pro_app.records.store import Store, Transaction

Resting = Literal["", "circuit", "paused"]

log = logging.getLogger(__name__)

SIDE_BY_SIDE = 8
# A patient's answer waits while a batch is claimed and while its outcomes are written: a few statements each.
BATCH = 32
FAILURES_THAT_OPEN = circuits.OPEN_AFTER
FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(hours=1)
FIRST_REST = timedelta(seconds=30)
LONGEST_REST = timedelta(minutes=15)
TRIES_WHILE_OTHERS_PASS = 12
RECENT = timedelta(hours=1)
FOR_EVER = timedelta.max
AT_ONCE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Result:
    """One registry's share of a run. resting: its circuit is open, or a person paused it."""

    registry: str
    delivered: int = 0
    later: int = 0
    parked: int = 0
    resting: Resting = ""


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one claim. `spoke`: the registry gave an answer about this parcel."""

    claim: Claim
    kind: Literal["delivered", "later", "parked", "untried"]
    words: str = ""
    receipt: RegistryReceipt | None = None
    retry_after: int = 0
    spoke: bool = False


class Beat:
    """Lets deliveries begin one by one, so far `apart`, from however many threads they come.

    A registry that answers quickly is then spoken to by one thread at a time, and a patient's answer in this
    process finds the processor and the database free between two of them.
    """

    def __init__(self, apart: timedelta) -> None:
        self._apart = apart.total_seconds()
        self._lock = threading.Lock()
        self._next = 0.0

    def wait(self) -> None:
        with self._lock:
            now = time.monotonic()
            begins = max(now, self._next)
            self._next = begins + self._apart
        if begins > now:
            time.sleep(begins - now)


@dataclass(slots=True)
class _Run:
    """One registry's turn: the counts so far, and the moment, which moves on while we work."""

    store: Store
    registry: Registry
    study: str
    citations: Mapping[str, str]
    started: datetime
    chance: Callable[[], float]
    beat: Beat
    counts: Counter[str] = field(default_factory=Counter)
    began: float = field(default_factory=time.monotonic)

    def moment(self) -> datetime:
        return self.started + timedelta(seconds=time.monotonic() - self.began)

    def result(self, resting: Resting = "") -> Result:
        counts = self.counts
        return Result(
            self.registry.name, counts["delivered"], counts["later"], counts["parked"], resting=resting
        )


def sync(
    store: Store,
    registries: Iterable[Registry],
    now: datetime,
    limit: int = 500,
    *,
    study: str,
    citations: Mapping[str, str],
    within: timedelta = FOR_EVER,
    apart: timedelta = AT_ONCE,
    chance: Callable[[], float] = random.random,
) -> tuple[Result, ...]:
    """Deliver up to `limit` rows to each of `registries`; safe to run twice at the same time.

    study: the id that the registries know it by. citations: instrument id to its scoring rules.
    within: after so long no further batch is begun with a registry, so that what else is to be done is done.
    apart: a delivery begins at the earliest so long after the one before it, so that nobody who answers
    meanwhile is kept waiting. chance: a number in [0, 1) for the jitter.
    """
    return tuple(
        _one_registry(_Run(store, registry, study, citations, now, chance, Beat(apart)), limit, within)
        for registry in registries
    )


def _one_registry(run: _Run, limit: int, within: timedelta) -> Result:
    name = run.registry.name
    left = limit
    with ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix=f"sync {name}") as pool:
        while left > 0 and (moment := run.moment()) - run.started < within:
            with run.store.reading() as tx:
                circuit = circuits.read(tx, name)
            if circuit.paused_since is not None:
                return run.result("paused")
            knocking = circuit.failures >= FAILURES_THAT_OPEN
            if knocking and circuit.until is not None and circuit.until > moment:
                return run.result("circuit")
            with run.store.writing(short=True) as tx:
                claims = outbox.claim(tx, name, moment, 1 if knocking else min(BATCH, left), early=knocking)
            if not claims:
                break
            deliver = _Delivery(run.registry, run.beat)
            _record(run, list(pool.map(deliver, _with_parcels(run, claims))), circuit)
            left -= len(claims)
    return run.result()


def _with_parcels(run: _Run, claims: tuple[Claim, ...]) -> list[tuple[Claim, Parcel | KeptBeside]]:
    with run.store.reading() as tx:
        built = parcels.build(tx, claims, run.study, run.citations)
    return [(claim, built[claim.id]) for claim in claims]


class _Delivery:
    """Delivers a batch's parcels from several threads, until too many found the registry away."""

    def __init__(self, registry: Registry, beat: Beat) -> None:
        self._registry, self._beat = registry, beat
        self._away = 0

    def __call__(self, pair: tuple[Claim, Parcel | KeptBeside]) -> Fate:
        claim, parcel = pair
        if isinstance(parcel, KeptBeside):
            return Fate(claim, "parked", str(parcel))
        if self._away >= FAILURES_THAT_OPEN:
            # Forty rows that each wait for a time-out would keep the claim for minutes.
            return Fate(claim, "untried")
        self._beat.wait()
        try:
            receipt = self._registry.deliver(parcel)
        except RegistryRefused as fault:
            return Fate(claim, "parked", _words(fault), spoke=True)
        except RegistryAway as fault:
            self._away += 1
            return Fate(claim, "later", _words(fault), retry_after=_retry_after(fault))
        except Exception as fault:
            # An adapter that stumbles over one parcel must not stop the others; a person looks at it.
            log.exception("response %s could not be prepared for %s", parcel.response, self._registry.name)
            return Fate(claim, "parked", f"could not be prepared: {type(fault).__name__}")
        self._away = 0
        return Fate(claim, "delivered", receipt=receipt, spoke=True)


def _record(run: _Run, fates: list[Fate], circuit: circuits.Circuit) -> None:
    """Outcomes and circuit in one transaction; an outcome whose claim was lost is not counted."""
    name, moment = run.registry.name, run.moment()
    spoke = any(fate.spoke for fate in fates)
    away = [fate for fate in fates if fate.kind == "later"]
    with run.store.writing(short=True) as tx:
        last = outbox_tally.last_receipt(tx, name)
        others_pass = spoke or (last is not None and moment - last < RECENT)
        received = [(fate.claim, fate.receipt) for fate in fates if fate.receipt is not None]
        run.counts["delivered"] += len(outbox.delivered_together(tx, received, moment))
        for fate in fates:
            if fate.receipt is None:
                run.counts[_settle(tx, fate, others_pass, moment, run.chance)] += 1
        if spoke and circuit.failures:
            circuits.well(tx, name)
            outbox.hurry(tx, name, moment)
        elif away and not spoke:
            failures = circuit.failures + min(len(away), FAILURES_THAT_OPEN)
            rest = _grown(FIRST_REST, failures // FAILURES_THAT_OPEN, LONGEST_REST, run.chance())
            asked = timedelta(seconds=max(fate.retry_after for fate in away))
            until = moment + max(rest, min(asked, LONGEST_DELAY))
            circuits.failed(tx, name, failures, until, circuit.since or moment)


def _settle(
    tx: Transaction, fate: Fate, others_pass: bool, moment: datetime, chance: Callable[[], float]
) -> str:
    """What becomes of a claim without a receipt; "lost" when somebody else has it by now."""
    claim = fate.claim
    if fate.kind == "untried":
        outbox.release(tx, claim)
        return "untried"
    poisonous = fate.kind == "later" and others_pass and claim.attempts + 1 >= TRIES_WHILE_OTHERS_PASS
    if fate.kind == "parked" or poisonous:
        return "parked" if outbox.parked(tx, claim, fate.words) else "lost"
    delay = _grown(FIRST_DELAY, claim.attempts, LONGEST_DELAY, chance())
    asked = min(timedelta(seconds=fate.retry_after), LONGEST_DELAY)
    return "later" if outbox.later(tx, claim, fate.words, moment + max(delay, asked)) else "lost"


def _grown(first: timedelta, times: int, longest: timedelta, chance: float) -> timedelta:
    """`first` doubled `times` times, at most `longest`, and then between 75 % and 125 % of that."""
    doubled: timedelta = first * (2 ** min(times, 20))
    return min(doubled, longest) * (0.75 + chance / 2)


def _words(fault: ProAppError) -> str:
    return str(fault.params.get("words", fault))


def _retry_after(fault: ProAppError) -> int:
    seconds = fault.params.get("retry_after")
    return seconds if isinstance(seconds, int) else 0

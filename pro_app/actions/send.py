"""Sending what was decided. With `sync` the only action that commits by itself.

1. Claims of processes that died run out: due again, or unknown if the provider may have the message.
2. Providers are asked, by our reference, what became of unknown messages.
3. A batch of due deliveries is claimed and committed.
4. For each: inside the claim the right to contact is asked again, from the participant, the answers and the
   plan as they are at this moment. Whoever may not be written to is not, and the reason is kept.
5. The row is marked as handed over, committed, and only then the provider is called, outside any
   transaction: a slow provider can't hold up a patient's answer.
6. The outcome is recorded. "Later" tries the channel's next provider, then waits, longer each time.
One delivery that fails never holds up the others.
"""

import logging
import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from pro_app import journey
from pro_app.errors import ProAppError
from pro_app.instruments.inviting import NO_WORDING
from pro_app.letters import letter, reach
from pro_app.letters.carriers import Carriers, FindsByAddress
from pro_app.letters.handing import MOST_TRIES, Handing
from pro_app.letters.letter import Letter
from pro_app.links import Links
from pro_app.ports import Messenger, Outcome
from pro_app.records import deliveries, participants
from pro_app.records import delivery_claims as claims
from pro_app.records.deliveries import Delivery
from pro_app.records.delivery_claims import Claim
from pro_app.records.store import Store
from pro_app.schedule.elements import Study
from pro_app.schedule.reminding import obstacle

log = logging.getLogger(__name__)

SIDE_BY_SIDE = 4
BATCH = 20


@dataclass(frozen=True, slots=True)
class Post:
    """What sending needs besides the database. `base_url`: what links and short addresses begin with.

    unworded: timepoints nobody may be invited to, since the owner's wording is not installed.
    """

    study: Study
    carriers: Carriers
    links: Links
    base_url: str
    unworded: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Result:
    """How many deliveries came to what. `unknown`: perhaps sent; the provider will be asked."""

    sent: int = 0
    withheld: int = 0
    later: int = 0
    failed: int = 0
    unknown: int = 0


@dataclass(slots=True, kw_only=True)
class _Run(Handing):
    """One call of `send`, with the counts so far."""

    post: Post
    counts: Counter[str] = field(default_factory=Counter)


def send(
    store: Store, post: Post, now: datetime, limit: int = 1000, *, chance: Callable[[], float] = random.random
) -> Result:
    """Send up to `limit` due deliveries; safe to run several times at once, in any number of processes.

    chance: a number in [0, 1) for the jitter of delays.
    """
    run = _Run(store=store, carriers=post.carriers, started=now, chance=chance, post=post)
    with store.writing() as tx:
        claims.expire(tx, now)
        doubtful = claims.doubtful(tx, now, limit)
    with ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="send") as pool:
        for _ in pool.map(lambda row: _ask(run, row), doubtful):
            pass
        left = limit
        while left > 0:
            with store.writing() as tx:
                batch = claims.claim(tx, run.moment(), min(BATCH, left))
            if not batch:
                break
            run.counts.update(pool.map(lambda mine: _deliver(run, mine), batch))
            left -= len(batch)
    counts = run.counts
    return Result(counts["sent"], counts["withheld"], counts["later"], counts["failed"], counts["unknown"])


def _deliver(run: _Run, mine: Claim) -> str:
    """One claimed delivery, with each provider in turn until one has an answer."""
    channel = mine.delivery.channel
    order = run.carriers.order(channel, run.moment())
    last: Outcome | None = None
    for messenger in order:
        try:
            ready = _permitted(run, mine, messenger)
        except Exception as fault:
            return _stumbled(run, mine, fault)
        if not isinstance(ready, Letter):
            return ready
        said = run.call(messenger, ready.reference, partial(ready.for_provider, messenger))
        if said.status not in ("later", "refused"):
            return _settle(run, mine, said, ready.to)
        # One that would take it later is worth waiting for, one that never will is not.
        last = said if last is None or said.status == "later" else last
    if last is None:
        return _nobody_well(run, mine)
    return _settle(run, mine, last, "") if last.status == "refused" else _later(run, mine, last)


def _permitted(run: _Run, mine: Claim, messenger: Messenger) -> Letter | str:
    """Ask for the right to contact once more and mark the hand-over, in one transaction.

    Returns the letter, or in one word why there is none. The caller calls the provider after the commit.
    """
    now = run.moment()
    with run.store.writing() as tx:
        if not claims.holds(tx, mine, now):
            return "lost"
        row, study = mine.delivery, run.post.study
        if row.timepoint in run.post.unworded:
            claims.withhold(tx, mine, NO_WORDING, now)
            return "withheld"
        person = participants.by_id(tx, row.participant_id)
        course = journey.of(tx, study, person, now)
        rows = deliveries.of_participant(tx, person.id)
        identity = participants.identity_of(tx, person)
        willing = person.id not in deliveries.unwilling(tx, [person.id])
        found = obstacle(
            study,
            course.site,
            reach.facts_of(tx, person, identity, rows, willing=willing),
            [(stop.visit, stop.assessment.state) for stop in course.stops],
            row.as_past(),
            [other.as_past() for other in rows if other.id != row.id],
            now,
        )
        if found:
            claims.withhold(tx, mine, str(found.reason), now, found.until)
            return "withheld"
        closes = course.at(row.timepoint).visit.closes
        assert closes is not None, "a visit that may be reminded of has its days"
        written = letter.write(
            study, course.site, run.post.links, run.post.base_url, person, identity, row, closes
        )
        claims.hand_over(tx, mine, messenger.name, now)
        return written


def _settle(run: _Run, mine: Claim, said: Outcome, to: str) -> str:
    with run.store.writing() as tx:
        hashed = deliveries.address_hash(tx, to) if said.status == "address_refused" else ""
        kept = claims.settle(tx, mine, reach.discreet(said), hashed, run.moment())
    if not kept:
        return "lost"
    return {"accepted": "sent", "delivered": "sent", "unknown": "unknown"}.get(said.status, "failed")


def _later(run: _Run, mine: Claim, said: Outcome) -> str:
    words = reach.discreet(said).detail
    with run.store.writing() as tx:
        if mine.delivery.attempts + 1 >= MOST_TRIES:
            return "failed" if claims.fail(tx, mine, "delivery_given_up", words, run.moment()) else "lost"
        next_at = run.moment() + run.wait(mine.delivery.attempts)
        return "later" if claims.postpone(tx, mine, words, next_at) else "lost"


def _nobody_well(run: _Run, mine: Claim) -> str:
    """All the channel's providers rest after failures, or it has none at all."""
    now, carriers, channel = run.moment(), run.carriers, mine.delivery.channel
    with run.store.writing() as tx:
        if not carriers.serves(channel):
            return "failed" if claims.fail(tx, mine, "delivery_no_provider", "", now) else "lost"
        rested = carriers.rested_at(channel, now) + timedelta(seconds=5 * run.chance())
        return "later" if claims.postpone(tx, mine, "every provider is away", rested) else "lost"


def _stumbled(run: _Run, mine: Claim, fault: Exception) -> str:
    """The message could not be written (a sealed field, an unknown site): nothing was handed over."""
    code = fault.code if isinstance(fault, ProAppError) else type(fault).__name__
    log.warning("delivery %s can't be written: %s", mine.delivery.reference, code)
    with run.store.writing() as tx:
        if mine.delivery.attempts + 1 >= MOST_TRIES:
            return "failed" if claims.fail(tx, mine, "delivery_unsendable", code, run.moment()) else "lost"
        next_at = run.moment() + run.wait(mine.delivery.attempts)
        return "later" if claims.postpone(tx, mine, code, next_at, count=True) else "lost"


def _ask(run: _Run, row: Delivery) -> None:
    """Ask the provider about one unknown delivery and write down what it knows."""
    messenger = run.carriers.named(row.provider, row.channel)
    said: Outcome | None = None
    if messenger is not None:
        try:
            if isinstance(messenger, FindsByAddress):
                with run.store.reading() as tx:
                    to = reach.present_address(tx, row)
                said = messenger.find(row.reference, to, row.sent_at or row.decided_at, run.moment())
            else:
                said = messenger.look_up(row.reference)
        except Exception as fault:
            log.warning("delivery %s: look-up failed: %s", row.reference, type(fault).__name__)
    with run.store.writing() as tx:
        refused = said is not None and said.status == "address_refused"
        hashed = reach.refused_hash(tx, row) if refused else ""
        claims.resolve(tx, row, reach.discreet(said) if said else None, hashed, run.moment())

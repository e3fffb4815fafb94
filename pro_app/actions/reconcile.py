"""Compare what we delivered with what a registry holds: counts and content hashes per site and visit.

1. Read ours: for every record the newest delivered response, as the entry it must have there.
2. Read theirs, page by page, outside any transaction.
3. Read ours again: a record that is on its way is not a difference.
4. List every record that is missing, altered, or there without being ours.
A registry that answers 200 and stores nothing, or loses a row later, is found here and nowhere else.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pro_app.ports import RegistryAway, RegistryRefused
from pro_app.records import audit, comparisons, outbox_by_hand, parcels
from pro_app.records.audit import CLOCK, STUDY_CHAIN, Actor
from pro_app.records.comparisons import Counted, Listed
from pro_app.records.ledger import Entry, Ledger
from pro_app.records.store import Store

DAILY = timedelta(hours=23)
AGAIN = timedelta(hours=1)
LISTED = 1000
Kind = Literal["missing", "altered", "extra", "twice"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One record on which the two sides disagree; `row` is our outbox row, None for an extra one."""

    kind: Kind
    record: str
    study_number: str
    site: str
    timepoint: str
    instrument: str
    row: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """One site's visit: how many records each side has, and one hash over all of their contents."""

    site: str
    timepoint: str
    ours: int
    theirs: int
    our_hash: str
    their_hash: str

    @property
    def equal(self) -> bool:
        return (self.ours, self.our_hash) == (self.theirs, self.their_hash)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result for one registry at one instant."""

    registry: str
    at: datetime
    lines: tuple[Line, ...]
    differences: tuple[Difference, ...]

    @property
    def in_step(self) -> bool:
        return not self.differences


@dataclass(frozen=True, slots=True)
class _Mine:
    entry: Entry
    row: int
    settled: bool


def reconcile(
    store: Store, ledger: Ledger, now: datetime, *, study: str, citations: Mapping[str, str]
) -> Comparison:
    """Compare with one registry. Raises `RegistryAway` or `RegistryRefused` when it can't be read."""
    before = _ours(store, ledger, study, citations)
    theirs: dict[str, list[Entry]] = defaultdict(list)
    for entry in ledger.held(study):
        theirs[entry.remote_id].append(entry)
    after = _ours(store, ledger, study, citations)
    # On its way just now, or changed while we read: neither side is wrong about it.
    moving = {
        record
        for record in before.keys() | after.keys()
        if before.get(record) != after.get(record) or not after[record].settled
    }
    differences = [
        one
        for record in sorted(after.keys() | theirs.keys())
        if record not in moving and (one := _difference(record, after.get(record), theirs.get(record, [])))
    ]
    ours = [mine.entry for record, mine in after.items() if record not in moving]
    there = [entry for record, held in theirs.items() if record not in moving for entry in held]
    return Comparison(ledger.name, now, _lines(ours, there), tuple(differences))


def send_again(store: Store, found: Comparison, actor: Actor, now: datetime) -> int:
    """Put what is missing or altered there back on its way; returns how many rows now wait."""
    rows: Collection[int] = [one.row for one in found.differences if one.row is not None]
    with store.writing() as tx:
        count = outbox_by_hand.resend(tx, rows, now)
        if count:
            about = comparisons.subject(found.registry)
            audit.append(tx, STUDY_CHAIN, actor, "registry_resent", about, {"rows": count}, now)
    return count


def remember(store: Store, found: Comparison, actor: Actor) -> None:
    """Put the result into the audit trail, with the first thousand differences and the counts."""
    listed = [
        Listed(one.kind, one.study_number, one.site, one.timepoint, one.instrument)
        for one in found.differences[:LISTED]
    ]
    lines = [Counted(one.site, one.timepoint, one.ours, one.theirs, one.equal) for one in found.lines]
    with store.writing() as tx:
        comparisons.remember(tx, found.registry, len(found.differences), listed, lines, actor, found.at)


def daily(
    store: Store, registries: Iterable[object], now: datetime, *, study: str, citations: Mapping[str, str]
) -> tuple[Comparison, ...]:
    """Compare with every registry whose books were not compared for a day; called by each tick.

    A registry that can't be read is tried again after an hour, and both are remembered. A person's wish for
    a comparison is granted once, with the next tick.
    """
    done = []
    for registry in registries:
        if not isinstance(registry, Ledger):
            continue
        with store.reading() as tx:
            last = comparisons.standing(tx, registry.name)
        rested = not _younger(last.compared_at, now, DAILY) and not _younger(last.tried_at, now, AGAIN)
        asked = last.asked_at is not None and (last.tried_at is None or last.asked_at > last.tried_at)
        if not (rested or asked):
            continue
        try:
            found = reconcile(store, registry, now, study=study, citations=citations)
        except (RegistryAway, RegistryRefused) as fault:
            with store.writing() as tx:
                comparisons.remember_failure(tx, registry.name, str(fault), CLOCK, now)
            continue
        remember(store, found, CLOCK)
        done.append(found)
    return tuple(done)


def _younger(moment: datetime | None, now: datetime, age: timedelta) -> bool:
    return moment is not None and now - moment < age


def _ours(store: Store, ledger: Ledger, study: str, citations: Mapping[str, str]) -> dict[str, _Mine]:
    with store.reading() as tx:
        found = {}
        for record in parcels.records(tx, ledger.name, study, citations):
            entry = ledger.entry(record.parcel)
            found[entry.remote_id] = _Mine(entry, record.row, record.settled)
        return found


def _difference(record: str, mine: _Mine | None, theirs: list[Entry]) -> Difference | None:
    kind: Kind
    if mine is None:
        kind = "extra"
    elif not theirs:
        kind = "missing"
    elif len(theirs) > 1:
        kind = "twice"
    elif _says(mine.entry) != _says(theirs[0]):
        kind = "altered"
    else:
        return None
    about = mine.entry if mine else theirs[0]
    row = mine.row if mine else None
    return Difference(kind, record, about.study_number, about.site, about.timepoint, about.instrument, row)


def _says(entry: Entry) -> tuple[str, ...]:
    return entry.study_number, entry.site, entry.timepoint, entry.instrument, entry.content_hash


def _lines(ours: Iterable[Entry], theirs: Iterable[Entry]) -> tuple[Line, ...]:
    sides: tuple[dict[tuple[str, str], list[str]], ...] = (defaultdict(list), defaultdict(list))
    for side, entries in zip(sides, (ours, theirs), strict=True):
        for entry in entries:
            side[entry.site, entry.timepoint].append(entry.content_hash)
    mine, hers = sides
    return tuple(
        Line(*place, len(mine[place]), len(hers[place]), _together(mine[place]), _together(hers[place]))
        for place in sorted(mine.keys() | hers.keys())
    )


def _together(hashes: list[str]) -> str:
    return hashlib.sha256("\n".join(sorted(hashes)).encode()).hexdigest()

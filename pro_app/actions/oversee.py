"""What people see of the registries and do about them: where each stands, send again, hold, pause, compare.

Every deed is in the audit trail, in the transaction of the deed: on the site's chain when one site is meant.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from pro_app.errors import NotFound
from pro_app.records import audit, circuits, comparisons, outbox_by_hand, outbox_tally
from pro_app.records.audit import STUDY_CHAIN, Actor
from pro_app.records.circuits import Circuit
from pro_app.records.comparisons import Standing
from pro_app.records.outbox_tally import Held, Tally
from pro_app.records.store import Transaction
from pro_app.schedule.elements import Destination, Study

LATELY = timedelta(hours=1)
SHOWN = 200

State = Literal["paused", "away", "differs", "refused", "sending", "in_step"]
Record = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class View:
    """One registry as one reader may see it.

    state: the first of these that is so, worst first. since: since when it is, None for "in step" before any
    comparison. tally, sites, held and the comparison's records are those of the reader's sites. lately: how
    many rows it confirmed within the last hour. words: what was said when it was tried last.
    """

    registry: Destination
    state: State
    since: datetime | None
    tally: Tally
    sites: Mapping[str, Tally]
    held: tuple[Held, ...]
    circuit: Circuit
    standing: Standing
    lately: int
    words: str

    @property
    def unheard(self) -> int:
        """Rows that are not through and are not in `held`."""
        return self.tally.waiting + self.tally.parked + self.tally.paused - len(self.held)


def views(tx: Transaction, study: Study, sites: Collection[str], now: datetime) -> tuple[View, ...]:
    """Where every registry of the study stands, for a reader of `sites`."""
    return tuple(_view(tx, one, sites, len(study.sites), now) for one in study.registries)


def _view(
    tx: Transaction, registry: Destination, sites: Collection[str], all_sites: int, now: datetime
) -> View:
    name, mine = registry.id, None if len(sites) == all_sites else sites
    by_site = outbox_tally.by_site(tx, name, sites)
    tally = _together(name, by_site.values(), outbox_tally.last_receipt(tx, name, mine))
    circuit, standing = circuits.read(tx, name), comparisons.standing(tx, name)
    if mine is not None:
        standing = _of_sites(standing, mine)
    state, since = _state(tally, circuit, standing)
    return View(
        registry=registry,
        state=state,
        since=since,
        tally=tally,
        sites=by_site,
        held=outbox_tally.held(tx, name, SHOWN, sites),
        circuit=circuit,
        standing=standing,
        lately=outbox_tally.delivered_since(tx, name, now - LATELY, mine),
        words=outbox_tally.last_words(tx, name) if circuit.failures else "",
    )


def _together(registry: str, tallies: Collection[Tally], receipt: datetime | None) -> Tally:
    return Tally(
        registry,
        sum(one.waiting for one in tallies),
        sum(one.parked for one in tallies),
        sum(one.paused for one in tallies),
        min((one.oldest_waiting for one in tallies if one.oldest_waiting), default=None),
        min((one.oldest_parked for one in tallies if one.oldest_parked), default=None),
        receipt,
    )


def _of_sites(found: Standing, sites: Collection[str]) -> Standing:
    """The comparison's records and counts of these sites."""
    return replace(
        found,
        listed=tuple(one for one in found.listed if one.site in sites),
        lines=tuple(one for one in found.lines if one.site in sites),
    )


def _state(tally: Tally, circuit: Circuit, standing: Standing) -> tuple[State, datetime | None]:
    if circuit.paused_since is not None:
        return "paused", circuit.paused_since
    if circuit.failures >= circuits.OPEN_AFTER:
        return "away", circuit.since
    if standing.listed or not all(line.equal for line in standing.lines):
        return "differs", standing.out_of_step_since
    if tally.parked:
        return "refused", tally.oldest_parked
    if not tally.in_step:
        return "sending", tally.oldest_waiting
    return "in_step", standing.in_step_since


def send_again(
    tx: Transaction,
    study: Study,
    registry: str,
    row_ids: Collection[int],
    records: Collection[Record],
    sites: Collection[str],
    actor: Actor,
    now: datetime,
) -> int:
    """Put these rows and records of `sites` on their way again; returns how many rows now wait.

    Raises `NotFound` when the study has no such registry.
    """
    _known(study, registry)
    rows = set(outbox_by_hand.of_sites(tx, registry, row_ids, sites)) | set(
        outbox_by_hand.of_records(tx, registry, records, sites)
    )
    count = outbox_by_hand.resend(tx, rows, now)
    if count:
        _note(tx, "registry_resent", registry, {"rows": count}, sites, actor, now)
    return count


def hold(
    tx: Transaction,
    study: Study,
    registry: str,
    row_ids: Collection[int],
    sites: Collection[str],
    actor: Actor,
    now: datetime,
) -> int:
    """Keep waiting rows back until somebody sends them again; returns how many. Raises `NotFound`."""
    _known(study, registry)
    count = outbox_by_hand.pause(tx, outbox_by_hand.of_sites(tx, registry, row_ids, sites))
    if count:
        _note(tx, "registry_held", registry, {"rows": count}, sites, actor, now)
    return count


def pause(tx: Transaction, study: Study, registry: str, actor: Actor, now: datetime) -> None:
    """Send nothing to the registry until `resume`; answers go on being kept. Raises `NotFound`."""
    _known(study, registry)
    if circuits.read(tx, registry).paused_since is None:
        circuits.pause(tx, registry, actor.name, now)
        _note(tx, "registry_paused", registry, {}, (), actor, now)


def resume(tx: Transaction, study: Study, registry: str, actor: Actor, now: datetime) -> None:
    """Let a paused registry go on. Raises `NotFound`."""
    _known(study, registry)
    if circuits.read(tx, registry).paused_since is not None:
        circuits.resume(tx, registry)
        _note(tx, "registry_resumed", registry, {}, (), actor, now)


def compare(tx: Transaction, study: Study, registry: str, actor: Actor, now: datetime) -> None:
    """Have the books compared with the next tick. Raises `NotFound`."""
    _known(study, registry)
    comparisons.ask(tx, registry, actor, now)


def _known(study: Study, registry: str) -> None:
    if registry not in [one.id for one in study.registries]:
        raise NotFound()


def _note(
    tx: Transaction,
    action: str,
    registry: str,
    detail: Mapping[str, object],
    sites: Collection[str],
    actor: Actor,
    now: datetime,
) -> None:
    chain = next(iter(sites)) if len(sites) == 1 else STUDY_CHAIN
    audit.append(tx, chain, actor, action, comparisons.subject(registry), detail, now)

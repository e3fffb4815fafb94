"""`pro-app sync` and `pro-app reconcile`: bring the registry into step, and see whether it is."""

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime

import click

from pro_app.actions import oversee
from pro_app.actions import reconcile as reconciling
from pro_app.actions.reconcile import Comparison
from pro_app.actions.sync import Result
from pro_app.actions.sync import sync as run_sync
from pro_app.cli.opening import open_migrated
from pro_app.ports import RegistryAway, RegistryRefused
from pro_app.records import outbox_tally
from pro_app.records.audit import Actor
from pro_app.records.ledger import Ledger
from pro_app.wiring import Service

OPERATOR = Actor("cli", "command line")
SAID = {"missing": "missing there", "altered": "altered there", "extra": "not ours", "twice": "there twice"}


@click.command()
@click.option("--once", is_flag=True, help="Deliver what is due now and stop (the default is to go on).")
@click.option("--limit", default=10_000, show_default=True, help="At most so many deliveries in one run.")
@click.option("--pause", metavar="REGISTRY", help="Send nothing to REGISTRY until --resume.")
@click.option("--resume", metavar="REGISTRY", help="Let a paused REGISTRY go on.")
@click.option("--every", default=30, show_default=True, help="Seconds between runs without --once.")
def sync(once: bool, limit: int, pause: str | None, resume: str | None, every: int) -> None:
    """Deliver answers that wait to the study's registries, and say where each stands."""
    service = open_migrated()
    if pause or resume:
        _hold(service, pause, resume)
        return
    while True:
        for result in run_sync(
            service.store,
            service.registries,
            datetime.now(UTC),
            limit,
            study=service.study.id,
            citations=_citations(service),
        ):
            click.echo(_line(service, result))
        if once:
            return
        time.sleep(every)


@click.command()
@click.option("--resend", is_flag=True, help="Send what is missing or altered there again.")
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
def reconcile(resend: bool, as_json: bool) -> None:
    """Compare counts and content hashes with each registry, per site and visit; list every difference.

    Exit code 0: in step. 1: a registry could not be read. 3: there are differences.
    """
    service = open_migrated()
    worst = 0
    for registry in _readable(service):
        now = datetime.now(UTC)
        try:
            found = reconciling.reconcile(
                service.store, registry, now, study=service.study.id, citations=_citations(service)
            )
        except (RegistryAway, RegistryRefused) as fault:
            click.echo(f"{registry.name}: {fault}", err=True)
            worst = worst or 1
            continue
        reconciling.remember(service.store, found, OPERATOR)
        click.echo(json.dumps(asdict(found), default=str) if as_json else "\n".join(_report(found)))
        if not found.in_step:
            worst = 3
            if resend:
                count = reconciling.send_again(service.store, found, OPERATOR, now)
                click.echo(f"{registry.name}: {count} records wait to be sent again.", err=as_json)
    sys.exit(worst)


def _readable(service: Service) -> Iterator[Ledger]:
    for registry in service.registries:
        if isinstance(registry, Ledger):
            yield registry
        else:
            click.echo(f"{registry.name}: this kind of registry can't be read back.", err=True)


def _hold(service: Service, pause: str | None, resume: str | None) -> None:
    known = [registry.name for registry in service.registries]
    for name in (pause, resume):
        if name is not None and name not in known:
            raise click.BadParameter(f"there is no registry {name}; the study has {', '.join(known)}")
    with service.store.writing() as tx:
        if pause:
            oversee.pause(tx, service.study, pause, OPERATOR, datetime.now(UTC))
            click.echo(f"{pause}: paused. Answers go on being kept and queued.")
        if resume:
            oversee.resume(tx, service.study, resume, OPERATOR, datetime.now(UTC))
            click.echo(f"{resume}: goes on with the next run.")


def _citations(service: Service) -> dict[str, str]:
    return {one.id: one.scoring.citation for one in service.catalogue.instruments.values()}


def _line(service: Service, result: Result) -> str:
    with service.store.reading() as tx:
        tally = outbox_tally.tally(tx, result.registry)
    parts = [f"{result.delivered} delivered", f"{result.later} put off", f"{result.parked} refused"]
    if result.resting:
        parts.append("paused by a person" if result.resting == "paused" else "away, asked again later")
    state = "in step" if tally.in_step else f"{tally.waiting} waiting, {tally.parked} parked"
    return f"{result.registry}: {', '.join(parts)}; {state}."


def _report(found: Comparison) -> Iterator[str]:
    yield f"{found.registry}: " + (
        "in step." if found.in_step else f"NOT in step, {len(found.differences)} differences."
    )
    yield f"{'site':12} {'visit':12} {'ours':>6} {'theirs':>6}  content"
    for line in found.lines:
        content = "equal" if line.equal else f"{line.our_hash[:12]} / {line.their_hash[:12]}"
        yield f"{line.site:12} {line.timepoint:12} {line.ours:6} {line.theirs:6}  {content}"
    for one in found.differences:
        yield f"- {one.study_number} {one.site} {one.timepoint} {one.instrument}: {SAID[one.kind]}"

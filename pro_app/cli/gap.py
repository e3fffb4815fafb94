"""What may be missing since a restore: messages that are held, and records that only the registry has."""

import click

from pro_app.actions import reconcile
from pro_app.clock import utc_now
from pro_app.ports import RegistryAway, RegistryRefused
from pro_app.records import milestones
from pro_app.records.ledger import Ledger
from pro_app.wiring import Service


def show_gap(service: Service) -> None:
    """Print it; says so when there never was a restore."""
    with service.store.reading() as tx:
        gap = milestones.gap(tx)
        waiting = milestones.held(tx)
    if gap is None:
        click.echo("Nothing was ever restored here.")
        return
    click.echo(f"The gap: from {gap.made_at:%Y-%m-%d %H:%M} to {gap.restored_at:%Y-%m-%d %H:%M} UTC.")
    if milestones.EVERYBODY in gap.released:
        click.echo("Messages: released for everybody.")
    else:
        click.echo(f"Messages held: {len(waiting)}")
        for study_number, row in waiting:
            click.echo(f"- {study_number} {row.timepoint} {row.step} by {row.channel}")
    citations = {one.id: one.scoring.citation for one in service.catalogue.instruments.values()}
    for registry in service.registries:
        if not isinstance(registry, Ledger):
            click.echo(f"{registry.name}: this kind of registry can't be read back.")
            continue
        try:
            found = reconcile.reconcile(
                service.store, registry, utc_now(), study=service.study.id, citations=citations
            )
        except (RegistryAway, RegistryRefused) as fault:
            click.echo(f"{registry.name}: {fault}")
            continue
        extra = [one for one in found.differences if one.kind == "extra"]
        click.echo(f"{registry.name} holds {len(extra)} records that are not here:")
        for one in extra:
            click.echo(f"- {one.study_number} {one.site} {one.timepoint} {one.instrument}")

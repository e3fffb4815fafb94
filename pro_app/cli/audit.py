"""`pro-app audit`: is the trail whole, and does it still lead through what an outside witness was given?"""

from datetime import UTC, date, datetime
from pathlib import Path

import click

from pro_app.actions import witness
from pro_app.cli.opening import open_migrated
from pro_app.records import audit as trail
from pro_app.records import audit_digests


@click.group()
def audit() -> None:
    """Check the audit trail, by itself and against what a registry was given."""


@audit.command()
@click.option(
    "--digest",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An earlier digest, as a registry keeps it: the trail must still lead through it.",
)
def verify(file: Path | None) -> None:
    """Walk every chain; names each row that was edited, removed, moved or cut off (exit code 1)."""
    with open_migrated().store.reading() as tx:
        faults = trail.verify(tx)
        count = trail.length(tx)
        if file:
            faults += witness.compare(tx, file.read_text(encoding="utf-8"))
    for fault in faults:
        click.echo(fault, err=True)
    if faults:
        raise SystemExit(1)
    against = f", and leads through {file.name}" if file else ""
    click.echo(f"The audit trail is whole: {count} rows{against}.")


@audit.command()
@click.option("--day", help="The digest of that day as we kept it, for example 2026-12-01; else of now.")
def digest(day: str | None) -> None:
    """Print a digest: length and newest hash of every chain, to be kept where nobody here can change it."""
    service = open_migrated()
    with service.store.reading() as tx:
        if day is None:
            now = datetime.now(UTC)
            click.echo(witness.write(tx, service.study.id, now.date(), now))
            return
        try:
            found = audit_digests.of_day(tx, date.fromisoformat(day))
        except ValueError as fault:
            raise click.ClickException(f"{day} is no day; write it like 2026-12-01.") from fault
    if found is None:
        raise click.ClickException(f"There is no digest of {day}; one is made after each day (UTC).")
    click.echo(found.body)

"""`pro-app audit`: is the trail whole?"""

import click

from pro_app.cli.opening import open_migrated
from pro_app.records import audit as trail


@click.group()
def audit() -> None:
    """Check the audit trail."""


@audit.command()
def verify() -> None:
    """Walk every chain; names each row that was edited, removed, reordered or cut off (exit code 1)."""
    with open_migrated().store.reading() as tx:
        faults = trail.verify(tx)
        count = trail.length(tx)
    for fault in faults:
        click.echo(fault, err=True)
    if faults:
        raise SystemExit(1)
    click.echo(f"The audit trail is whole: {count} rows.")

"""`pro-app migrate`: bring the database to this release, or back."""

import click

from pro_app.cli.opening import open_service
from pro_app.records import migrating


@click.group()
def migrate() -> None:
    """Bring the database to this release's tables, or back to an earlier release's."""


@migrate.command()
def up() -> None:
    """Migrate to this release. Killed half-way, it leaves the old tables; run it again."""
    service = open_service()
    before = migrating.current(service.store)
    migrating.up(service.store)
    click.echo(f"The database was at {before or 'nothing'}, it is at {migrating.current(service.store)}.")


@migrate.command()
@click.argument("revision")
@click.confirmation_option(prompt="Going back can lose what only the newer tables hold. Is there a backup?")
def down(revision: str) -> None:
    """Migrate back to REVISION (`base` for an empty database)."""
    service = open_service()
    migrating.down(service.store, revision)
    click.echo(f"The database is at {migrating.current(service.store) or 'nothing'}.")

"""`pro-app keys`: the file with the keys to patients' personal fields."""

import os

import click

from pro_app.config import read_settings
from pro_app.keys import create_key_file


@click.group()
def keys() -> None:
    """Make the key file. Keep a copy apart from the backups: without it nothing sealed can be read."""


@keys.command()
def new() -> None:
    """Write a fresh key file to PRO_APP_KEY_FILE; an existing one is never touched."""
    path = read_settings(os.environ).key_file
    try:
        create_key_file(path)
    except FileExistsError as fault:
        raise click.ClickException(f"{path} is there already; nothing was changed.") from fault
    click.echo(f"Made {path}. Copy it to a safe place now, apart from the database.")

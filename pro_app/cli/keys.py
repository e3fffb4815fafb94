"""`pro-app keys`: the file with the keys to patients' personal fields, and the pair that seals backups."""

import os
import secrets
import socket
import sys
import time
from pathlib import Path

import click

from pro_app import key_file, sealed_stream
from pro_app.actions import rotate_keys
from pro_app.cli.backup import OPERATOR, write_secret
from pro_app.cli.opening import open_migrated
from pro_app.clock import utc_now
from pro_app.config import read_settings
from pro_app.keys import create_key_file
from pro_app.wiring import Service

SETTLE_S = 5.0


@click.group()
def keys() -> None:
    """Make and change the key file. Without it nothing sealed can be read: see that it is kept."""


@keys.command()
def new() -> None:
    """Write a fresh key file to PRO_APP_KEY_FILE; an existing one is never touched."""
    path = read_settings(os.environ).key_file
    try:
        create_key_file(path)
    except FileExistsError as fault:
        raise click.ClickException(f"{path} is there already; nothing was changed.") from fault
    click.echo(f"Made {path}. Copy it to a safe place now, apart from the database.")


@keys.command("backup-pair")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup_pair(file: Path) -> None:
    """Make the pair of keys for backups: the secret half goes to FILE, the public half is printed.

    Take FILE to a safe outside of this machine: whoever has it opens every backup.
    """
    secret, public = sealed_stream.new_pair()
    try:
        write_secret(file, secret)
    except FileExistsError as fault:
        raise click.ClickException(f"{file} is there already; nothing was changed.") from fault
    click.echo(f"PRO_APP_BACKUP_KEY={public}")
    click.echo(
        f"The secret half is in {file} (key {sealed_stream.fingerprint(public)}). Move it to a safe place "
        "away from this machine; a backup opens with nothing else.",
        err=True,
    )


@keys.command()
@click.option(
    "--announce", is_flag=True, help="Only add the new key, so that it can be copied to all machines."
)
@click.option("--settle", default=SETTLE_S, show_default=True, help="Seconds to wait for requests under way.")
def rotate(announce: bool, settle: float) -> None:
    """Seal every personal field anew with a new key, while everything serves; then retire the old key.

    Killed half-way, it goes on when it is called again. Where several machines have a key file each:
    --announce here, copy the file to all of them, `rotate` here, and copy the file again.
    """
    service = open_migrated()
    path = service.settings.key_file
    if announce:
        click.echo(f"Key {key_file.announce(path)} is in {path} and only opens yet. Copy the file now.")
        return
    _bury(service)
    first = _put_first(path)
    total, broken = _seal_anew(service, settle)
    if broken:
        names = ", ".join(sorted(set(broken)))
        click.echo(f"{len(broken)} fields do not open with any key at hand ({names}).", err=True)
        click.echo("Every old key is kept. Look for an older key file, or restore these rows.", err=True)
        raise SystemExit(1)
    retired = key_file.retire(path)
    with service.store.writing() as tx:
        rotate_keys.done(tx, _HOLDER, first, retired, total, OPERATOR, utc_now())
    service.store.close()
    click.echo(f"{total} fields are sealed with {first}; {', '.join(retired) or 'no key'} was retired.")
    click.echo("Copy the key file to its safe place now. Backups bring the keys they were made with.")


_MACHINE = socket.gethostname()[:30]
_HOLDER = f"{_MACHINE}/{os.getpid()}/{secrets.token_hex(4)}"


def _bury(service: Service) -> None:
    """What was killed on this machine need not be waited for."""
    with service.store.writing() as tx:
        other = rotate_keys.holder(tx, utc_now())
        machine, _, rest = (other or "").rpartition("/")[0].rpartition("/")
        if other and machine == _MACHINE and rest.isdigit() and not _lives(int(rest)):
            rotate_keys.take_over(tx, other, utc_now())


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _put_first(path: Path) -> str:
    """The key to seal with: the announced one, the one of an unfinished change, or a new one."""
    if key_file.announced(path) is None:
        if key_file.count(path) > 1:
            click.echo(f"Going on with key {key_file.first(path)}.")
            return key_file.first(path)
        key_file.announce(path)
    return key_file.put_first(path)


def _seal_anew(service: Service, settle: float) -> tuple[int, list[str]]:
    """Walk through all fields until a whole walk finds nothing left; returns how many, and what is broken."""
    with service.store.reading() as tx:
        wanted = rotate_keys.left(tx)
    total = 0
    with click.progressbar(length=max(wanted, 1), label="Sealing", file=sys.stderr) as bar:
        while True:
            sealed, broken = _walk(service, bar)
            total += sealed
            with service.store.reading() as tx:
                rest = rotate_keys.left(tx) - len(broken)
            if rest <= 0 and sealed == 0:
                return total, broken
            if rest <= 0:
                time.sleep(settle)  # a request that began with the old key has ended by then


def _walk(service: Service, bar: object) -> tuple[int, list[str]]:
    sealed = 0
    broken: list[str] = []
    place: rotate_keys.Place | None = rotate_keys.START
    while place is not None:
        with service.store.writing() as tx:
            step = rotate_keys.batch(tx, place, _HOLDER, utc_now())
        sealed += step.sealed
        broken += step.broken
        bar.update(step.sealed)  # type: ignore[attr-defined]
        place = step.next
    return sealed, broken

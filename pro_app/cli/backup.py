"""`pro-app backup`: everything that can't be made again, in one sealed file, while programs serve."""

import os
import sys
from importlib.metadata import version
from pathlib import Path

import click

from pro_app import sealed_stream
from pro_app.actions import back_up as saving
from pro_app.cli.opening import open_service
from pro_app.clock import utc_now
from pro_app.config import Settings
from pro_app.errors import ProAppError
from pro_app.records import migrating
from pro_app.records.audit import Actor
from pro_app.wiring import Service

DEMO_SECRET = "backup-secret.txt"
OPERATOR = Actor("staff", "command line")


class NoBackupKey(ProAppError):
    """In production it must be said for whom backups are closed."""

    code = "backup_no_key"


def public_key(settings: Settings) -> str:
    """For whom backups are closed; a demonstration makes a pair of its own. Raises `NoBackupKey`."""
    if settings.backup_key:
        return settings.backup_key
    if not settings.demo:
        raise NoBackupKey()
    path = settings.data_dir / DEMO_SECRET
    if not path.exists():
        write_secret(path, sealed_stream.new_pair()[0])
    return sealed_stream.public_half(path.read_text(encoding="utf-8"))


def write_secret(path: Path, secret: str) -> None:
    """Raises `FileExistsError`."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{secret}\n")


def write(service: Service, path: Path, *, with_keys: bool, show: bool = True) -> saving.Made:
    """Make the backup aside, flush it to the disk, and only then give it its name."""
    settings = service.settings
    aside = path.with_name(f".{path.name}.part")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with (
            os.fdopen(descriptor, "wb") as file,
            service.store.snapshot() as tx,
            click.progressbar(length=1, label="Saving", file=sys.stderr, hidden=not show) as bar,
        ):
            made = saving.back_up(
                tx,
                file,
                public_key(settings),
                study=service.study.id,
                version=version("pro-follow-up"),
                folder=settings.data_dir,
                now=utc_now(),
                with_keys=with_keys,
                progress=lambda done, of: advance(bar, done, of),
            )
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return made


def advance(bar: object, done: int, of: int) -> None:
    """Move a progress bar that learns its length on the way."""
    bar.length = max(of, 1)  # type: ignore[attr-defined]
    bar.update(done - bar.pos)  # type: ignore[attr-defined]


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--without-keys", is_flag=True, help="Leave the key file out; it must then be kept elsewhere.")
@click.option("--replace", is_flag=True, help="Write over FILE if it is there.")
def backup(file: Path, without_keys: bool, replace: bool) -> None:
    """Save database, keys and wording packs in FILE, as of one moment, while everything goes on.

    FILE is closed with the hospital's public key PRO_APP_BACKUP_KEY; only the holder of the secret half opens
    it. `pro-app keys backup-pair` makes both. `pro-app restore --check FILE` tries a backup out.
    """
    if file.exists() and not replace:
        raise click.ClickException(f"{file} is there already; choose another name, or say --replace.")
    service = open_service()
    made = write(service, file, with_keys=not without_keys)
    size = file.stat().st_size
    if made.revision == migrating.newest():
        with service.store.writing() as tx:
            saving.remember(tx, made, OPERATOR, size, utc_now())
    service.store.close()
    what = "with" if made.with_keys else "without"
    click.echo(
        f"{file}: {made.rows} rows and {made.files} files of {made.made_at:%Y-%m-%d %H:%M:%S} UTC, "
        f"{what} keys, {size / 1e6:.1f} MB."
    )
    if service.settings.demo and not service.settings.backup_key:
        click.echo(f"It opens with {service.settings.data_dir / DEMO_SECRET} (a demonstration's own).")

"""`pro-app restore`: a backup comes back; nothing is replaced before all of it has been checked."""

import os
import shutil
import sys
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from pro_app import key_file
from pro_app.actions import restore as bringing
from pro_app.actions.restore import Opened, Restored
from pro_app.cli.backup import DEMO_SECRET, OPERATOR, advance
from pro_app.cli.gap import show_gap
from pro_app.cli.opening import open_migrated
from pro_app.clock import utc_now
from pro_app.config import Settings, read_settings
from pro_app.errors import ProAppError
from pro_app.keys import KeyRing, load_key_ring
from pro_app.records import milestones, replacing
from pro_app.records.store import Transaction


class OtherSecret(ProAppError):
    """The key file here belongs to another installation than the backup."""

    code = "restore_other_secret"


@click.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--secret", "secret_file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Only try whether FILE could be restored; touches nothing.")
@click.option(
    "--replace", is_flag=True, help="Put it in the place of a database with data; that one is kept."
)
@click.option("--gap", is_flag=True, help="List what may be missing here since the last restore.")
@click.option(
    "--release", metavar="STUDY_NUMBER", help="Let held messages go out again; `all` for everybody."
)
def restore(
    file: Path | None, secret_file: Path | None, check: bool, replace: bool, gap: bool, release: str | None
) -> None:
    """Bring the backup FILE back into the place that the settings name, which must be empty.

    Stop all other programs of this installation first. --secret names the file with the hospital's secret
    key. Messages that may have been sent between the backup and now are held until --release.
    """
    if gap or release:
        service = open_migrated()
        if release:
            with service.store.writing() as tx:
                of = milestones.EVERYBODY if release == "all" else release
                bringing.release(tx, of, OPERATOR, utc_now())
            click.echo(f"Released: {release}. What is still due goes out with the next tick.")
        if gap:
            show_gap(service)
        return
    if file is None:
        raise click.UsageError("Name the backup, or say --gap or --release.")
    settings = read_settings(os.environ)
    secret = _secret(settings, secret_file)
    with file.open("rb") as stream:
        found = bringing.open_backup(stream, secret)
        if check:
            _try(settings, found)
        else:
            _bring_back(settings, found, replace)


def _secret(settings: Settings, path: Path | None) -> str:
    own = settings.data_dir / DEMO_SECRET
    if path is None and settings.demo and own.exists():
        path = own
    if path is None:
        raise click.UsageError("Name the file with the secret key of the backups: --secret FILE.")
    return path.read_text(encoding="utf-8")


def _try(settings: Settings, found: Opened) -> None:
    """Restore into a folder that is thrown away, with our own keys where they are this backup's."""
    own = load_key_ring(settings.key_file, settings.secret_key) if settings.key_file.exists() else None
    if own is not None and found.secret not in (None, own.secret):
        own = None
    with TemporaryDirectory(prefix="pro-app-check-") as folder:
        ring = found.ring(own)
        with replacing.scratch(Path(folder), ring) as tx:
            done = _fill(tx, found, own_secret=own is not None)
    click.echo(f"Good: {_told(done)}")


def _fill(tx: Transaction, found: Opened, *, own_secret: bool) -> Restored:
    with click.progressbar(length=1, label="Loading", file=sys.stderr) as bar:
        return bringing.fill(
            tx,
            found,
            utc_now(),
            own_secret=own_secret,
            actor=OPERATOR,
            progress=lambda done, of: advance(bar, done, of),
        )


def _told(done: Restored) -> str:
    return (
        f"{done.rows} rows as of {done.made_at:%Y-%m-%d %H:%M:%S} UTC (tables {done.revision}), "
        f"audit trail whole ({done.audit_rows} rows), every sealed field opens."
    )


def _bring_back(settings: Settings, found: Opened, replace: bool) -> None:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    # To the microsecond: after a kill the next try may come within the same second.
    stamp = f"{utc_now():%Y%m%d-%H%M%S-%f}"
    own = _own_keys(settings, found, replace)
    ring = found.ring(own)
    with ExitStack() as stack:
        tx, former = stack.enter_context(replacing.fresh(settings.database_url, ring, stamp, replace=replace))
        done = _fill(tx, found, own_secret=own is not None)
        # Checked; now what the database needs beside it, and with the end of the block the database itself.
        _put_keys(settings, ring, own, stamp)
        _put_files(settings.data_dir, found, stamp)
    click.echo(f"Restored: {_told(done)}")
    if former:
        click.echo(f"The former database is kept as {former}.")
    if done.ours is None:
        click.echo(
            "There was no key file here to compare with: who made this backup rests on its seal alone."
        )
    _afterwards(done, found.made_at)


def _own_keys(settings: Settings, found: Opened, replace: bool) -> KeyRing | None:
    """The keys at hand, when they are this backup's; None when there are none or they are to be replaced."""
    outside = settings.secret_key
    if outside is not None and found.secret not in (None, outside):
        raise OtherSecret(where="PRO_APP_SECRET_KEY")
    if not settings.key_file.exists():
        return None
    own = load_key_ring(settings.key_file, outside)
    if found.secret not in (None, own.secret):
        if not replace:
            raise OtherSecret(where=settings.key_file)
        return None
    return own


def _put_keys(settings: Settings, ring: KeyRing, own: KeyRing | None, stamp: str) -> None:
    path = settings.key_file
    if own is not None:
        key_file.add_openers(path, ring.data_keys)
        return
    if path.exists():
        path.rename(path.with_name(f"{path.name}.before-restore-{stamp}"))
    key_file.create_from(path, ring.secret, ring.data_keys)


def _put_files(folder: Path, found: Opened, stamp: str) -> None:
    """Wording packs; a file that is here and says something else is kept beside."""
    for name, body in found.files.items():
        path = folder / name
        if path.exists() and path.read_bytes() == body:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            shutil.move(path, path.with_name(f".{path.name}.before-restore-{stamp}"))
        path.write_bytes(body)


def _afterwards(done: Restored, made_at: datetime) -> None:
    """Ask the providers what was sent meanwhile, and say what a person has to do."""
    service = open_migrated()
    sent, to_send = bringing.ask_providers(service.store, service.messengers, utc_now())
    service.store.close()
    held = done.settled.messages_held - sent - to_send
    click.echo(f"Nobody is signed in any more ({done.settled.sessions_ended} sessions ended).")
    click.echo(
        f"Of the messages that waited then, {sent} were sent meanwhile, {to_send} go out now, "
        f"{held} are held."
    )
    click.echo(
        f"Messages that became due between {made_at:%Y-%m-%d %H:%M} UTC and now are held too, since they may "
        "have been sent.\nStart the programs, then: `pro-app restore --gap` lists what may be missing here;\n"
        "`pro-app restore --release STUDY_NUMBER` (or `all`) lets held messages go out."
    )

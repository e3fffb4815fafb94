"""`pro-app doctor`: one table of what is well, what is not, and what to do."""

import os
from collections.abc import Callable, Iterator

import click

from pro_app.cli.serving import not_inviting
from pro_app.config import Settings, read_settings
from pro_app.errors import ProAppError
from pro_app.records import migrating
from pro_app.wiring import Service, build

Finding = tuple[bool, str, str]


def examine(settings: Settings) -> Iterator[Finding]:
    """Each finding: whether it is well, what was looked at, what to do or what was found."""
    try:
        service = build(settings)
    except ProAppError as fault:
        yield False, "start", str(fault)
        return
    yield True, "settings", f"mode {settings.mode}, data in {settings.data_dir}"
    yield True, "study", f"{service.study.id}: {len(service.study.sites)} sites"
    for check in (_database, _address, _wording, _messages):
        yield from _guarded(check, service)


def _guarded(check: Callable[[Service], Iterator[Finding]], service: Service) -> Iterator[Finding]:
    try:
        yield from check(service)
    except Exception as fault:
        yield False, check.__name__.strip("_"), f"{type(fault).__name__}: look at the database's own log."


def _database(service: Service) -> Iterator[Finding]:
    at, wanted = migrating.current(service.store), migrating.newest()
    kind = service.store.url.get_backend_name()
    advice = f"{kind}, at {at}" if at == wanted else f"at {at or 'nothing'}: run `pro-app migrate up`"
    yield at == wanted, "database", advice


def _address(service: Service) -> Iterator[Finding]:
    settings = service.settings
    local = any(f"//{name}" in settings.base_url for name in ("127.0.0.1", "localhost"))
    good = settings.https or local
    advice = settings.base_url if good else f"{settings.base_url}: without https phones keep nothing offline"
    yield good, "address", advice


def _wording(service: Service) -> Iterator[Finding]:
    if closed := not_inviting(service):
        yield False, "invitations", closed
    asked = dict.fromkeys(name for one in service.study.timepoints for name in one.instruments)
    for instrument in asked:
        for language in service.catalogue.languages(instrument):
            pack = service.catalogue.pack(instrument, language)
            good = service.settings.demo or not pack.demonstration
            kind = "demonstration wording" if pack.demonstration else f"owner's version {pack.owner_version}"
            advice = "" if good else ": install the licensed text with `pro-app wording install`"
            yield good, f"wording {instrument} {language}", kind + advice


def _messages(service: Service) -> Iterator[Finding]:
    for messenger in service.messengers:
        yield True, f"messages {messenger.channel}", f"through {messenger.name}"


@click.command()
def doctor() -> None:
    """Look at everything that must be right before patients are invited (exit code 1 if something isn't)."""
    findings = list(examine(read_settings(os.environ)))
    for good, what, text in findings:
        click.echo(f"{'ok  ' if good else 'MEND'}  {what:28} {text}")
    if not all(good for good, _, _ in findings):
        raise SystemExit(1)

"""`pro-app demo`: what `make run` starts: a whole study with invented participants, ready to be tried."""

import json
import os
import shutil
from pathlib import Path

import click

from pro_app import clock, journey
from pro_app.cli.seed import seed_database, way_in
from pro_app.cli.serving import listen, run
from pro_app.config import Settings, read_settings
from pro_app.errors import ProAppError
from pro_app.records import migrating, participants
from pro_app.wiring import Service, build

SIGN_INS = "demo-sign-ins.json"
OWN_FILES = ("pro_app.sqlite*", "registry*", "inbox", "keys.json", SIGN_INS)


class DemoInProduction(ProAppError):
    """This word invents people; it has no place beside real ones."""

    code = "demo_in_production"


@click.command()
@click.option("--fresh", is_flag=True, help="Throw the demonstration's data away and start anew.")
@click.option("--participants", "count", default=24, show_default=True, type=click.IntRange(1, 10_000))
def demo(fresh: bool, count: int) -> None:
    """Set up a demonstration of the study with invented participants, and serve it.

    Started again it keeps its data. PRO_APP_PORT chooses the port, PRO_APP_DATA_DIR where the data lie.
    """
    settings = read_settings(os.environ)
    if not settings.demo:
        raise DemoInProduction()
    # The port first: a demonstration that can't be reached need not be made.
    listener = listen(settings.host, settings.port)
    if fresh:
        _throw_away(settings)
    service = build(settings)
    migrating.up(service.store)
    _seed_once(service, count)
    click.echo(_welcome(service))
    run(service, listener, with_clock=True)


def _throw_away(settings: Settings) -> None:
    """Remove what a demonstration makes, and nothing else that may lie in the folder."""
    for pattern in OWN_FILES:
        for path in settings.data_dir.glob(pattern):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
    service = build(settings)
    if not service.store.on_sqlite:
        migrating.down(service.store, "base")
    service.store.close()


def _seed_once(service: Service, count: int) -> None:
    with service.store.reading() as tx:
        if participants.count(tx):
            return
    signed = seed_database(service, count, clock.utc_now())
    path = service.settings.data_dir / SIGN_INS
    path.touch(mode=0o600)
    path.write_text(json.dumps(signed, ensure_ascii=False, indent=1), encoding="utf-8")


def _sign_ins(path: Path) -> dict[str, dict[str, str]]:
    return (
        {row["login"]: row for row in json.loads(path.read_text(encoding="utf-8"))} if path.exists() else {}
    )


def _welcome(service: Service) -> str:
    """What to open, for each who tries it."""
    base, now = service.settings.base_url, clock.utc_now()
    sites = [site.code for site in service.study.sites]
    ways: dict[str, dict[str, str]] = {}
    with service.store.reading() as tx:
        for person in participants.page(tx, sites, limit=200):
            if person.language not in ways and journey.of(tx, service.study, person, now).open_now:
                ways[person.language] = way_in(service, tx, person, now)
    lines = ["", f"{service.study.id} is running. Stop it with Ctrl-C.", ""]
    for language, who in (("zh-Hans", "A patient, in Chinese"), ("en", "A patient, in English")):
        if language in ways:
            lines.append(f"  {who:26} {ways[language]['link']}")
    if ways:
        one = next(iter(ways.values()))
        lines.append(f"  {'Without a link':26} {base}/  and the code {one['code']}")
    signed = _sign_ins(service.settings.data_dir / SIGN_INS)
    for login, who in (("nurse.li", "The nurse"), ("coordinator.chen", "The study coordinator")):
        if login in signed:
            number = f", PIN for the tablet {signed[login]['pin']}" if "pin" in signed[login] else ""
            lines.append(f"  {who:26} {base}/staff  as {login}, password {signed[login]['password']}{number}")
    lines.append(f"  {'Messages sent':26} {base}/demo/inbox")
    lines.append(f"  {'What the registry has':26} {base}/demo/registry")
    lines += ["", f"  Data: {service.settings.data_dir} (`make fresh` throws them away and starts anew)", ""]
    return "\n".join(lines)

"""`pro-app doctor`: one table of what is well, what is not, and what to do."""

import os
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import click

from pro_app.actions import watch
from pro_app.cli import doctor_backups, doctor_data, doctor_messages, doctor_reach
from pro_app.cli.findings import Check, Finding, as_json, as_table, guarded
from pro_app.cli.serving import not_inviting
from pro_app.clock import utc_now
from pro_app.config import Settings, read_settings
from pro_app.errors import ProAppError, SettingsError
from pro_app.records import health_figures, migrating
from pro_app.wiring import Service, build

ROOM_WANTED = 1024**3
SKEW = timedelta(seconds=30)


def examine(settings: Settings, *, reach: bool = True) -> Iterator[Finding]:
    """Every finding. reach: also call the machines that we depend on (each for a few seconds at most)."""
    try:
        service = build(settings)
    except SettingsError as fault:
        yield from _each(fault)
        return
    except ProAppError as fault:
        yield Finding(False, "start", str(fault))
        return
    yield Finding(True, "settings", f"mode {settings.mode}, data in {settings.data_dir}")
    yield Finding(True, "study", f"{service.study.id}: {len(service.study.sites)} sites")
    for check in (*CHECKS, *(doctor_reach.CHECKS if reach else ())):
        yield from guarded(check, service)
    service.store.close()


def _each(fault: SettingsError) -> Iterator[Finding]:
    """One line for each setting that is missing or unsafe."""
    for line in str(fault.params["faults"]).splitlines():
        yield Finding(False, "settings", line)


def _keys(service: Service) -> Iterator[Finding]:
    path = service.settings.key_file
    count = len(service.keys.data_keys)
    half = count > 1
    advice = f"{count} keys: a change of keys is not finished; run `pro-app keys rotate` again"
    yield Finding(not half, "keys", advice if half else f"{path}, for its owner only")


def _database(service: Service) -> Iterator[Finding]:
    at, wanted = migrating.current(service.store), migrating.newest()
    kind = service.store.url.get_backend_name()
    advice = f"{kind}, at {at}" if at == wanted else f"at {at or 'nothing'}: run `pro-app migrate up`"
    yield Finding(at == wanted, "database", advice)
    if at != wanted:
        return
    try:
        health_figures.writable(service.store, utc_now())
        yield Finding(True, "database writes", "a row was written and taken back")
    except Exception as fault:
        yield Finding(False, "database writes", f"{type(fault).__name__}: look at its disk and its rights")


def _files(service: Service) -> Iterator[Finding]:
    """Nobody else on this machine may read the answers."""
    name = service.store.url.database
    if not service.store.on_sqlite or not name:
        return
    path = Path(name)
    open_to_others = [
        one for one in (path, path.with_name(f"{path.name}-wal")) if one.exists() and _readable_by_all(one)
    ]
    advice = "".join(f"other users can read it; run: chmod 600 {one}\n" for one in open_to_others).strip()
    yield Finding(not open_to_others, "database file", advice or f"{path}, for its owner only")


def _readable_by_all(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o007)


def _disk(service: Service) -> Iterator[Finding]:
    free = watch.free_bytes(service.settings.data_dir)
    room = f"{free / 1024**3:.1f} GiB free"
    good = free >= ROOM_WANTED
    yield Finding(good, "disk", room if good else f"{room} in {service.settings.data_dir}: make room")


def _clock(service: Service) -> Iterator[Finding]:
    now, interval = utc_now(), timedelta(seconds=service.settings.clock_interval_s)
    with service.store.reading() as tx:
        found = watch.figures(tx)
        silence = watch.silent_for(tx, now, interval, timedelta.max)
    if silence is None:
        assert found.clock_beat is not None
        age = int((now - found.clock_beat).total_seconds())
        yield Finding(True, "clock", f"last tick {age} s ago")
    elif found.clock_beat is None and service.settings.demo:
        yield Finding(True, "clock", "none has run yet; `pro-app serve` brings one")
    else:
        last = f"since {found.clock_beat:%Y-%m-%d %H:%M} UTC" if found.clock_beat else "yet"
        yield Finding(
            False,
            "clock",
            f"no clock has run {last}: start `pro-app clock`, or `pro-app serve` without --no-clock",
        )
    for part, at in sorted(found.parts.items()):
        if found.clock_beat and found.clock_beat - at > max(watch.STOPPED_AFTER, 3 * interval):
            yield Finding(
                False, f"clock, {part}", f"has failed since {at:%Y-%m-%d %H:%M} UTC: the log says why"
            )


def _time(service: Service) -> Iterator[Finding]:
    now = utc_now()
    with service.store.reading() as tx:
        theirs, written = health_figures.database_time(tx), health_figures.last_written(tx)
    if theirs is not None and abs(theirs - now) > SKEW:
        off = (theirs - now).total_seconds()
        yield Finding(
            False, "time", f"the database's clock is {off:+.0f} s off: switch on NTP on both machines"
        )
    elif written is not None and written - now > SKEW:
        ahead = (written - now).total_seconds()
        yield Finding(False, "time", f"the newest audit row is {ahead:.0f} s in the future: switch on NTP")
    else:
        yield Finding(True, "time", f"{now:%Y-%m-%d %H:%M:%S} UTC, as in the database")


def _address(service: Service) -> Iterator[Finding]:
    settings = service.settings
    local = any(f"//{name}" in settings.base_url for name in ("127.0.0.1", "localhost"))
    good = settings.https or local
    advice = settings.base_url if good else f"{settings.base_url}: without https phones keep nothing offline"
    yield Finding(good, "address", advice)


def _wording(service: Service) -> Iterator[Finding]:
    if closed := not_inviting(service):
        yield Finding(False, "invitations", closed)
    asked = dict.fromkeys(name for one in service.study.timepoints for name in one.instruments)
    for instrument in asked:
        for language in service.catalogue.languages(instrument):
            pack = service.catalogue.pack(instrument, language)
            good = service.settings.demo or not pack.demonstration
            kind = "demonstration wording" if pack.demonstration else f"owner's version {pack.owner_version}"
            advice = "" if good else ": install the licensed text with `pro-app wording install`"
            yield Finding(good, f"wording {instrument} {language}", kind + advice)


CHECKS: tuple[Check, ...] = (
    _keys,
    _database,
    _files,
    _disk,
    _clock,
    _time,
    *doctor_backups.CHECKS,
    *doctor_data.CHECKS,
    _address,
    _wording,
    *doctor_messages.CHECKS,
)


@click.command()
@click.option("--json", "json_wanted", is_flag=True, help="Print the table as JSON.")
@click.option(
    "--reach/--no-reach", default=True, help="Call mail server, registries and our own address too."
)
def doctor(json_wanted: bool, reach: bool) -> None:
    """Look at everything that must be right before patients are invited (exit code 1 if something isn't)."""
    try:
        findings = list(examine(read_settings(os.environ), reach=reach))
    except SettingsError as fault:
        findings = list(_each(fault))
    click.echo(as_json(findings) if json_wanted else "\n".join(as_table(findings)))
    if not all(one.good for one in findings):
        raise SystemExit(1)

"""`pro-app tick` does once what `pro-app clock` does again and again."""

import signal
import threading
from datetime import datetime
from types import FrameType

import click

from pro_app.actions.learn import Learnt
from pro_app.cli.opening import open_migrated
from pro_app.clock import Clock, Tick, remind_and_send, tick_once, utc_now
from pro_app.errors import ProAppError


class BadMoment(ProAppError):
    """`--at` is not an instant with its time zone."""

    code = "tick_bad_moment"


class MomentInProduction(ProAppError):
    """Messages of another day must never reach real people."""

    code = "tick_moment_in_production"


@click.command()
@click.option("--at", metavar="INSTANT", help="As of this instant (demonstration only), without registries.")
def tick(at: str | None) -> None:
    """Decide, send and deliver to registries once, whoever leads; exit code 1 when a part failed.

    INSTANT is ISO 8601 with a time zone: 2026-12-08T09:00+08:00.
    """
    service = open_migrated()
    try:
        if at is None:
            done = tick_once(service, utc_now())
        elif service.settings.demo:
            done = remind_and_send(service, read_moment(at))
        else:
            raise MomentInProduction()
    finally:
        service.store.close()
    click.echo(shown(done))
    if done.failed:
        raise SystemExit(1)


def read_moment(text: str) -> datetime:
    """An aware instant; raises `BadMoment`."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as fault:
        raise BadMoment(text=text) from fault
    if moment.tzinfo is None:
        raise BadMoment(text=text)
    return moment


def shown(done: Tick) -> str:
    """What a tick did, a line for each part."""
    lines = [
        f"participants looked at  {done.reminded.looked_at}",
        f"messages decided        {done.reminded.to_send}, against {done.reminded.held}, "
        f"problems {done.reminded.problems}",
        f"messages sent           {done.sent.sent}, withheld {done.sent.withheld}, later {done.sent.later}, "
        f"failed {done.sent.failed}, unknown {done.sent.unknown}",
    ]
    for heard, how in ((done.learnt, "by asking"), (done.returned, "returned mail")):
        if heard.anything or heard.ignored:
            lines.append(f"heard, {how:17} {_heard(heard)}")
    for one in done.synced:
        rest = f", resting ({one.resting})" if one.resting else ""
        counts = f"{one.delivered} delivered, {one.later} later, {one.parked} parked"
        lines.append(f"registry {one.registry:14} {counts}{rest}")
    lines += [f"FAILED: {part}; the log says why" for part in done.failed]
    return "\n".join(lines)


def _heard(found: Learnt) -> str:
    return (
        f"{found.delivered} arrived, {found.failed} failed, {found.address_refused} addresses refused, "
        f"{found.unknown} unknown, {found.ignored} ignored"
    )


@click.command()
def clock() -> None:
    """Tick every PRO_APP_CLOCK_INTERVAL_S seconds until stopped; of several running clocks one leads."""
    service = open_migrated()
    told = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        told.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    running = Clock(service)
    running.start()
    click.echo(f"The clock of {service.study.id} runs as {running.holder}. Stop it with Ctrl-C.")
    told.wait()
    # The running tick is finished first: what was handed to a provider is also written down.
    running.stop()
    service.store.close()

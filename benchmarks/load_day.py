"""One day of a whole study (decision 0122): patients open their page, send, come five times as many.

While the last of `opening` patients open the page behind their link, `rate` others a second send; then comes
the rush, and as soon as nobody is turned away any more the usual rate again.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import patients
from benchmarks.books import books, expected, stored
from benchmarks.patients import Patient
from benchmarks.processes import Watched
from benchmarks.start import free_port, wait_for
from benchmarks.waves import TELL_EVERY_S, Crowd, Wave, opened, sent
from pro_app.config import read_settings
from pro_app.records import migrating
from pro_app.wiring import Service, build

FRESH_S = 1.0
NEVER_WELL_S = 120.0
Tell = Callable[[str], None]


def silent(line: str) -> None:
    """Who doesn't want to hear how it goes."""


def every_ten_seconds(tell: Tell) -> Tell:
    """Says on what comes ten seconds after the last thing said, and forgets the rest."""
    said_at = 0.0

    def now_and_then(line: str) -> None:
        nonlocal said_at
        if time.monotonic() >= said_at + TELL_EVERY_S:
            said_at = time.monotonic()
            tell(line)

    return now_and_then


@dataclass(frozen=True, slots=True)
class Plan:
    """opening: patients who open their page within `open_s` seconds. rate: submissions a second for `seconds`
    seconds; over: how many times as many in the rush, which lasts a fifth of that, as does the time after."""

    opening: int
    open_s: float
    rate: float
    seconds: float
    over: float

    @property
    def counts(self) -> tuple[int, int, int]:
        """How many send in the usual wave, in the rush and in the wave after it."""
        usual = int(self.rate * self.seconds)
        return usual, int(usual * self.over / 5), usual // 5

    @property
    def people(self) -> int:
        return self.opening + sum(self.counts)


@dataclass(frozen=True, slots=True)
class Day:
    """The waves one after another.

    well_after_s: from the moment at which the last of the rush came until nobody was turned away any more.
    receipts: the responses that somebody holds a receipt for.
    """

    opening: Wave
    usual: Wave
    rush: Wave
    after: Wave
    well_after_s: float
    receipts: frozenset[str]

    @property
    def waves(self) -> tuple[Wave, ...]:
        return self.opening, self.usual, self.rush, self.after

    @property
    def most_mib(self) -> float:
        return max(wave.most_mib for wave in self.waves)


async def spend(port: int, watched: Watched, people: list[Patient], plan: Plan, tell: Tell = silent) -> Day:
    """One wave after another with `plan.people` patients who have not sent anything yet."""
    crowd = Crowd(port, watched, tell)
    waiting = iter(people)
    usual, rush, after = ([next(waiting) for _ in range(count)] for count in plan.counts)
    opening = list(waiting)

    async def send_meanwhile() -> Wave:
        await asyncio.sleep(max(0.0, plan.open_s - plan.seconds))
        return await crowd.wave("sending", usual, plan.rate, sent)

    seen, first = await asyncio.gather(
        crowd.wave("opening", opening, plan.opening / plan.open_s, opened), send_meanwhile()
    )
    crush = await crowd.wave("rush", rush, plan.rate * plan.over, sent)
    ended = crush.began + crush.seconds
    well = await _until_well(crowd, plan.rate, rush)
    last = await crowd.wave("after the rush", after, plan.rate, sent)
    if last.turned_away:
        well = last.began + last.well_from_s
    return Day(seen, first, crush, last, max(0.0, well - ended), frozenset(crowd.receipts))


async def _until_well(crowd: Crowd, rate: float, people: list[Patient]) -> float:
    """Those of the rush send again, a second's worth at a time, until nobody is turned away; that moment."""
    end, count = time.perf_counter() + NEVER_WELL_S, max(1, int(rate * FRESH_S))
    while (tried := time.perf_counter()) < end:
        wave = await crowd.wave("again", people[:count], rate, sent)
        people = people[count:] + people[:count]
        if not wave.turned_away and not wave.faults:
            return tried
    return float("inf")


@contextmanager
def server(settings: dict[str, str]) -> Iterator[tuple[int, Watched]]:
    """`pro-app serve` with its clock, in a process of its own."""
    port = free_port()
    environ = {**os.environ, **settings, "PRO_APP_PORT": str(port)}
    quiet = subprocess.DEVNULL
    command = [sys.executable, "-m", "pro_app", "serve"]
    process = subprocess.Popen(command, env=environ, stdout=quiet, stderr=quiet)
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", 60)
        yield port, Watched(process.pid)
    finally:
        process.kill()  # asked to stop it would first finish its tick, and what is stored is stored
        process.wait()


@dataclass(frozen=True, slots=True)
class Kept:
    """What the database says when the day is over. lost: responses with a receipt that are not stored."""

    receipts: int
    responses: int
    lost: int
    agree: bool


def kept(house: Service, day: Day) -> Kept:
    """Count the books of a database that has seen nothing but this day."""
    with house.store.reading() as tx:
        there, found = stored(tx), books(tx)
    agree = found == expected(house, len(there))
    return Kept(len(day.receipts), len(there), len(day.receipts - there), agree)


def spent(folder: Path, plan: Plan, database: str | None = None, tell: Tell = silent) -> tuple[Day, Kept]:
    """A day of `plan` at a new installation in `folder`, on SQLite or at the address of a PostgreSQL."""
    settings = {"PRO_APP_DATA_DIR": str(folder / "data")}
    if database:
        settings["PRO_APP_DATABASE_URL"] = database
    house = build(read_settings(settings))
    migrating.up(house.store)
    told = every_ten_seconds(tell)
    people = patients.enrolled(
        house, plan.people, lambda done: told(f"{done:,} of {plan.people:,} patients enrolled")
    )
    house.store.close()
    with server(settings) as (port, watched):
        tell("the server runs")
        day = asyncio.run(spend(port, watched, people, plan, tell))
    tell("counting what is stored")
    house = build(read_settings(settings))
    with closing(house.store):
        return day, kept(house, day)

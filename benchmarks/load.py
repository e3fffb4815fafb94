"""A whole study at once: patients open their page and send, at a rate that doesn't wait for the server.

    python -m benchmarks.load --patients 2000 --rate 30 --seconds 300 --over 5

First `--patients` open the page behind their link within `--open-seconds`, then `--rate` a second send for
`--seconds`, then `--over` times as many for a fifth of that, then, as soon as nobody is turned away any more,
the first rate again. What is turned away with 503 and `Retry-After` counts apart. Prints JSON.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import patients
from benchmarks.crowd import Caller, Reply
from benchmarks.patients import Patient
from benchmarks.processes import Watched
from benchmarks.rows import Row
from benchmarks.start import free_port, wait_for
from pro_app.config import read_settings
from pro_app.records import migrating
from pro_app.wiring import build

GIVE_UP_S = 30.0
FRESH_S = 1.0
NEVER_WELL_S = 120.0


@dataclass(slots=True)
class Wave:
    """What one stretch of even load met; seconds from connecting to the whole answer.

    `late`: how long after it was due the crowd came to ask, for it has to share the processors with the
    server. That is no waiting of a patient's, but if it grows the rate was less than it says.
    `well_from_s`: how long after the beginning whoever was the last to be turned away was told so.
    """

    rate: float
    seconds: float
    began: float
    answered: list[float] = field(default_factory=list)
    turned_away: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    well_from_s: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    alive: list[float] = field(default_factory=list)
    most_mib: float = 0.0

    def told(self) -> dict[str, object]:
        """The figures, in milliseconds."""
        return {
            "rate": round(self.rate, 1),
            "seconds": round(self.seconds, 1),
            "answered": len(self.answered),
            "p50_ms": _percentile(self.answered, 0.5),
            "p99_ms": _percentile(self.answered, 0.99),
            "turned_away": len(self.turned_away),
            "turned_away_p99_ms": _percentile(self.turned_away, 0.99),
            "crowd_late_p99_ms": _percentile(self.late, 0.99),
            "faults": dict(self.faults),
            "healthz_slowest_ms": _percentile(self.alive, 1.0),
            "most_mib": round(self.most_mib, 1),
        }


def _percentile(seconds: list[float], share: float) -> float | None:
    if not seconds:
        return None
    ordered = sorted(seconds)
    return round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)


Ask = Callable[[Caller, Patient], Awaitable[Reply]]


async def opened(caller: Caller, patient: Patient) -> Reply:
    """What the page asks when it is opened: the visit, then the questionnaire itself."""
    reply = await caller.ask("GET", f"/device/visit/{patient.ref}", patient.headers)
    if reply.status != 200:
        return reply
    sent = json.loads(patient.body)
    pages = {one["id"]: one["pages"] for one in json.loads(reply.body)["instruments"]}
    return await caller.ask("GET", pages[sent["instrument"]][sent["language"]])


async def sent(caller: Caller, patient: Patient) -> Reply:
    """The answers, for good."""
    return await caller.ask("POST", "/device/response", patient.headers, patient.body)


class Crowd:
    """Patients at `port`; each has a connection of their own, as telephones do."""

    def __init__(self, port: int, watched: Watched) -> None:
        self._port = port
        self._watched = watched

    async def wave(self, people: list[Patient], rate: float, ask: Ask) -> Wave:
        """All of `people`, `rate` of them a second, whatever the server does."""
        began = time.perf_counter()
        wave = Wave(rate, len(people) / rate, began)
        watching = asyncio.create_task(self._watch(wave))
        tasks = []
        for number, patient in enumerate(people):
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.append(asyncio.create_task(self._one(wave, patient, due, ask)))
        await asyncio.gather(*tasks)
        watching.cancel()
        return wave

    async def _one(self, wave: Wave, patient: Patient, due: float, ask: Ask) -> None:
        caller = Caller(self._port)
        began = time.perf_counter()
        wave.late.append(began - due)
        try:
            async with asyncio.timeout(GIVE_UP_S):
                reply = await ask(caller, patient)
        except (OSError, EOFError, TimeoutError) as fault:
            wave.faults[type(fault).__name__] += 1
            return
        finally:
            caller.close()
        took = time.perf_counter() - began
        if reply.status == 503 and "retry-after" in reply.headers:
            wave.turned_away.append(took)
            wave.well_from_s = time.perf_counter() - wave.began
        elif reply.status in (200, 201):
            wave.answered.append(took)
        else:
            wave.faults[str(reply.status)] += 1

    async def _watch(self, wave: Wave) -> None:
        while True:
            began = time.perf_counter()
            caller = Caller(self._port)
            reply = await caller.ask("GET", "/healthz")
            caller.close()
            if reply.status != 200:
                wave.faults[f"healthz {reply.status}"] += 1
            wave.alive.append(time.perf_counter() - began)
            wave.most_mib = max(wave.most_mib, self._watched.memory_mib())
            await asyncio.sleep(0.5)


@dataclass(frozen=True, slots=True)
class Plan:
    """opening: patients who open their page within `open_s` seconds. rate: submissions a second for `seconds`
    seconds; over: how many times as many in the rush, which lasts a fifth of that."""

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
        return max(self.opening, sum(self.counts))


@dataclass(frozen=True, slots=True)
class Day:
    """The waves one after another. `well_after_s`: how long after the rush the last one was turned away."""

    opening: Wave
    usual: Wave
    rush: Wave
    after: Wave
    well_after_s: float


async def spend(port: int, watched: Watched, people: list[Patient], plan: Plan) -> Day:
    """One wave after another with `plan.people` patients who have not sent anything yet."""
    crowd = Crowd(port, watched)
    waiting = iter(people)
    usual, rush, after = ([next(waiting) for _ in range(count)] for count in plan.counts)
    opening = await crowd.wave(people[: plan.opening], plan.opening / plan.open_s, opened)
    first = await crowd.wave(usual, plan.rate, sent)
    crush = await crowd.wave(rush, plan.rate * plan.over, sent)
    well = await _until_well(crowd, plan.rate, rush)
    last = await crowd.wave(after, plan.rate, sent)
    return Day(opening, first, crush, last, well + last.well_from_s)


async def _until_well(crowd: Crowd, rate: float, people: list[Patient]) -> float:
    """Those of the rush send again, a second's worth at a time, until nobody is turned away; in seconds."""
    began, count = time.perf_counter(), max(1, int(rate * FRESH_S))
    while time.perf_counter() < began + NEVER_WELL_S:
        tried = time.perf_counter()
        wave = await crowd.wave(people[:count], rate, sent)
        people = people[count:] + people[:count]
        if not wave.turned_away and not wave.faults:
            return tried - began
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
        process.terminate()
        process.wait(30)


def spent(folder: Path, plan: Plan, database: str | None = None) -> Day:
    """A day of `plan` at a new installation in `folder`, on SQLite or at the address of a PostgreSQL."""
    settings = {"PRO_APP_DATA_DIR": str(folder / "data")}
    if database:
        settings["PRO_APP_DATABASE_URL"] = database
    house = build(read_settings(settings))
    migrating.up(house.store)
    people = patients.enrolled(house, plan.people)
    house.store.close()
    with server(settings) as (port, watched):
        return asyncio.run(spend(port, watched, people, plan))


def measure(folder: Path) -> list[Row]:
    """A shortened day: 30 a second for 40 s, then five times that for 8 s."""
    folder.mkdir()
    day = spent(folder, Plan(opening=100, open_s=5, rate=30, seconds=40, over=5))
    waves = (day.opening, day.usual, day.rush, day.after)
    rush = len(day.rush.answered) + len(day.rush.turned_away)
    late = float("inf")  # where nobody was answered
    return [
        Row("30 submissions a second, p99", _percentile(day.usual.answered, 0.99) or late, "ms", target=1000),
        Row("150 a second, turned away", 100 * len(day.rush.turned_away) / max(1, rush), "%"),
        Row("150 a second, p99 of those answered", _percentile(day.rush.answered, 0.99) or late, "ms"),
        Row("after the rush, until nobody is turned away", round(day.well_after_s, 1), "s", target=30),
        Row("30 a second right after, p99", _percentile(day.after.answered, 0.99) or late, "ms", target=1000),
        Row("load, requests that failed", sum(wave.faults.total() for wave in waves), "", target=0),
        Row("load, most memory", max(wave.most_mib for wave in waves), "MiB", target=512),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--patients", type=int, default=2000, help="how many open their page at least")
    parser.add_argument("--open-seconds", type=float, default=600, help="within how long they do")
    parser.add_argument("--rate", type=float, default=30, help="submissions a second")
    parser.add_argument("--seconds", type=float, default=300, help="for how long")
    parser.add_argument("--over", type=float, default=5, help="how many times as many in the rush")
    parser.add_argument("--database", help="a PostgreSQL's address instead of an SQLite file")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        plan = Plan(told.patients, told.open_seconds, told.rate, told.seconds, told.over)
        day = spent(Path(folder), plan, told.database)
    waves = {name: getattr(day, name).told() for name in ("opening", "usual", "rush", "after")}
    load = [round(number, 1) for number in os.getloadavg()]
    print(json.dumps({**waves, "well_after_s": round(day.well_after_s, 1), "machine_load": load}, indent=1))


if __name__ == "__main__":
    main()

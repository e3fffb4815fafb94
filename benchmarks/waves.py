"""Patients who come at an even rate that doesn't wait for the server, and what each stretch of them met."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from benchmarks.crowd import Caller, Reply
from benchmarks.patients import Patient
from benchmarks.processes import Watched

GIVE_UP_S = 30.0
LOOK_S = 0.5
TELL_EVERY_S = 10.0
_FORM = "application/x-www-form-urlencoded"


@dataclass(slots=True)
class Wave:
    """What one stretch of even load met; seconds from connecting to the whole answer.

    `answered`: how long each patient took who got what they came for. `requests`: each request of theirs.
    `late`: how long after it was due the crowd came to ask, for it has to share the processors with the
    server. That is no waiting of a patient's, but if it grows the rate was less than it says.
    `well_from_s`: how long after the beginning whoever was the last to be turned away was told so.
    """

    name: str
    people: int
    rate: float
    began: float
    answered: list[float] = field(default_factory=list)
    requests: list[float] = field(default_factory=list)
    turned_away: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    well_from_s: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    alive: list[float] = field(default_factory=list)
    most_mib: float = 0.0

    @property
    def seconds(self) -> float:
        """How long patients kept coming."""
        return self.people / self.rate

    def told(self) -> str:
        """Where it stands now, in one line."""
        p99 = percentile(self.answered, 0.99)
        return (
            f"{self.name}: {len(self.late):,} of {self.people:,} came, {len(self.answered):,} answered,"
            f" {len(self.turned_away):,} turned away, {self.faults.total():,} failed,"
            f" p99 {'-' if p99 is None else f'{1000 * p99:,.0f} ms'}, {self.most_mib:.0f} MiB"
        )


def percentile(seconds: list[float], share: float) -> float | None:
    """None where there is nothing."""
    if not seconds:
        return None
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


Ask = Callable[[Caller, Patient], Awaitable[Reply]]


async def opened(caller: Caller, patient: Patient) -> Reply:
    """From the link to the questionnaire on the screen: link, Start, the visit, its data, the page."""
    link = await caller.ask("GET", f"/v/{patient.token}")
    if link.status != 200:
        return link
    secret = link.body.decode().partition('name="csrf_token" value="')[2].partition('"')[0]
    form = {"Content-Type": _FORM, "Cookie": link.cookie}
    begun = await caller.ask("POST", f"/v/{patient.token}", form, f"csrf_token={secret}".encode())
    if begun.status != 303:
        return begun
    session = {"Cookie": begun.cookie}
    for path in ("/visit", f"/device/visit/{patient.ref}"):
        reply = await caller.ask("GET", path, session)
        if reply.status != 200:
            return reply
    sent = json.loads(patient.body)
    pages = {one["id"]: one["pages"] for one in json.loads(reply.body)["instruments"]}
    return await caller.ask("GET", pages[sent["instrument"]][sent["language"]])


async def sent(caller: Caller, patient: Patient) -> Reply:
    """The answers, for good."""
    return await caller.ask("POST", "/device/response", patient.headers, patient.body)


class Crowd:
    """Patients at `port`; each has a connection of their own, as telephones do.

    `receipts`: the ids of the responses that the server said it has. `tell`: is told now and then how a wave
    stands, and for each wave when it is over.
    """

    def __init__(self, port: int, watched: Watched, tell: Callable[[str], None] = lambda line: None) -> None:
        self._port = port
        self._watched = watched
        self._tell = tell
        self.receipts: set[str] = set()

    async def wave(self, name: str, people: list[Patient], rate: float, ask: Ask) -> Wave:
        """All of `people`, `rate` of them a second, whatever the server does."""
        began = time.perf_counter()
        wave = Wave(name, len(people), rate, began)
        watching = asyncio.create_task(self._watch(wave))
        tasks = []
        for number, patient in enumerate(people):
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.append(asyncio.create_task(self._one(wave, patient, due, ask)))
        await asyncio.gather(*tasks)
        watching.cancel()
        self._tell(f"{wave.told()} - over")
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
        elif reply.status not in (200, 201):
            wave.faults[str(reply.status)] += 1
        elif ask is sent and json.loads(reply.body)["response"] != patient.response:
            wave.faults["a receipt for something else"] += 1
        else:
            wave.answered.append(took)
            wave.requests += caller.seconds
            if ask is sent:
                self.receipts.add(patient.response)

    async def _watch(self, wave: Wave) -> None:
        tell_at = wave.began + TELL_EVERY_S
        while True:
            began = time.perf_counter()
            await self._look(wave)
            wave.alive.append(time.perf_counter() - began)
            wave.most_mib = max(wave.most_mib, self._watched.memory_mib())
            if time.perf_counter() >= tell_at:
                self._tell(wave.told())
                tell_at += TELL_EVERY_S
            await asyncio.sleep(LOOK_S)

    async def _look(self, wave: Wave) -> None:
        """Whoever watches the process asks whether it lives; a fault of that is one of the wave."""
        caller = Caller(self._port)
        try:
            async with asyncio.timeout(GIVE_UP_S):
                reply = await caller.ask("GET", "/healthz")
            if reply.status != 200:
                wave.faults[f"healthz {reply.status}"] += 1
        except (OSError, EOFError, TimeoutError) as fault:
            wave.faults[f"healthz {type(fault).__name__}"] += 1
        finally:
            caller.close()

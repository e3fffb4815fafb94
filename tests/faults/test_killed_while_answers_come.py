"""Every process is killed again and again while patients send: nothing acknowledged is lost or doubled."""

import asyncio
import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import patients
from benchmarks.books import books, expected, stored
from benchmarks.start import free_port
from tests import own_loop
from tests.faults.running import Installation, Running, until_received

CLIENTS = 8
WEB = ("serve", "--no-clock")


@pytest.fixture
def installation(tmp_path: Path, database_kind: str, database_url: str) -> Iterator[Installation]:
    at = Installation(tmp_path / "data", database_url)
    yield at
    at.house.store.close()


async def _crowd(
    running: Running, ports: list[int], people: list[patients.Patient], every: float, between: int
) -> None:
    """All send, while one process after another is killed: each one every `every` seconds.

    On a machine so busy that a process needs longer than that to start, the next one is killed as soon as
    there were `between` receipts after the last.
    """
    waiting = iter(enumerate(people))
    receipts = 0

    async def client() -> None:
        nonlocal receipts
        for number, patient in waiting:
            await until_received(ports, patient, number)
            receipts += 1

    async def killer() -> None:
        seen = 0
        for name in itertools.cycle(("first", "clock", "second")):
            await asyncio.sleep(every / 3)
            while receipts < seen + between:
                await asyncio.sleep(0.05)
            seen = receipts
            running.kill(name)

    killing = asyncio.create_task(killer())
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    killing.cancel()


def run(at: Installation, count: int, every: float, between: int) -> int:
    """`count` patients send while processes are killed; returns how many were killed."""
    people = patients.enrolled(at.house, count)
    ports = {"first": free_port(), "second": free_port()}
    ports["clock"] = ports["first"]  # whose demonstration registry it delivers to
    running = Running(at, {"first": WEB, "second": WEB, "clock": ("clock",)}, ports)
    try:
        for name in ("first", "second"):
            at.wait_for(ports[name])
        began = time.monotonic()
        own_loop.run(_crowd(running, [ports["first"], ports["second"]], people, every, between))
        print(f"{count} answers in {time.monotonic() - began:.0f} s, {running.killed} processes killed")
    finally:
        running.stop()
    with at.house.store.reading() as tx:
        assert stored(tx) == {patient.response for patient in people}
        assert books(tx) == expected(at.house, count)
    return running.killed


def test_whatever_is_killed_each_acknowledged_answer_is_stored_scored_and_audited_once(
    installation: Installation,
) -> None:
    assert run(installation, 150, every=0.15, between=30) >= 3


@pytest.mark.slow
def test_ten_thousand_answers_survive_a_kill_of_every_process_every_two_seconds(
    installation: Installation,
) -> None:
    # How many that are follows from how fast the machine is: three every two seconds of some forty.
    assert run(installation, 10_000, every=2, between=50) >= 30

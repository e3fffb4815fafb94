"""The power is cut while eight patients send at once, whose answers share a commit: no receipt was too early.

The program runs as it does, in a process of its own. At some of the receipts it is stopped where it stands,
PostgreSQL too, whatever they were just about to write; the copy of their disk is what a power cut leaves.
"""

import asyncio
import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from benchmarks import patients
from benchmarks.books import books, expected, stored
from benchmarks.start import free_port
from pro_app.records.store import Store
from tests import own_loop
from tests.faults.disks import Ext4
from tests.faults.running import Installation, until_received
from tests.faults.test_power_cut import SEED, mended, postgresql_on

CLIENTS = 8
IN_FLIGHT_S = 0.1
Look = Callable[[], AbstractContextManager[str]]


@contextmanager
def stopped(pids: list[int]) -> Iterator[None]:
    """These processes, and all that they have started, do nothing more; what the kernel has, it has."""
    everybody = [one for pid in pids for one in (psutil.Process(pid), *psutil.Process(pid).children(True))]
    for one in everybody:
        with suppress(psutil.NoSuchProcess):
            os.kill(one.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for one in everybody:
            with suppress(ProcessLookupError):
                os.kill(one.pid, signal.SIGCONT)


def whole(at: Installation, url: str, receipts: set[str], everybody: set[str]) -> int:
    """All that have a receipt are there, and whatever is there is there in every book; how many that is."""
    after = Store(url, at.house.keys, pool_size=1)
    try:
        with after.reading() as tx:
            there = stored(tx)
            assert receipts <= there, f"{len(receipts - there)} of {len(receipts)} lost"
            assert there <= everybody
            assert books(tx) == expected(at.house, len(there))
    finally:
        after.close()
    return len(there)


class Crowd:
    """Sends everybody's answers, and looks at the disk at `moments` of the receipts."""

    def __init__(self, at: Installation, count: int, moments: int) -> None:
        self.at = at
        self.people = patients.enrolled(at.house, count)
        self.when = sorted(random.Random(SEED).sample(range(1, count), moments))
        self.receipts: set[str] = set()
        self.looks = 0
        at.house.store.close()

    def run(self, look: Look, beside: Callable[[], list[int]]) -> None:
        port = free_port()
        process = self.at.start("serve", "--no-clock", port=port)
        try:
            self.at.wait_for(port)
            own_loop.run(self._run(port, lambda: [process.pid, *beside()], look))
        finally:
            process.kill()
            process.wait()

    async def _run(self, port: int, pids: Callable[[], list[int]], look: Look) -> None:
        waiting = iter(enumerate(self.people))

        async def client() -> None:
            for number, patient in waiting:
                await until_received([port], patient, number)
                self.receipts.add(patient.response)

        async def cutter() -> None:
            for moment in self.when:
                while len(self.receipts) < moment:
                    await asyncio.sleep(0)
                with stopped(pids()):
                    await asyncio.sleep(IN_FLIGHT_S)  # what was said is heard, what the kernel has is done
                    receipts = set(self.receipts)
                    with look() as url:
                        there = whole(self.at, url, receipts, {one.response for one in self.people})
                print(f"cut at {len(receipts)} receipts, {there} stored")
                self.looks += 1

        await asyncio.gather(cutter(), *(client() for _ in range(CLIENTS)))
        assert self.looks == len(self.when)


def run_on_sqlite(tmp_path: Path, count: int, moments: int) -> None:
    disk = Ext4(tmp_path / "disk.img")
    with disk.mounted(tmp_path / "before") as place:
        at = Installation(tmp_path / "data", f"sqlite:///{place / 'pro_app.sqlite'}")

        @contextmanager
        def look() -> Iterator[str]:
            cut = disk.cut(tmp_path / "cut.img")
            with cut.mounted(tmp_path / "after") as found:
                yield f"sqlite:///{found / 'pro_app.sqlite'}"

        Crowd(at, count, moments).run(look, list)


def run_on_postgresql(tmp_path: Path, count: int, moments: int) -> None:
    disk = Ext4(tmp_path / "disk.img", mib=256)
    with postgresql_on(disk, tmp_path / "before") as server:
        at = Installation(tmp_path / "data", server.url())

        @contextmanager
        def look() -> Iterator[str]:
            cut = disk.cut(tmp_path / "cut.img")
            with cut.mounted(tmp_path / "after") as found, mended(server, found) as url:
                yield url

        Crowd(at, count, moments).run(look, lambda: [server.process.pid] if server.process else [])


def test_no_receipt_is_earlier_than_the_commit_it_shares(tmp_path: Path) -> None:
    run_on_sqlite(tmp_path, count=24, moments=2)


@pytest.mark.slow
def test_a_thousand_answers_of_a_crowd_outlive_twenty_power_cuts(tmp_path: Path) -> None:
    run_on_sqlite(tmp_path, count=1000, moments=20)


@pytest.mark.slow
@pytest.mark.postgres
def test_a_thousand_answers_of_a_crowd_in_postgresql_outlive_twenty_power_cuts(tmp_path: Path) -> None:
    run_on_postgresql(tmp_path, count=1000, moments=20)

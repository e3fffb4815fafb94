"""Web and clock in one process, as they run, while their disk or database fails: told, and soon well again.

Nobody starts the process anew. The short forms are in `test_disk_and_database_faults.py`, without a process.
"""

import asyncio
import resource
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from shutil import copyfile

import pytest

from benchmarks import patients
from benchmarks.books import books, expected
from benchmarks.crowd import Caller, Reply
from benchmarks.patients import Patient
from benchmarks.start import free_port
from benchmarks.waves import sent
from tests import own_loop
from tests.deploy.cluster import Machine
from tests.faults import disks
from tests.faults.running import Installation
from tests.faults.test_disk_and_database_faults import fill

WELL_S = 30
TOLD_S = 15
Fault = Callable[["subprocess.Popen[bytes]"], None]


def ask(port: int, patient: Patient) -> Reply:
    async def once() -> Reply:
        caller = Caller(port)
        try:
            async with asyncio.timeout(TOLD_S):
                return await sent(caller, patient)
        finally:
            caller.close()

    return own_loop.run(once())


@contextmanager
def served(at: Installation) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """With its clock, which ticks every second."""
    port = free_port()
    process = at.start("serve", port=port)
    try:
        at.wait_for(port)
        yield port, process
    finally:
        process.kill()
        process.wait()


def fails_and_is_well(at: Installation, begin: Fault, end: Fault) -> float:
    """One answer before, turned away while it fails, taken when that is over; returns after how long."""
    people = patients.enrolled(at.house, 3)
    with served(at) as (port, process):
        assert ask(port, people[0]).status == 201
        begin(process)
        time.sleep(2)  # the clock meets it too
        for _ in range(3):
            refused = ask(port, people[1])
            assert refused.status == 503 and "retry-after" in refused.headers, refused
        end(process)
        over = time.monotonic()
        while (reply := ask(port, people[1])).status == 503 and time.monotonic() < over + WELL_S:
            time.sleep(0.1)
        took = time.monotonic() - over
        assert reply.status == 201, reply
        assert ask(port, people[2]).status == 201
        assert process.poll() is None, "it was not started anew"
    with at.house.store.reading() as tx:
        assert books(tx) == expected(at.house, len(people))
    print(f"well again after {took:.1f} s")
    return took


@pytest.mark.slow
def test_a_full_disk_under_the_running_program(tmp_path: Path, migrated_file: Path) -> None:
    with disks.small(tmp_path / "disk", 8192) as disk, ExitStack() as full:
        copyfile(migrated_file, disk / "pro_app.sqlite")
        at = Installation(
            tmp_path / "data", f"sqlite:///{disk / 'pro_app.sqlite'}", PRO_APP_CLOCK_INTERVAL_S="1"
        )
        with closing(at.house.store):
            fails_and_is_well(
                at, lambda _: full.enter_context(fill(disk / "somebody-elses-file")), lambda _: full.close()
            )


@pytest.mark.slow
def test_a_failing_disk_under_the_running_program(tmp_path: Path, migrated_file: Path) -> None:
    """Writes beyond the size that its files may have fail in the kernel; the limit is put on the process."""
    (tmp_path / "data").mkdir()
    copyfile(migrated_file, tmp_path / "data" / "pro_app.sqlite")
    at = Installation(tmp_path / "data", PRO_APP_CLOCK_INTERVAL_S="1")
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(size: int) -> Fault:
        return lambda process: resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, most)) and None

    with closing(at.house.store):
        fails_and_is_well(at, limit(4096), limit(most))


@pytest.mark.slow
@pytest.mark.postgres
def test_a_postgresql_that_is_killed_and_started_again_under_the_running_program(tmp_path: Path) -> None:
    (tmp_path / "server").mkdir()
    server = Machine.at(tmp_path / "server" / "data")
    server.make()
    server.start(60)
    at = Installation(tmp_path / "data", server.url(), PRO_APP_CLOCK_INTERVAL_S="1")
    try:
        with closing(at.house.store):
            fails_and_is_well(at, lambda _: server.die(), lambda _: server.start(60))
    finally:
        server.leave()

"""No acknowledgement before the disk has it: what the kernel is asked to do, in its order, seen by strace."""

import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from shutil import copyfile, which

import pytest

from benchmarks import patients
from benchmarks.start import free_port
from tests import own_loop
from tests.faults.running import Installation, until_received
from tests.postgres import PostgresServer

ANSWERED = re.compile(r'"HTTP/1\.1 201')
CALLS = "trace=fsync,fdatasync,pwrite64,pwritev,pwritev2,write,writev,sendto,sendmsg"


@contextmanager
def watched(pids: list[int], log: Path) -> Iterator[None]:
    """Everything that these processes ask of the kernel goes into `log`, in its order."""
    assert which("strace"), "strace is missing: apt-get install strace"
    attach = [part for pid in pids for part in ("-p", str(pid))]
    command = ["strace", "-f", "-y", "-s", "24", "-e", CALLS, "-o", str(log), *attach]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert tracer.stderr
    left = len(pids)
    while left:  # one line for each process that it holds now
        line = tracer.stderr.readline()
        assert "attached" in line, line
        left -= 1
    try:
        yield
    finally:
        tracer.terminate()
        tracer.communicate(timeout=20)


def steps(log: Path, file: str) -> list[str]:
    """`write`, `sync` and `answer` as they followed one another; a sync counts when it is done.

    file: a pattern of the log that must be safe.
    """
    found = []
    syncing = set()
    for line in log.read_text(errors="replace").splitlines():
        pid = line.split(" ", 1)[0]
        if ANSWERED.search(line):
            found.append("answer")
        elif re.search(rf"f(data)?sync\(\d+<[^>]*{file}", line):
            if "unfinished" in line:
                syncing.add(pid)
            else:
                found.append("sync" if line.endswith("= 0") else "failed")
        elif re.search(r"f(data)?sync resumed", line) and pid in syncing:
            syncing.remove(pid)
            found.append("sync" if line.endswith("= 0") else "failed")
        elif re.search(rf"write(64|v|v2)?\(\d+<[^>]*{file}", line):
            found.append("write")
    return found


def one_answer(at: Installation, others: Callable[[], list[int]], log: Path, file: str) -> list[str]:
    """What happens when one patient sends to a server that is warm."""
    warm, patient = patients.enrolled(at.house, 2)
    port = free_port()
    server = at.start("serve", "--no-clock", port=port)
    try:
        at.wait_for(port)
        own_loop.run(until_received([port], warm, 0))
        with watched([server.pid, *others()], log):
            own_loop.run(until_received([port], patient, 0))
            time.sleep(0.05)
    finally:
        server.kill()
        server.wait()
        at.house.store.close()
    return steps(log, file)


def check(found: list[str]) -> None:
    """All of the log's writes before the answer are followed by a finished sync before the answer."""
    before = found[: found.index("answer")]
    assert "write" in before, found
    assert "sync" in before[len(before) - before[::-1].index("write") :], found


def test_the_answer_leaves_after_sqlite_s_log_is_on_the_disk(tmp_path: Path, migrated_file: Path) -> None:
    (tmp_path / "data").mkdir()
    copyfile(migrated_file, tmp_path / "data" / "pro_app.sqlite")
    check(one_answer(Installation(tmp_path / "data"), list, tmp_path / "calls", r"pro_app\.sqlite-wal"))


@pytest.mark.slow
@pytest.mark.postgres
def test_the_answer_leaves_after_postgresql_s_log_is_on_the_disk(tmp_path: Path) -> None:
    """On a server that is as durable as a hospital's, unlike that of the other tests."""
    for folder in (tmp_path, *list(tmp_path.parents)[:-2]):
        folder.chmod(folder.stat().st_mode | 0o011)
    (tmp_path / "server").mkdir()
    server = PostgresServer(tmp_path / "server")
    try:
        with server.database() as url:
            at = Installation(tmp_path / "data", url)
            everybody = partial(backends, tmp_path / "server" / "data")
            check(one_answer(at, everybody, tmp_path / "calls", "pg_wal/"))
    finally:
        server.stop()


def backends(data: Path) -> list[int]:
    """The server's main process and all it has now; a later one is followed from its first call."""
    main = int((data / "postmaster.pid").read_text().split()[0])
    children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
    return [main, *map(int, children)]


def test_an_answer_before_the_sync_would_be_seen() -> None:
    """The test of the test."""
    check(["write", "sync", "answer"])
    with pytest.raises(AssertionError):
        check(["sync", "write", "answer", "sync"])

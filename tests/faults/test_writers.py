"""Writers of one SQLite file take turns: threads in a queue, processes at the door, nobody waits for ever."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from pro_app.config import ROOT
from pro_app.keys import KeyRing
from pro_app.records.store import Store
from pro_app.records.store_faults import Away, Busy
from pro_app.records.writers import Writers

KEYS = KeyRing("of no account", (("k1", bytes(32)),))
SOON_S = 0.2
HOLDS = """
import sys
from pathlib import Path
from pro_app.records.writers import Writers
with Writers(Path(sys.argv[1])):
    print("in", flush=True)
    sys.stdin.readline()
print("out", flush=True)
"""
WRITES = """
import sys
from pro_app.keys import KeyRing
from pro_app.records.store import Store
store = Store(sys.argv[1], KeyRing("of no account", (("k1", bytes(32)),)))
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[3])):
    with store.writing() as tx:
        tx.conn.exec_driver_sql("INSERT INTO turn (who) VALUES (?)", (sys.argv[2],))
print("done", flush=True)
"""


class Other:
    """Another process, which does as `program` says."""

    def __init__(self, program: str, *arguments: str) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        command = [sys.executable, "-c", program, *arguments]
        self.process = subprocess.Popen(command, cwd=ROOT, text=True, **pipes)  # type: ignore[call-overload]

    def hear(self, word: str) -> None:
        assert self.process.stdout.readline().strip() == word

    def go_on(self) -> None:
        self.process.stdin.write("\n")
        self.process.stdin.flush()


@contextmanager
def another(program: str, *arguments: str) -> Iterator[Other]:
    other = Other(program, *arguments)
    try:
        yield other
    finally:
        other.process.kill()
        other.process.communicate()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "hospital.sqlite"


def test_who_waits_for_another_process_comes_in_when_it_has_gone(file: Path) -> None:
    came: list[str] = []

    def wait() -> None:
        with Writers(file):
            came.append("in")

    with another(HOLDS, str(file)) as other:
        other.hear("in")
        waiting = threading.Thread(target=wait)
        waiting.start()
        time.sleep(0.05)
        assert not came
        other.go_on()
        waiting.join(10)
    assert came


def test_patience_ends_with_a_fault_that_says_so_and_the_queue_goes_on(file: Path) -> None:
    ours = Writers(file, SOON_S)
    with another(HOLDS, str(file)) as other:
        other.hear("in")
        with pytest.raises(Busy, match="another process writes"), ours:
            pass
    with ours:  # whoever was killed has let go
        pass


def test_a_thread_that_waits_too_long_leaves_the_queue_and_holds_up_nobody(file: Path) -> None:
    ours = Writers(file, SOON_S)
    faults: list[BaseException] = []

    def wait() -> None:
        try:
            with ours:
                pass
        except Busy as fault:
            faults.append(fault)

    with ours:
        waiting = [threading.Thread(target=wait) for _ in range(3)]
        for thread in waiting:
            thread.start()
        for thread in waiting:
            thread.join(10)
    assert len(faults) == 3
    with ours:
        pass


def test_threads_come_in_the_order_in_which_they_came(file: Path) -> None:
    ours, order = Writers(file), list[int]()

    def write(number: int) -> None:
        with ours:
            order.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(10)]
    with ours:
        for thread in threads:
            thread.start()
            time.sleep(0.005)
    for thread in threads:
        thread.join(10)
    assert order == list(range(10))


def test_two_processes_that_write_without_a_pause_take_turns(file: Path) -> None:
    """Neither is kept out while the other writes: what was measured before were waits of a second."""
    url, each = f"sqlite:///{file}", 60
    store = Store(url, KEYS)
    with store.writing() as tx:
        tx.conn.execute(text("CREATE TABLE turn (number INTEGER PRIMARY KEY, who TEXT NOT NULL)"))
    with another(WRITES, url, "a", str(each)) as one, another(WRITES, url, "b", str(each)) as two:
        for other in (one, two):
            other.hear("ready")
        for other in (one, two):
            other.go_on()
        for other in (one, two):
            other.hear("done")
    with store.reading() as tx:
        turns = list(tx.conn.execute(text("SELECT who FROM turn ORDER BY number")).scalars())
    store.close()
    both = turns[turns.index("b") if turns[0] == "a" else turns.index("a") :]
    both = both[: len(both) - next(n for n, who in enumerate(reversed(both)) if who != both[-1])]
    longest = max(len(run) for run in "".join(both).replace("ab", "a b").replace("ba", "b a").split())
    assert turns.count("a") == turns.count("b") == each
    assert longest <= each / 2


def test_a_folder_that_is_gone_is_the_database_s_fault(file: Path) -> None:
    with pytest.raises(Away), Writers(file.parent / "nowhere" / "hospital.sqlite"):
        pass


def test_a_forked_child_has_locks_of_its_own(file: Path) -> None:
    """As a server that forks its workers has: a lock shared with the parent would keep neither out."""
    ours = Writers(file, SOON_S)
    with ours:
        pass
    with another(HOLDS, str(file)) as other:
        other.hear("in")
        child = os.fork()
        if child == 0:
            try:
                with ours:
                    os._exit(1)
            except Busy:
                os._exit(0)
            finally:
                os._exit(2)
        assert os.waitpid(child, 0)[1] == 0

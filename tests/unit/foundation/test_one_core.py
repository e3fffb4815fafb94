"""A process keeps to one core, the calmest, and leaves it to whoever needs it more."""

import os
import subprocess
import sys
import threading
from collections.abc import Mapping

import pytest

from pro_app.one_core import OneCore, better, busy_seconds

STAT = """cpu  300 0 100 1000 50 0 10 5 0 0
cpu0 200 10 50 400 30 1 9 2 7 7
cpu3 100 0 50 600 20 0 1 3 0 0
intr 72462422 0 0
ctxt 12
"""


def test_work_is_all_but_idle_and_waiting_for_a_disk() -> None:
    tick = os.sysconf("SC_CLK_TCK")
    assert busy_seconds(STAT) == {0: pytest.approx(272 / tick), 3: pytest.approx(154 / tick)}


@pytest.mark.parametrize(
    ("mine", "busy", "there"),
    [
        (0.9, {0: 1.0, 1: 0.0}, 0),  # what takes the core is this process itself
        (0.4, {0: 1.0, 1: 0.1}, 1),  # others take more than half of it
        (0.4, {0: 1.0, 1: 0.5}, 0),  # no better there
        (0.0, {0: 0.15, 1: 0.0}, 0),  # not worth it
        (0.1, {0: 1.0, 1: 0.6, 2: 0.2}, 2),
        (0.5, {}, 0),
    ],
)
def test_it_moves_only_for_a_good_reason(mine: float, busy: Mapping[int, float], there: int) -> None:
    assert better(0, mine, busy) == there


class Machine:
    """A machine whose cores' work is told, and who was put where."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, cores: int) -> None:
        self.busy = dict.fromkeys(range(cores), 0.0)
        self.placed: dict[int, set[int]] = {}
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
        monkeypatch.setattr(os, "sched_setaffinity", self.placed.__setitem__)

    @property
    def where(self) -> set[int]:
        """The cores on which the threads of this process now are."""
        return set().union(*self.placed.values())


def test_it_takes_the_calmest_core_and_moves_with_all_its_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, 3)
    machine.busy[0], machine.busy[2] = 5.0, 3.0
    core = OneCore(lambda: dict(machine.busy))
    assert core.settle() and machine.where == {1}
    assert threading.get_native_id() in machine.placed
    core.look_again()
    assert machine.where == {1}
    machine.busy[1] += 1e6  # others have been at it all the time
    machine.busy[2] += 1e5
    core.look_again()
    assert machine.where == {0}
    assert set(machine.placed) >= {thread.native_id for thread in threading.enumerate()}


def test_where_there_is_no_choice_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, 1)
    assert not OneCore(lambda: dict(machine.busy)).settle()

    def unknown() -> Mapping[int, float]:
        raise FileNotFoundError

    Machine(monkeypatch, 2)
    assert not OneCore(unknown).settle()
    monkeypatch.delattr(os, "sched_getaffinity")
    assert not OneCore(lambda: dict(machine.busy)).settle()
    assert machine.placed == {}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems don't tell")
def test_the_kernel_does_it() -> None:
    asked = (
        "import os, threading; from pro_app.one_core import OneCore; before = len(os.sched_getaffinity(0));"
        "OneCore().keep_looking(); now = [];"
        "late = threading.Thread(target=lambda: now.append(os.sched_getaffinity(0)));"
        "late.start(); late.join(); print(before > 1, len(now[0]) == 1)"
    )
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
    several, one = said.split()
    assert one == "True" or several == "False"

"""A process keeps to one core, and the kernel says to which."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pro_app import one_core
from pro_app.one_core import choose, core_in, keep_to_one_core


def test_the_core_stands_behind_a_name_that_may_hold_anything() -> None:
    fields = [str(number) for number in range(3, 53)]
    assert core_in(f"17 (pro app) 1 (x) {' '.join(fields)}\n") == 39


@pytest.fixture
def placed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, set[int]]]:
    """Who was put where, in order, on a machine of three cores."""
    found: list[tuple[int, set[int]]] = []
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2})
    monkeypatch.setattr(os, "sched_setaffinity", lambda who, cores: found.append((who, set(cores))))
    monkeypatch.setattr(one_core, "BETWEEN_S", 0.0)
    monkeypatch.setattr(one_core, "STAY_S", 1e6)
    monkeypatch.setattr(one_core, "_allowed", set())
    return found


def test_all_threads_are_let_free_and_then_stay_where_the_kernel_has_most_often_put_the_main_one(
    placed: list[tuple[int, set[int]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = iter([1, 0, 2, 2, 1, 2])
    monkeypatch.setattr(one_core, "core_in", lambda _: next(told))
    assert keep_to_one_core()
    assert {cores for _, (cores,) in placed} == {1}
    placed.clear()
    assert choose() == 2
    free = [who for who, cores in placed if cores == {0, 1, 2}]
    kept = [who for who, cores in placed if cores == {2}]
    assert placed == [(who, {0, 1, 2}) for who in free] + [(who, {2}) for who in kept]
    assert threading.get_native_id() in set(free) & set(kept)


def test_where_there_is_no_choice_or_no_way_nothing_is_done(
    placed: list[tuple[int, set[int]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(_who: int, _cores: set[int]) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setaffinity", forbidden)
    assert not keep_to_one_core()
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1})
    assert not keep_to_one_core()
    monkeypatch.delattr(os, "sched_getaffinity")
    assert not keep_to_one_core()
    assert placed == []


def test_a_thread_that_ends_meanwhile_holds_up_nobody(
    placed: list[tuple[int, set[int]]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def gone(_who: int, _cores: set[int]) -> None:
        raise ProcessLookupError

    monkeypatch.setattr(os, "sched_setaffinity", gone)
    assert keep_to_one_core()


_ASKED = """
import os, subprocess, sys, threading
from pro_app.one_core import anywhere, keep_to_one_core
before = len(os.sched_getaffinity(0))
done, now = keep_to_one_core(), []
late = threading.Thread(target=lambda: now.append(len(os.sched_getaffinity(0))))
late.start(); late.join()
program = [sys.executable, "-c", "import os; print(len(os.sched_getaffinity(0)))"]
with anywhere():
    other = subprocess.run(program, capture_output=True, text=True).stdout.strip()
print(before, done, now[0], other, len(os.sched_getaffinity(0)))
"""


def test_the_kernel_does_it() -> None:
    run = subprocess.run([sys.executable, "-c", _ASKED], capture_output=True, text=True, check=True)
    before, done, now, other, after = run.stdout.split()
    assert (done, now, after) == (("True", "1", "1") if int(before) > 1 else ("False", before, before))
    assert other == before  # a program that it starts

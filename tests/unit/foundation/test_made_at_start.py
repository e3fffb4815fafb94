"""What a start does to the process: the collector of garbage, the heaps of threads."""

import ctypes
import gc
import os
import platform
from pathlib import Path

import pytest

from pro_app.everlasting import everlasting
from pro_app.one_heap import give_back, share_one_heap


def test_what_is_made_at_start_is_set_aside_and_the_collector_works_again() -> None:
    before = gc.get_freeze_count()
    try:
        with everlasting():
            assert not gc.isenabled()
            kept = [[number] for number in range(1000)]
        assert gc.isenabled()
        assert gc.get_freeze_count() >= before + len(kept)
    finally:
        gc.unfreeze()


def test_a_start_that_fails_leaves_the_collector_at_work() -> None:
    try:
        with pytest.raises(ValueError, match="broken"), everlasting():
            raise ValueError("broken")
        assert gc.isenabled()
    finally:
        gc.unfreeze()


def test_threads_share_one_heap_where_the_c_library_can() -> None:
    assert share_one_heap() == (platform.libc_ver()[0] == "glibc")


def test_another_c_library_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: object())
    assert not share_one_heap()
    assert not give_back()


def test_what_work_has_left_free_inside_the_heap_goes_back_to_the_system() -> None:
    blocks = [b"x" * size for size in range(9_000, 11_000)]
    kept = blocks[::20]  # so that the end of the heap stays in use
    del blocks
    before = _resident()
    assert give_back() == (platform.libc_ver()[0] == "glibc")
    assert _resident() < before - 8_000_000 or platform.libc_ver()[0] != "glibc"
    assert len(kept) == 100


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

"""What a start does to the process: the collector of garbage, the heaps of threads."""

import ctypes
import gc
import platform

import pytest

from pro_app.everlasting import everlasting
from pro_app.one_heap import share_one_heap


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

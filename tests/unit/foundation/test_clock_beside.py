"""The clock in the process that serves begins after the pages, and never after it was told to stop."""

import threading
from typing import Any, cast

import pytest

from pro_app.cli import serving
from pro_app.cli.serving import ClockBeside


class FakeClock:
    """Notes what is done with it."""

    def __init__(self, _service: Any) -> None:
        self.started, self.stopped = threading.Event(), False
        clocks.append(self)

    def start(self) -> None:
        self.started.set()

    def stop(self) -> None:
        self.stopped = True


clocks: list[FakeClock] = []


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch) -> ClockBeside:
    clocks.clear()
    monkeypatch.setattr("pro_app.clock.Clock", FakeClock)
    monkeypatch.setattr(serving, "CLOCK_BEGINS_AFTER_S", 0)
    return ClockBeside(cast(Any, "the service"))


def test_the_clock_begins_by_itself_and_is_stopped_with_the_server(beside: ClockBeside) -> None:
    beside.start()
    beside._timer.join()
    assert clocks[0].started.is_set() and not clocks[0].stopped
    beside.stop()
    assert clocks[0].stopped


def test_a_server_that_is_stopped_at_once_gets_no_clock_any_more(beside: ClockBeside) -> None:
    beside.stop()
    beside._begin()  # the timer had fired already
    assert not clocks

"""A backlog goes out with a beat, so that patients find room between two deliveries."""

from datetime import timedelta

import pytest

from pro_app.actions.sync import Beat


class Watch:
    """A clock that goes on only while somebody sleeps by it."""

    def __init__(self) -> None:
        self.now, self.slept = 100.0, list[float]()

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def test_deliveries_that_are_ready_together_begin_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watch = Watch()
    monkeypatch.setattr("pro_app.actions.sync.time", watch)
    beat = Beat(timedelta(milliseconds=20))
    for _ in range(3):
        beat.wait()
    assert watch.slept == pytest.approx([0.02, 0.04])


def test_a_registry_that_is_slower_than_the_beat_is_not_kept_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch()
    monkeypatch.setattr("pro_app.actions.sync.time", watch)
    beat = Beat(timedelta(milliseconds=20))
    for _ in range(3):
        beat.wait()
        watch.now += 0.5
    assert watch.slept == []

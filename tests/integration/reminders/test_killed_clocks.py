"""Several clocks at once, killed again and again, with a provider that takes messages and says nothing."""

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pro_app.records import deliveries
from pro_app.records.participants import Participant
from pro_app.records.store import Store
from tests.integration.reminders.hard_provider import HardServer, serving
from tests.integration.reminders.scene import Scene

ROOT = Path(__file__).resolve().parents[3]
SEED = 20261201


class Clocks:
    """Processes that tick; whichever is killed is replaced."""

    def __init__(self, url: str, key_file: Path, port: int, count: int) -> None:
        self._arguments = [url, str(key_file), str(port), str(time.time())]
        self._running = [self._start() for _ in range(count)]
        self._dice = random.Random(SEED)
        self.killed = 0

    def _start(self) -> subprocess.Popen[bytes]:
        module = "tests.integration.reminders.clock_process"
        return subprocess.Popen([sys.executable, "-m", module, *self._arguments], cwd=ROOT)

    def kill_one(self) -> None:
        victim = self._dice.randrange(len(self._running))
        self._running[victim].kill()
        self._running[victim].wait()
        self._running[victim] = self._start()
        self.killed += 1

    def stop(self) -> None:
        for process in self._running:
            process.kill()
            process.wait()


@pytest.fixture
def provider() -> Iterator[HardServer]:
    with serving(SEED) as server:
        yield server


def all_settled(scene: Scene, people: list[Participant]) -> bool:
    with scene.store.reading() as tx:
        rows = deliveries.of_many(tx, [person.id for person in people])
    return len(rows) == len(people) and all(
        row.state in ("sent", "delivered") for found in rows.values() for row in found
    )


def run(store: Store, key_file: Path, provider: HardServer, *, people: int, clocks: int, every: float) -> int:
    """Enrol, let the clocks work while they are killed, wait until all is settled; returns the kills.

    A clock is killed every `every` seconds, once the clocks have got something done since the last time.
    """
    scene = Scene(store)
    enrolled = [scene.enrol(number) for number in range(1, people + 1)]
    url = store.url.render_as_string(hide_password=False)
    working = Clocks(url, key_file, provider.server_port, clocks)
    try:
        end, next_kill, done = time.monotonic() + 30 + people, time.monotonic() + every, 0
        while not all_settled(scene, enrolled):
            assert time.monotonic() < end, "some messages never left"
            if time.monotonic() >= next_kill and len(provider.taken) > done:
                working.kill_one()
                next_kill, done = time.monotonic() + every, len(provider.taken)
            time.sleep(0.05)
    finally:
        working.stop()
    expected = {row.reference for person in enrolled for row in scene.rows(person)}
    assert set(provider.taken) == expected
    return working.killed


def test_whoever_kills_the_clocks_every_reminder_leaves_once(
    store: Store, tmp_path: Path, provider: HardServer
) -> None:
    killed = run(store, tmp_path / "keys.json", provider, people=60, clocks=2, every=0.5)

    assert killed
    assert provider.hidden
    assert sum(provider.taken.values()) == 60


@pytest.mark.slow
def test_four_clocks_killed_every_two_seconds_miss_none_of_a_thousand(
    store: Store, tmp_path: Path, provider: HardServer
) -> None:
    killed = run(store, tmp_path / "keys.json", provider, people=1000, clocks=4, every=2)

    twice = sum(provider.taken.values()) - 1000
    print(f"{killed} kills, {len(provider.hidden)} hidden accepts, {twice} sent twice")
    assert killed
    assert provider.hidden
    assert twice <= len(provider.hidden)

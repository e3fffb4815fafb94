"""What one tick of the clock costs when a million are enrolled and two thousand are due.

The rows are made inside the database; the identities of those who are due are truly sealed. Each figure is of
a process of its own that does nothing but tick, so that its memory is the tick's.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.rows import Row
from benchmarks.tick_rows import fill, forget_decided, plans_of
from pro_app.actions import remind, send
from pro_app.config import ROOT
from pro_app.keys import create_key_file, load_key_ring
from pro_app.letters.carriers import Carriers
from pro_app.links import Links
from pro_app.ports import Channel, Message, Outcome
from pro_app.records import migrating
from pro_app.records.store import Store
from pro_app.schedule.elements import Study
from pro_app.schedule.study import load_study
from tests.postgres import PostgresServer

NOON = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)
ENROLLED, DUE, ROUNDS, TURNS = 1_000_000, 2_000, 3, 3
# Handed over to a provider in each turn, and forgotten again.
SENT = 200
TARGET_S = {"sqlite": 3.0, "postgresql": 2.0}


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds of a tick that decides everything, and of the next, which finds nothing new.

    Of several the least disturbed. memory_mib: the most that the process ever held.
    """

    first_s: float
    next_s: float
    sent_per_s: float
    memory_mib: float


def study() -> Study:
    return load_study(ROOT / "questionnaires" / "studies" / "nct06120426.toml", ("bpi-sf", "qlq-c30"))


def decide(store: Store, plan: Study, now: datetime) -> tuple[int, float]:
    """Decide as the clock does: page by page, each in its own short transaction. Decided, and seconds."""
    begun, tally, place = time.perf_counter(), remind.Tally(), remind.START
    further: remind.Place | None = place
    while further is not None:
        with store.reading() as tx:
            found = remind.survey(tx, plan, now, further)
        if found.to_write:
            with store.writing() as tx:
                remind.record(tx, found, now)
        tally, further = tally.plus(found), found.next
    return tally.to_send, time.perf_counter() - begun


class AtOnce:
    """A provider that takes every message at once."""

    name = "inbox"
    channel: Channel = "sms"

    def send(self, message: Message, now: datetime) -> Outcome:
        return Outcome("accepted", self.name, message.reference)

    def look_up(self, reference: str) -> Outcome | None:
        return None


def tick(url: str, key_file: Path, due: int) -> Figures:
    """In this process: tick twice, some times over, then send what was decided."""
    plan = study()
    store = Store(url, load_key_ring(key_file, None))
    first, following = [], []
    for _ in range(ROUNDS):
        forget_decided(store, NOON)
        decided, seconds = decide(store, plan, NOON)
        first.append(seconds)
        assert decided == due, f"{decided} decided instead of {due}"
        again, seconds = decide(store, plan, NOON)
        following.append(seconds)
        assert again == 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    post = send.Post(plan, Carriers([AtOnce()]), Links(store.keys), "https://follow.example.cn")
    begun = time.perf_counter()
    done = send.send(store, post, NOON, limit=SENT)
    seconds = time.perf_counter() - begun
    store.close()
    return Figures(min(first), min(following), done.sent / seconds, peak)


def in_own_process(url: str, key_file: Path, due: int) -> Figures:
    word = [sys.executable, "-m", "benchmarks.tick", "child", url, str(key_file), str(due)]
    said = subprocess.run(word, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return Figures(**json.loads(said.splitlines()[-1]))


@contextmanager
def databases(folder: Path) -> Iterator[Iterator[tuple[str, str, str]]]:
    """Each kind of database: its name, and the addresses of two that are empty."""

    def each() -> Iterator[tuple[str, str, str]]:
        yield "sqlite", f"sqlite:///{folder / 'tenth.sqlite'}", f"sqlite:///{folder / 'whole.sqlite'}"
        server = PostgresServer(folder)
        try:
            with server.database() as tenth, server.database() as whole:
                yield "postgresql", tenth, whole
        finally:
            server.stop()

    yield each()


def measure(enrolled: int = ENROLLED, due: int = DUE) -> list[Row]:
    """A tenth of the participants and all of them, with the same number due."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="tick-") as name, databases(Path(name)) as found:
        key_file = Path(name) / "keys.json"
        create_key_file(key_file)
        for kind, tenth, whole in found:
            made(tenth, key_file, enrolled // 10, due)
            made(whole, key_file, enrolled, due)
            rows += _rows(kind, tenth, whole, key_file, enrolled, due)
    return rows


def made(url: str, key_file: Path, enrolled: int, due: int) -> None:
    store = Store(url, load_key_ring(key_file, None))
    migrating.up(store)
    fill(store, enrolled, due, NOON)
    for line in plans_of(store, study(), NOON):
        print(f"{store.url.get_backend_name()}, {enrolled:,}: {line}", file=sys.stderr)
    store.close()


def _rows(kind: str, tenth: str, whole: str, key_file: Path, enrolled: int, due: int) -> list[Row]:
    """In turns, so that whatever else the machine does falls on both."""
    few, all_ = [], []
    for _ in range(TURNS):
        few.append(in_own_process(tenth, key_file, due))
        all_.append(in_own_process(whole, key_file, due))
    first, beside = min(one.first_s for one in all_), min(one.first_s for one in few)
    return [
        Row(f"tick, {kind}, {enrolled:,} enrolled, {due:,} due", first, "s", target=TARGET_S[kind]),
        Row(f"the same, {kind}", first, "s", beside, f"{enrolled // 10:,} enrolled", target=1.3),
        Row(f"the next tick, nothing new, {kind}", min(one.next_s for one in all_), "s"),
        Row(f"a ticking process, {kind}", max(one.memory_mib for one in all_), "MiB", target=200),
        Row(f"messages handed over, {kind}", max(one.sent_per_s for one in all_), "/s"),
    ]


if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        answer = tick(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
        print(json.dumps({name: getattr(answer, name) for name in Figures.__dataclass_fields__}))
    else:
        for row in measure(*(int(one.replace("_", "")) for one in sys.argv[1:])):
            print(row)

"""More is asked than can be answered: some are told to come again, and all that was taken is stored."""

import asyncio
import os
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from shutil import copyfile

import pysqlite3.dbapi2
import pytest

from benchmarks import load_day, load_table, patients, waves
from benchmarks.books import books, expected, stored
from benchmarks.crowd import Caller, Reply
from pro_app.cli import serving
from pro_app.web import admission
from pro_app.web.factory import create_app
from tests import own_loop
from tests.faults.running import Installation

HELD_S = 1.0


@pytest.fixture
def at(tmp_path: Path, migrated_file: Path) -> Iterator[Installation]:
    (tmp_path / "data").mkdir()
    copyfile(migrated_file, tmp_path / "data" / "pro_app.sqlite")
    made = Installation(tmp_path / "data", PRO_APP_THREADS="2")
    yield made
    made.house.store.close()


@contextmanager
def served(at: Installation, before: Callable[[int], None] = lambda port: None) -> Iterator[int]:
    """Our own server, in this process; `before` is called when it listens and does not read yet."""
    listener = serving.listen("127.0.0.1", 0)
    server = serving.web_server(create_app(at.house), at.house.settings, listener)
    before(int(listener.getsockname()[1]))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        server.close()


def test_in_a_jam_some_are_told_to_come_again_and_the_process_says_that_it_lives(
    at: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both threads wait for somebody else's writing; the queue behind them is told when it goes on."""
    monkeypatch.setattr(admission, "STANDING_S", 0.0)
    people = patients.enrolled(at.house, 12)
    file = at.house.store.url.database

    async def one(port: int, patient: patients.Patient) -> Reply:
        caller = Caller(port)
        try:
            return await waves.sent(caller, patient)
        finally:
            caller.close()

    async def jam(port: int) -> tuple[list[Reply], Reply, bool]:
        with closing(pysqlite3.dbapi2.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            sending = [asyncio.create_task(one(port, patient)) for patient in people]
            await asyncio.sleep(HELD_S)
            alive = await Caller(port).ask("GET", "/healthz")
            still_jammed = not any(task.done() for task in sending)
        return await asyncio.gather(*sending), alive, still_jammed

    with served(at) as port:
        replies, alive, still_jammed = own_loop.run(jam(port))
        assert alive.status == 200 and still_jammed
        away = [reply for reply in replies if reply.status == 503]
        assert {reply.status for reply in replies} == {201, 503}
        assert all(reply.headers["retry-after"] == "30" and b'"busy"' in reply.body for reply in away)
        again = [own_loop.run(one(port, patient)).status for patient in people]
    assert sorted(again) == [200] * (len(people) - len(away)) + [201] * len(away)
    with at.house.store.reading() as tx:
        assert books(tx) == expected(at.house, len(people))


@pytest.mark.parametrize("path", ["/device/visit/none", "/healthz"])
def test_waiting_before_the_server_read_anything_counts_and_healthz_answers_all_the_same(
    at: Installation, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(admission, "STANDING_S", 0.0)
    caller = socket.socket()

    def ask_early(port: int) -> None:
        caller.connect(("127.0.0.1", port))
        caller.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        time.sleep(admission.TOO_LONG_S + 0.1)

    with caller, served(at, ask_early):
        answer = caller.recv(12)
    assert answer == (b"HTTP/1.1 200" if path == admission.ALIVE else b"HTTP/1.1 503")


def test_a_connection_that_is_more_than_the_thousandth_open_file_harms_nobody(at: Installation) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 2048)), hard))
    files = [os.open(os.devnull, os.O_RDONLY) for _ in range(1024)]
    try:
        with served(at) as port:
            reply = own_loop.run(asyncio.wait_for(Caller(port).ask("GET", "/healthz"), waves.GIVE_UP_S))
        assert reply.status == 200
    finally:
        for file in files:
            os.close(file)


def run(at: Installation, plan: load_day.Plan) -> load_day.Day:
    """One day on a server of its own; nobody's answer is lost, whoever was turned away."""
    people = patients.enrolled(at.house, plan.people)
    with load_day.server(at.settings) as (port, watched):
        day = own_loop.run(load_day.spend(port, watched, people, plan))
    print(load_table.table({"one": (day, load_day.kept(at.house, day))}))
    assert not any(wave.faults for wave in day.waves)
    assert not (day.usual.turned_away or day.after.turned_away or day.opening.turned_away)
    assert day.most_mib < 512
    with at.house.store.reading() as tx:
        there, found = stored(tx), books(tx)
    assert day.receipts <= there
    assert len(day.usual.answered) + len(day.rush.answered) <= len(day.receipts)
    assert found == expected(at.house, len(there))
    return day


def test_a_study_opens_and_sends_and_outlives_a_rush(at: Installation) -> None:
    day = run(at, load_day.Plan(opening=6, open_s=1, rate=10, seconds=1, over=10))
    assert len(day.opening.answered) == 6


@pytest.mark.slow
def test_two_thousand_open_and_thirty_a_second_send_and_five_times_as_many_are_outlived(
    database_url: str, tmp_path: Path
) -> None:
    """The times are printed, not judged: they are the machine's. `docs/faults.md` has what was measured."""
    at = Installation(tmp_path / "data", database_url)
    with closing(at.house.store):
        run(at, load_day.Plan(opening=2000, open_s=600, rate=30, seconds=300, over=5))

"""Completed questionnaires a second, ours beside the floor's.

A completion is the first page, the answers and the receipt, in a fresh session. Ours: the questionnaire page,
the visit's data, the answers, which are scored, audited and put into the outbox, and the receipt. The whole
way adds what a patient's browser does before: the page behind the personal link, and Start. Both programs
run one after the other on the same database, with as many threads a process: the floor behind gunicorn with
two processes, ours as it is delivered, which is one.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import crowd
from benchmarks.crowd import Caller
from benchmarks.floor import VALUES
from benchmarks.processes import Watched
from benchmarks.rows import Row
from benchmarks.start import free_port, wait_for
from benchmarks.submission import prepared
from pro_app.config import read_settings
from pro_app.records import migrating
from pro_app.wiring import build

CLIENTS = 32
COMPLETIONS, WAYS = 1500, 500
WARM = 100
# Pages are asked for over kept connections, as a browser does: connecting is no part of a page.
VISITORS, PAGES_EACH = 300, 10
WORKERS, THREADS = 2, 8


@dataclass(frozen=True, slots=True)
class Found:
    """What one server did. `rest_mib` started and not asked yet, `whole_mib` the same with libraries whole,
    `warm_mib` after the first completions, `load_mib` after the last."""

    per_second: float
    cpu_ms: float
    p95_ms: float
    rest_mib: float
    whole_mib: float
    warm_mib: float
    load_mib: float
    pages_per_second: float = 0.0


def measure(folder: Path, url: str | None = None) -> list[Row]:
    """`url`: a PostgreSQL to use instead of SQLite files in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    kind = "PostgreSQL" if url else "SQLite"
    floor = _floor(url or f"sqlite:///{folder / 'floor.sqlite'}")
    ours, way = _ours(folder, url)
    pages = ours.pages_per_second, floor.pages_per_second
    return [
        Row(
            f"question pages, {CLIENTS} clients, {kind}",
            pages[0],
            "/s",
            pages[1],
            "floor",
            0.4,
            at_least=True,
        ),
        Row(
            f"completions, {CLIENTS} clients, {kind}",
            ours.per_second,
            "/s",
            floor.per_second,
            "floor",
            0.5,
            at_least=True,
        ),
        Row(f"processor of one completion, {kind}", ours.cpu_ms, "ms", floor.cpu_ms, "floor", 2),
        Row(f"completion, 95th percentile, {kind}", ours.p95_ms, "ms", target=200),
        Row(f"the whole way from the link, {kind}", way.per_second, "/s", floor.per_second, "floor"),
        Row(f"processor of the whole way, {kind}", way.cpu_ms, "ms", floor.cpu_ms, "floor"),
        Row(f"all processes at rest, {kind}", ours.rest_mib, "MiB", target=79),
        Row(f"all processes at rest, libraries whole, {kind}", ours.whole_mib, "MiB", target=79),
        Row(f"all processes after {WARM} completions, {kind}", ours.warm_mib, "MiB"),
        Row(f"all processes under load, {kind}", ours.load_mib, "MiB", target=120),
    ]


def _gunicorn(app: str, port: int) -> list[str]:
    command = ["gunicorn", "--worker-class=gthread", f"--workers={WORKERS}", f"--threads={THREADS}"]
    return [*command, "--preload", "--keep-alive=30", f"--bind=127.0.0.1:{port}", app]


@contextmanager
def _served(program: list[str], environ: dict[str, str], port: int) -> Iterator[Watched]:
    command = [sys.executable, "-m", *program]
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", 60)
        yield Watched(process.pid)
    finally:
        process.terminate()
        process.wait(30)


def _measured(watched: Watched, port: int, complete: crowd.Completion, count: int, first: int = 0) -> Found:
    """`first`: the number of the first of `WARM` completions that make everything warm, and then `count`."""
    watched.wait_for_rest()
    rest, whole = watched.memory_mib(), watched.whole_mib()
    crowd.run(port, 4, WARM, lambda caller, number: complete(caller, first + number))
    warm = watched.memory_mib()
    before = watched.cpu_seconds()
    tally = crowd.run(port, CLIENTS, count, lambda caller, number: complete(caller, first + WARM + number))
    used = watched.cpu_seconds() - before
    return Found(
        per_second=tally.per_second,
        cpu_ms=1000 * used / count,
        p95_ms=1000 * tally.percentile(0.95),
        rest_mib=rest,
        whole_mib=whole,
        warm_mib=warm,
        load_mib=watched.memory_mib(),
    )


def _pages_per_second(port: int, path: str) -> float:
    async def look(caller: Caller, _number: int) -> None:
        for _ in range(PAGES_EACH):
            _want(await caller.ask("GET", path), 200)

    crowd.run(port, CLIENTS, CLIENTS, look)
    return PAGES_EACH * crowd.run(port, CLIENTS, VISITORS, look).per_second


def _floor(url: str) -> Found:
    body = json.dumps({f"q{number}": number % 5 for number in range(VALUES)}).encode()

    async def complete(caller: Caller, _number: int) -> None:
        page = await caller.ask("GET", "/")
        headers = {
            "Content-Type": "application/json",
            "Cookie": page.cookie,
            "X-Form-Secret": page.headers["x-form-secret"],
        }
        _want(await caller.ask("POST", "/", headers, body), 201)

    port = free_port()
    environ = {**os.environ, "FLOOR_DATABASE_URL": url}
    with _served(_gunicorn("benchmarks.floor:app_from_environment()", port), environ, port) as watched:
        found = _measured(watched, port, complete, COMPLETIONS)
        return replace(found, pages_per_second=_pages_per_second(port, "/"))


def _ours(folder: Path, url: str | None) -> tuple[Found, Found]:
    """A completion by itself, and the whole way from the personal link."""
    environ = {"PRO_APP_DATA_DIR": str(folder / "ours"), **({"PRO_APP_DATABASE_URL": url} if url else {})}
    house = build(read_settings(environ))
    migrating.up(house.store)
    people = prepared(house, 2 * WARM + COMPLETIONS + WAYS)
    house.store.close()
    seen: dict[str, str] = {}

    async def complete(caller: Caller, number: int) -> None:
        token, body = people[number]
        seen["page"] = await answer(caller, token, body, {"Authorization": f"Visit {token}"})

    async def whole_way(caller: Caller, number: int) -> None:
        token, body = people[number]
        link = await caller.ask("GET", f"/v/{token}")
        form = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": link.cookie}
        secret = link.body.decode().partition('name="csrf_token" value="')[2].partition('"')[0]
        begun = _want(await caller.ask("POST", f"/v/{token}", form, f"csrf_token={secret}".encode()), 303)
        _want(await caller.ask("GET", "/visit", {"Cookie": begun.cookie}), 200)
        await answer(caller, token, body, {"Cookie": begun.cookie})

    port = free_port()
    environ |= {"PRO_APP_PORT": str(port), "PRO_APP_THREADS": str(THREADS)}
    with _served(["pro_app", "serve", "--no-clock"], {**os.environ, **environ}, port) as watched:
        alone = _measured(watched, port, complete, COMPLETIONS)
        way = _measured(watched, port, whole_way, WAYS, WARM + COMPLETIONS)
        return replace(alone, pages_per_second=_pages_per_second(port, seen["page"])), way


async def answer(caller: Caller, token: str, body: bytes, who: dict[str, str]) -> str:
    """From the visit's data to the receipt; returns the address of the page."""
    sent = json.loads(body)
    visit = _want(await caller.ask("GET", f"/device/visit/{sent['ref']}", who), 200)
    pages = {one["id"]: one["pages"] for one in json.loads(visit.body)["instruments"]}
    page = str(pages[sent["instrument"]][sent["language"]])
    _want(await caller.ask("GET", page), 200)
    headers = {"Content-Type": "application/json", "Authorization": f"Visit {token}"}
    receipt = _want(await caller.ask("POST", "/device/response", headers, body), 201)
    if json.loads(receipt.body)["response"] != sent["response"]:
        raise RuntimeError("a receipt for something else")
    return page


def _want(reply: crowd.Reply, status: int) -> crowd.Reply:
    if reply.status != status:
        raise RuntimeError(f"answered {reply.status}: {reply.body[:200]!r}")
    return reply

"""From launching the server to its first page, beside a bare Flask application under the same server.

Processor time is given too: on a machine that others use it is what a launch costs, the rest is waiting.
"""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import Watched
from benchmarks.rows import Row

RUNS = 5
TARGET_S = 0.7
BARE = """
import waitress
from flask import Flask
app = Flask("bare")
app.add_url_rule("/healthz", view_func=lambda: "alive")
waitress.serve(app, host="127.0.0.1", port={port}, threads=8)
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, seconds: float = 30) -> None:
    """Ask until there is an answer; raises TimeoutError."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        try:
            urllib.request.urlopen(url, timeout=5).read()
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.005)
    raise TimeoutError(url)


@contextmanager
def demonstration(data_dir: Path, participants: int = 24) -> Iterator[tuple[str, dict[str, str]]]:
    """A seeded demonstration that is being served: its address and the environment it runs in."""
    port = free_port()
    environ = {
        **os.environ,
        "PRO_APP_DATA_DIR": str(data_dir),
        "PRO_APP_PORT": str(port),
        "PRO_APP_MODE": "demo",
    }
    word = [sys.executable, "-m", "pro_app", "demo", "--participants", str(participants)]
    process = subprocess.Popen(word, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{base}/healthz", 120)
        yield base, environ
    finally:
        process.terminate()
        process.wait(30)


@dataclass(frozen=True, slots=True)
class Launch:
    """Seconds to the first answer, seconds of processor until then."""

    seconds: float
    cpu: float


def _timed(command: list[str], port: int, path: str, environ: dict[str, str]) -> Launch:
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{port}{path}")
        seconds = time.perf_counter() - began
        return Launch(seconds, Watched(process.pid).cpu_seconds())
    finally:
        process.terminate()
        process.wait(30)


def measure(data_dir: Path) -> list[Row]:
    """The median of several starts of a seeded installation, to its first page."""
    ours, bare = [], []
    with demonstration(data_dir) as (_, environ):
        pass
    for _ in range(RUNS):
        port = free_port()
        environ["PRO_APP_PORT"] = str(port)
        serve = [sys.executable, "-m", "pro_app", "serve"]
        ours.append(_timed(serve, port, "/", environ))
        port = free_port()
        bare.append(
            _timed([sys.executable, "-c", BARE.format(port=port)], port, "/healthz", dict(os.environ))
        )
    middle = RUNS // 2

    def median(values: Iterable[float]) -> float:
        return sorted(values)[middle]

    seconds, beside = (median(one.seconds for one in found) for found in (ours, bare))
    cpu, cpu_beside = (median(one.cpu for one in found) for found in (ours, bare))
    return [
        Row("launch to first page", seconds, "s", target=TARGET_S),
        Row("launch of a bare Flask app", beside, "s"),
        Row("processor until the first page", cpu, "s", cpu_beside, "a bare Flask app"),
    ]

"""One submission as a client sees it, beside one bare Flask request that inserts and commits one row.

Both behind the same server (waitress, 8 threads) in a process of its own, asked in turns over one kept
connection each, on SQLite with synchronous=FULL. `benchmarks.submission` measures the same without a server.
"""

import http.client
import json
import os
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks.rows import Row
from benchmarks.start import free_port, wait_for
from benchmarks.submission import prepared
from pro_app.config import read_settings
from pro_app.records import migrating
from pro_app.wiring import build

ROUNDS = 300
WARM = 30
BARE = """
import json, threading, pysqlite3.dbapi2, waitress
from flask import Flask, jsonify, request
db = pysqlite3.dbapi2.connect({path!r}, isolation_level=None, check_same_thread=False)
db.execute("PRAGMA journal_mode=WAL"); db.execute("PRAGMA synchronous=FULL")
db.execute("CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT NOT NULL)")
app, lock = Flask("bare"), threading.Lock()
@app.post("/")
def add():
    with lock:
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO note (body) VALUES (?)", (json.dumps(request.get_json()),))
        db.execute("COMMIT")
    return jsonify(saved=True)
app.add_url_rule("/healthz", view_func=lambda: "alive")
waitress.serve(app, host="127.0.0.1", port={port}, threads=8, ident=None)
"""


def measure(folder: Path) -> list[Row]:
    """Milliseconds of a request, median of `ROUNDS`."""
    folder.mkdir(parents=True)
    house = build(read_settings({"PRO_APP_DATA_DIR": str(folder)}))
    migrating.up(house.store)
    bodies = prepared(house, ROUNDS + WARM)
    house.store.close()
    ours, bare = free_port(), free_port()
    script = BARE.format(path=str(folder / "bare.sqlite"), port=bare)
    environ = {**os.environ, "PRO_APP_DATA_DIR": str(folder), "PRO_APP_PORT": str(ours)}
    with ExitStack() as stack:
        for command in (
            [sys.executable, "-m", "pro_app", "serve", "--no-clock"],
            [sys.executable, "-c", script],
        ):
            process = subprocess.Popen(
                command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            stack.callback(process.wait, 30)
            stack.callback(process.terminate)
        wait_for(f"http://127.0.0.1:{ours}/healthz")
        wait_for(f"http://127.0.0.1:{bare}/healthz")
        times = _in_turns(ours, bare, bodies)
    submission, floor = (statistics.median(values[WARM:]) * 1000 for values in times)
    return [Row("one submission over HTTP", submission, "ms", floor, "bare insert over HTTP", target=3)]


def _in_turns(ours: int, bare: int, bodies: list[tuple[str, bytes]]) -> tuple[list[float], list[float]]:
    to_us = http.client.HTTPConnection("127.0.0.1", ours)
    to_bare = http.client.HTTPConnection("127.0.0.1", bare)
    times: tuple[list[float], list[float]] = ([], [])
    for token, body in bodies:
        headers = {"Content-Type": "application/json", "Authorization": f"Visit {token}"}
        times[0].append(_timed(to_us, "/device/response", body, headers, 201))
        answers = json.dumps(json.loads(body)["answers"]).encode()
        times[1].append(_timed(to_bare, "/", answers, {"Content-Type": "application/json"}, 200))
    return times


def _timed(
    connection: http.client.HTTPConnection, path: str, body: bytes, headers: dict[str, str], wanted: int
) -> float:
    began = time.perf_counter()
    connection.request("POST", path, body, headers)
    response = connection.getresponse()
    response.read()
    if response.status != wanted:
        raise RuntimeError(f"{path} answered {response.status}")
    return time.perf_counter() - began

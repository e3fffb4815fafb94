"""What one submission costs, beside one bare Flask request that inserts and commits one row.

Both run in this process, one after the other in turns, over one kind of database (SQLite, WAL,
synchronous=FULL) on one disk: so the ratio says what our own work adds, not what the machine is like. A
submission here is 30 answers: checked, hashed, sixteen scores, audit row, registry outbox row, one commit.
"""

import io
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2
from flask import Flask, jsonify, request
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import event
from sqlalchemy import text as sql

from benchmarks import patients
from pro_app.config import read_settings
from pro_app.records import migrating
from pro_app.web.factory import create_app
from pro_app.wiring import Service, build

Figures = dict[str, float | int | str]


def measure(rounds: int = 400, warm: int = 40) -> Figures:
    """Milliseconds of one request, median over `rounds`, of each of the three, and their ratios.

    bare: Flask, JSON in and out, one INSERT through the database driver alone. core: the same through
    SQLAlchemy Core. submission: `POST /device/response`. statements: SQL statements in one submission.
    """
    with tempfile.TemporaryDirectory() as folder:
        house = build(read_settings({"PRO_APP_DATA_DIR": folder}))
        migrating.up(house.store)
        app = create_app(house)
        send, bodies = _submissions(app, house, rounds + warm)
        bare, core = _bare(Path(folder) / "bare.sqlite"), _core(house)
        times: dict[str, list[float]] = {"bare": [], "core": [], "submission": []}
        statements = _count_statements(house, lambda: send(bodies[0]))
        for number in range(1, rounds + warm):
            took = {"bare": _timed(bare), "core": _timed(core)}
            took["submission"] = _timed(lambda number=number: send(bodies[number]))  # type: ignore[misc]
            if number >= warm:
                for name, seconds in took.items():
                    times[name].append(seconds)
        house.store.close()
    medians = {name: statistics.median(values) * 1000 for name, values in times.items()}
    return {
        "rounds": rounds,
        "bare_ms": round(medians["bare"], 3),
        "core_ms": round(medians["core"], 3),
        "submission_ms": round(medians["submission"], 3),
        "ratio_to_bare": round(medians["submission"] / medians["bare"], 2),
        "ratio_to_core": round(medians["submission"] / medians["core"], 2),
        "statements": statements,
    }


def _timed(call: Callable[[], None]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def _request(app: Flask, path: str, body: bytes, **headers: str) -> None:
    """One request through the WSGI door: the test client would cost more than what it calls."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **headers,
    }
    statuses: list[str] = []

    def start_response(status: str, _headers: object, _fault: object = None) -> Callable[[bytes], None]:
        statuses.append(status)
        return lambda _written: None

    answer = app.wsgi_app(environ, start_response)
    b"".join(answer)
    answer.close()  # type: ignore[attr-defined]
    if statuses[0][:3] not in ("200", "201"):
        raise RuntimeError(f"{path} answered {statuses[0]}")


def _bare(path: Path) -> Callable[[], None]:
    """Flask and the driver, nothing else."""
    db = pysqlite3.dbapi2.connect(str(path), isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT NOT NULL)")
    app = Flask("bare")

    @app.post("/")
    def add() -> Any:
        body = json.dumps(request.get_json())
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO note (body) VALUES (?)", (body,))
        db.execute("COMMIT")
        return jsonify(saved=True)

    body = json.dumps({f"q{number}": {"value": 2} for number in range(1, 31)}).encode()
    return lambda: _request(app, "/", body)


def _core(house: Service) -> Callable[[], None]:
    """The same over our own store, with the form protection that a site switches on."""
    with house.store.writing() as tx:
        tx.conn.execute(sql("CREATE TABLE bench_note (id INTEGER PRIMARY KEY, body TEXT NOT NULL)"))
    app = Flask("core")
    app.secret_key = "x" * 32
    csrf = CSRFProtect(app)
    insert = sql("INSERT INTO bench_note (body) VALUES (:body)")

    @app.post("/")
    @csrf.exempt  # type: ignore[untyped-decorator]
    def add() -> Any:
        with house.store.writing() as tx:
            tx.conn.execute(insert, {"body": json.dumps(request.get_json())})
        return jsonify(saved=True)

    body = json.dumps({f"q{number}": {"value": 2} for number in range(1, 31)}).encode()
    return lambda: _request(app, "/", body)


def _submissions(
    app: Flask, house: Service, count: int
) -> tuple[Callable[[tuple[str, bytes]], None], list[Any]]:
    """`count` participants who each send the quality-of-life questionnaire once."""

    def send(one: tuple[str, bytes]) -> None:
        token, body = one
        _request(app, "/device/response", body, HTTP_AUTHORIZATION=f"Visit {token}")

    return send, prepared(house, count)


def seconds_of(app: Flask, one: tuple[str, bytes]) -> float:
    """How long one of the `prepared` submissions takes, from the door to its receipt."""
    token, body = one
    return _timed(lambda: _request(app, "/device/response", body, HTTP_AUTHORIZATION=f"Visit {token}"))


def prepared(house: Service, count: int) -> list[tuple[str, bytes]]:
    """`count` participants two weeks after surgery: each one's visit token, and what they will send."""
    return [(one.token, one.body) for one in patients.enrolled(house, count)]


def _count_statements(house: Service, call: Callable[[], None]) -> int:
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    event.listen(house.store.engine, "before_cursor_execute", note)
    call()
    event.remove(house.store.engine, "before_cursor_execute", note)
    return sum(not statement.startswith("BEGIN") for statement in seen)


if __name__ == "__main__":
    print(json.dumps(measure(), indent=1))

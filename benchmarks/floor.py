"""The floor: the least that any Flask program must do for one completed questionnaire.

GET sends a prebuilt compressed page with a fresh form secret in its cookie; POST checks that secret and 32
values, adds up ten sums, and commits one durable row. On the same database as ours: SQLite in WAL with
synchronous=FULL, or PostgreSQL.
"""

import gzip
import hashlib
import hmac
import json
import os
import secrets
import threading
from collections.abc import Callable

from flask import Flask, Response, request

PAGE = gzip.compress(b"<!doctype html>" + json.dumps([secrets.token_hex(8) for _ in range(600)]).encode(), 9)
KEY = secrets.token_bytes(32)
VALUES = 32


def create_app(url: str) -> Flask:
    app = Flask("floor", static_folder=None)
    insert = _sqlite(url) if url.startswith("sqlite") else _postgres(url)

    @app.get("/")
    def page() -> Response:
        nonce = secrets.token_urlsafe(16)
        response = Response(PAGE, content_type="text/html; charset=utf-8")
        response.headers["Content-Encoding"] = "gzip"
        response.headers["X-Form-Secret"] = hmac.new(KEY, nonce.encode(), hashlib.sha256).hexdigest()
        response.set_cookie("form", nonce, httponly=True, samesite="Lax")
        return response

    @app.post("/")
    def answer() -> tuple[dict[str, object], int]:
        sent = request.get_json()
        nonce = request.cookies.get("form", "")
        wanted = hmac.new(KEY, nonce.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(wanted, request.headers.get("X-Form-Secret", "")):
            return {"error": "form"}, 403
        values = [sent.get(f"q{number}") for number in range(VALUES)]
        if not all(isinstance(value, int) and 0 <= value <= 10 for value in values):
            return {"error": "value"}, 422
        sums = [sum(values[start : start + 3]) for start in range(10)]
        insert(json.dumps({"values": values, "sums": sums}))
        return {"saved": True}, 201

    app.add_url_rule("/healthz", view_func=lambda: "alive")
    return app


def _sqlite(url: str) -> Callable[[str], None]:
    """One connection a process, behind a lock, as SQLite lets only one write."""
    import pysqlite3.dbapi2

    db = pysqlite3.dbapi2.connect(
        url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False
    )
    db.execute("PRAGMA busy_timeout=15000")
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY, body TEXT NOT NULL)")
    lock = threading.Lock()

    def insert(body: str) -> None:
        with lock:
            db.execute("BEGIN IMMEDIATE")
            db.execute("INSERT INTO note (body) VALUES (?)", (body,))
            db.execute("COMMIT")

    return insert


def _postgres(url: str) -> Callable[[str], None]:
    import psycopg

    with psycopg.connect(url, autocommit=True) as setting_up:
        setting_up.execute("SELECT pg_advisory_lock(1)")
        setting_up.execute("CREATE TABLE IF NOT EXISTS note (id BIGSERIAL PRIMARY KEY, body TEXT NOT NULL)")
    mine = threading.local()

    def insert(body: str) -> None:
        if not hasattr(mine, "connection"):
            mine.connection = psycopg.connect(url, autocommit=True)
        mine.connection.execute("INSERT INTO note (body) VALUES (%s)", (body,))

    return insert


def app_from_environment() -> Flask:
    """For a WSGI server: `benchmarks.floor:app_from_environment()`."""
    return create_app(os.environ["FLOOR_DATABASE_URL"])

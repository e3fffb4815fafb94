"""A registry comes back after days: how fast the backlog goes out, and what patients notice of it meanwhile.

The registry is a process of its own on the loopback that confirms every bundle at once. Everything else runs
in this process as it does in `pro-app serve`: deliveries in the clock's thread and its pool, submissions
beside them.
"""

import json
import multiprocessing
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path

from sqlalchemy import insert, select, text

from benchmarks import export, submission
from benchmarks.rows import Row
from pro_app.actions.sync import sync
from pro_app.clock import DELIVERIES_APART
from pro_app.config import read_settings
from pro_app.records import outbox_tally, schema
from pro_app.web.factory import create_app
from pro_app.wiring import Service, build
from tests.postgres import PostgresServer

WAITING = 600
FULL = 10_000
SUBMISSIONS = 150
# One patient after the other, with a breath between: a hundred answer sheets a minute are a busy hospital.
PAUSE_S = 0.02
# Issue 6: ten thousand within ten minutes.
LEAST_PACE = FULL / 600


def measure(folder: Path, waiting: int = WAITING, database_url: str | None = None) -> list[Row]:
    """The pace of the drain, and the 95th percentile of a submission during it beside that before it."""
    where, kind = {"PRO_APP_DATA_DIR": str(folder)}, "SQLite"
    if database_url:
        where["PRO_APP_DATABASE_URL"], kind = database_url, "PostgreSQL"
    with _registry() as url:
        service = build(read_settings({**where, "PRO_APP_REGISTRY_URL": url}))
        export.fill(service, waiting)
        _queue(service)
        sheets = submission.prepared(service, 2 * SUBMISSIONS)
        app = create_app(service)
        before = [submission.seconds_of(app, one) for one in slowly(sheets[:SUBMISSIONS])]
        drain = _Drain(service)
        drain.start()
        during = []
        for one in slowly(sheets[SUBMISSIONS:]):
            took = submission.seconds_of(app, one)
            if drain.is_alive():
                during.append(took)
        drain.join()
        with service.store.reading() as tx:
            left = outbox_tally.tally(tx, service.study.registries[0].id).waiting
        service.store.close()
    assert left <= 2 * SUBMISSIONS, f"{left} rows still wait"
    pace = drain.delivered / drain.seconds
    return [
        Row(
            f"outbox on {kind}, {waiting:,} waiting",
            pace,
            "rows/s",
            target=LEAST_PACE,
            at_least=True,
        ),
        percentile(f"a submission on {kind} while the outbox drains", during, before, 95),
        percentile(f"the same, half of them within ({len(during)} submissions)", during, before, 50),
    ]


def percentile(name: str, during: list[float], before: list[float], percent: int) -> Row:
    then, now = (statistics.quantiles(one, n=100)[percent - 1] * 1000 for one in (before, during))
    return Row(f"{name}, p{percent}", now, "ms", then, "before")


def slowly(sheets: list[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    for one in sheets:
        time.sleep(PAUSE_S)
        yield one


class _Drain(threading.Thread):
    """The clock's part: delivers until nothing that was there at the start waits."""

    def __init__(self, service: Service) -> None:
        super().__init__(daemon=True)
        self._service = service
        self.delivered, self.seconds = 0, 0.0

    def run(self) -> None:
        service, begun = self._service, time.perf_counter()
        citations = {name: one.scoring.citation for name, one in service.catalogue.instruments.items()}
        now = datetime.now(UTC)
        (result,) = sync(
            service.store,
            service.registries,
            now,
            100_000,
            study=service.study.id,
            citations=citations,
            apart=DELIVERIES_APART,
        )
        self.delivered, self.seconds = result.delivered, time.perf_counter() - begun


def _queue(service: Service) -> None:
    """Every response waits since a week."""
    then = datetime.now(UTC) - timedelta(days=7)
    registry = service.study.registries[0].id
    with service.store.writing() as tx:
        if tx.on_postgres:
            # `fill` gave numbers of its own; the next ones come from the sequence.
            for table in ("participant", "response"):
                highest = f"(SELECT max(id) FROM {table})"
                tx.conn.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {highest})"))
        rows = tx.conn.execute(select(schema.response.c.id, schema.response.c.participant_id)).all()
        waiting = [
            {
                "registry": registry,
                "response_id": response,
                "participant_id": person,
                "kind": "submitted",
                "state": "waiting",
                "attempts": 0,
                "created_at": then,
                "next_at": then,
            }
            for response, person in rows
        ]
        tx.conn.execute(insert(schema.outbox), waiting)


class _registry:
    """The address of a registry that confirms everything, as long as the block lasts."""

    def __enter__(self) -> str:
        ours, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("spawn").Process(
            target=_serve, args=(theirs,), daemon=True
        )
        self._process.start()
        theirs.close()  # so that a registry that never comes up is noticed, not waited for
        return f"http://127.0.0.1:{ours.recv()}/fhir"

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join()


def _serve(pipe: Connection) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Confirms)
    pipe.send(server.server_address[1])
    server.serve_forever()


class _Confirms(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        bundle = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        entries = [
            {"response": {"status": "201", "location": f"{one['request']['url']}/_history/1"}}
            for one in bundle["entry"]
        ]
        body = json.dumps(
            {"resourceType": "Bundle", "type": "transaction-response", "entry": entries}
        ).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is said about requests."""


def on_postgres(folder: Path, waiting: int = WAITING) -> list[Row]:
    """The same on a PostgreSQL of its own, as durable as a hospital's."""
    (folder / "server").mkdir(parents=True)
    server = PostgresServer(folder / "server")
    try:
        with server.database() as url:
            return measure(folder, waiting, url)
    finally:
        server.stop()


def main() -> None:
    """Ten thousand waiting, or as many as the first argument says, on both databases."""
    waiting = int(sys.argv[1]) if len(sys.argv) > 1 else FULL
    with tempfile.TemporaryDirectory() as place:
        for row in (
            *measure(Path(place, "sqlite"), waiting),
            *on_postgres(Path(place, "postgres"), waiting),
        ):
            beside = (
                "" if row.floor is None else f" ({row.floor_name} {row.floor:.3g}, {row.ratio:.2f} times)"
            )
            print(f"{row.name}: {row.value:,.4g} {row.unit}{beside}", flush=True)


if __name__ == "__main__":
    main()

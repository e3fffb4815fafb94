"""An export asked for on the page: what patients notice while it is made and put into the database.

Everything runs in one process, as in the small shape: the maker's threads, and submissions one after the
other beside them. What is put into the database is larger than what such a study gives, so that there is
something to notice: the packed file is followed by so many MB that can't be packed.

`python -m benchmarks.export_page [RESPONSES [MB]]` measures both databases.
"""

import io
import os
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import export, submission
from benchmarks.outbox import percentile, slowly
from benchmarks.rows import Row
from pro_app.actions.export import Wish
from pro_app.config import read_settings
from pro_app.records import backups, export_jobs
from pro_app.records.audit import Actor
from pro_app.records.export_jobs import Job
from pro_app.web import export_making
from pro_app.web.export_words import speaking_app, words_in
from pro_app.web.factory import create_app
from pro_app.wiring import Service, build
from tests.postgres import PostgresServer

RESPONSES, MEGABYTES = 20_000, 64
SUBMISSIONS = 150


def measure(
    folder: Path, responses: int = RESPONSES, megabytes: int = MEGABYTES, url: str | None = None
) -> list[Row]:
    """Seconds of the export, and a submission's time while files are made and while they are stored."""
    where, kind = {"PRO_APP_DATA_DIR": str(folder)}, "SQLite"
    if url:
        where["PRO_APP_DATABASE_URL"], kind = url, "PostgreSQL"
    service = build(read_settings(where))
    export.fill(service, responses)
    with service.store.writing() as tx:  # `fill` gave numbers of its own
        backups.set_counters(tx, backups.shape(tx).tables)
    sheets = submission.prepared(service, 12 * SUBMISSIONS)
    app = create_app(service)
    before = [submission.seconds_of(app, one) for one in slowly(sheets[:SUBMISSIONS])]
    making = _Making(service, megabytes)
    making.start()
    during: dict[str, list[float]] = {"made": [], "stored": []}
    for one in slowly(sheets[SUBMISSIONS:]):
        phase = making.phase
        took = submission.seconds_of(app, one)
        if phase == making.phase and phase in during:
            during[phase].append(took)
        if not making.is_alive():
            break
    making.join()
    with service.store.reading() as tx:
        done = export_jobs.find(tx, making.job.id, datetime.now(UTC))
    service.store.close()
    assert done.state == "done", done.fault
    what = f"export of {responses:,} responses by the page on {kind}"
    rows = [Row(f"{what}, {done.size / 1e6:,.0f} MB stored in", making.stored_s, "s")]
    for phase, name in (("made", "files are made"), ("stored", "they are stored")):
        for percent in (50, 95):
            few = f"a submission on {kind} while {name} ({len(during[phase])})"
            rows.append(percentile(few, during[phase], before, percent))
    return rows


class _Making(threading.Thread):
    """Makes one export in the page's way; `phase` says what it is at."""

    def __init__(self, service: Service, megabytes: int) -> None:
        super().__init__(daemon=True)
        now = datetime.now(UTC)
        wish = Wish(("csv-long",), tuple(site.code for site in service.study.sites))
        self.job = Job(export_jobs.new_name(), "bench", now, "a.zip", wish.formats, wish.sites, False)
        with speaking_app(str(service.settings.translations_dir)).test_request_context():
            self._order = export_making.Order(wish, words_in("en"), Actor("staff", "bench"), now)
        self._service, self._megabytes = service, megabytes
        self.phase, self.stored_s = "made", 0.0

    def run(self) -> None:
        keep = export_making._Maker._keep

        def larger(maker: export_making._Maker, packed: io.BufferedRandom) -> None:
            for _ in range(self._megabytes):
                packed.write(os.urandom(1_000_000))
            self.phase, begun = "stored", time.perf_counter()
            keep(maker, packed)
            self.phase, self.stored_s = "over", time.perf_counter() - begun

        export_making._Maker._keep = larger  # type: ignore[method-assign, assignment]
        try:
            export_making.begin(self._service, self.job, self._order).join()
        finally:
            export_making._Maker._keep = keep  # type: ignore[method-assign]


def main() -> None:
    responses = int(sys.argv[1]) if len(sys.argv) > 1 else RESPONSES
    megabytes = int(sys.argv[2]) if len(sys.argv) > 2 else MEGABYTES
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as server_folder:
        rows = measure(Path(folder) / "sqlite", responses, megabytes)
        server = PostgresServer(Path(server_folder))
        try:
            with server.database() as url:
                rows += measure(Path(folder) / "postgres", responses, megabytes, url)
        finally:
            server.stop()
    for row in rows:
        beside = f" ({row.floor:,.3g} {row.floor_name})" if row.floor is not None else ""
        print(f"{row.name}: {row.value:,.3g} {row.unit}{beside}")


if __name__ == "__main__":
    main()

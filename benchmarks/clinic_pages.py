"""Every staff page with 50 sites and 100,000 participants on PostgreSQL: how long the server takes.

The application runs in this process; a request goes in through the WSGI door and its whole page comes out.
Rows are written by the database itself (`clinic_rows`), the server is the one that the tests use. Beside the
time on the clock stands the time of this process's processor: on a busy machine the two lie far apart.
"""

import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from flask.testing import FlaskClient

from benchmarks.clinic_rows import fifty_sites, fill
from benchmarks.rows import Row
from pro_app.actions.accounts import create_staff
from pro_app.config import ROOT, read_settings
from pro_app.instruments.catalogue import load_catalogue
from pro_app.keys import create_key_file, load_key_ring
from pro_app.links import Links
from pro_app.records import migrating
from pro_app.records.staff import Role
from pro_app.records.store import Store
from pro_app.schedule.study import load_study
from pro_app.web.factory import create_app
from pro_app.wiring import Service
from tests.postgres import PostgresServer

PASSWORD = "seven lanterns on the river"
TARGET_MS = 100
WARM = 5
ONE = "/staff/participants/S03-00003"
PAGES = {
    "today": "/staff",
    "today, what is open": "/staff?show=open",
    "participants": "/staff/participants",
    "participants by surgery, last first": "/staff/participants?sort=surgery&down=1",
    "participants searched": "/staff/participants?search=0117",
    "completion": "/staff/completion",
    "completion, missed without a reason": "/staff/completion?show=unexplained",
    "completion, open at 3 months": "/staff/completion?show=open&visit=3m",
    "alerts": "/staff/alerts",
    "call list": "/staff/calls",
    "one participant": ONE,
    "one page to print": f"{ONE}/print",
    "missing forms": f"{ONE}/missing/2w",
    "status": f"{ONE}/status",
    "surgery": f"{ONE}/surgery",
    "enrol": "/staff/enrol",
    "messages": "/staff/messages",
    "audit trail": "/staff/trail",
    "sign-off": "/staff/signatures",
    "sign-off of one participant": f"{ONE}/signatures",
    "data lock": "/staff/locks",
}
# A nurse sees her own site of 2,000; a study coordinator all 50.
READERS: tuple[tuple[str, Role, str | None], ...] = (
    ("nurse", "nurse", "S03"),
    ("coordinator", "study_coordinator", None),
)


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of one page for one reader; `status` is what it answered.

    `processor`: of this process alone, median; the database works beside it.
    """

    page: str
    reader: str
    median: float
    p95: float
    processor: float
    status: int


@contextmanager
def hospital(folder: Path, people: int, now: datetime) -> Iterator[Service]:
    """A filled database with the program over it."""
    create_key_file(folder / "keys.json")
    keys = load_key_ring(folder / "keys.json", None)
    server = PostgresServer(folder)
    try:
        with server.database() as url:
            store = Store(url, keys)
            migrating.up(store)
            catalogue = load_catalogue(ROOT / "questionnaires")
            study = load_study(ROOT / "questionnaires/studies/nct06120426.toml", tuple(catalogue.instruments))
            fill(store, people, now)
            yield Service(
                settings=read_settings({"PRO_APP_DATA_DIR": str(folder)}),
                keys=keys,
                store=store,
                catalogue=catalogue,
                study=fifty_sites(study),
                links=Links(keys),
                messengers=(),
                registries=(),
            )
            store.close()
    finally:
        server.stop()


def timings(people: int = 100_000, rounds: int = 40) -> list[Timing]:
    """Every page for each reader, `rounds` times after a few to warm up: a clinic works all day."""
    now = datetime.now(UTC)
    with TemporaryDirectory(prefix="pro-app-clinic-") as folder, hospital(Path(folder), people, now) as house:
        app = create_app(house)
        app.config["WTF_CSRF_ENABLED"] = False
        found = []
        for login, role, site in READERS:
            with house.store.writing() as tx:
                create_staff(tx, login, login, role, site, "en", PASSWORD, now)
            client = app.test_client()
            client.post("/staff/sign-in", data={"login": login, "password": PASSWORD})
            found += [_timed(client, login, name, path, rounds) for name, path in PAGES.items()]
    return found


def _timed(client: FlaskClient, reader: str, name: str, path: str, rounds: int) -> Timing:
    times, works = [], []
    status = [client.get(path).status_code for _ in range(WARM)][-1]
    for _ in range(rounds):
        begun, worked = time.perf_counter(), time.process_time()
        client.get(path).get_data()
        times.append((time.perf_counter() - begun) * 1000)
        works.append((time.process_time() - worked) * 1000)
    p95 = sorted(times)[max(0, round(0.95 * len(times)) - 1)]
    return Timing(name, reader, statistics.median(times), p95, statistics.median(works), status)


def measure() -> list[Row]:
    """The slowest page of each reader, for `make bench`."""
    found = [one for one in timings() if one.status == 200]
    slowest = [
        max((one for one in found if one.reader == login), key=lambda one: one.p95) for login, _, _ in READERS
    ]
    hardest = max(found, key=lambda one: one.processor)
    return [
        Row(f"slowest staff page of a {one.reader} ({one.page}), p95", one.p95, "ms", target=TARGET_MS)
        for one in slowest
    ] + [
        Row(
            "staff pages within 100 ms at p95", sum(one.p95 < TARGET_MS for one in found), f"of {len(found)}"
        ),
        Row(
            f"most processor for a staff page ({hardest.page} of a {hardest.reader})", hardest.processor, "ms"
        ),
    ]


if __name__ == "__main__":
    for one in timings(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000):
        times = f"{one.median:7.1f} {one.p95:7.1f} ms, processor {one.processor:6.1f} ms"
        print(f"{one.reader:12} {one.page:38} {one.status} {times}")

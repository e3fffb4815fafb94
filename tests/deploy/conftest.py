"""The large shape, whole, on one machine: nginx, two web processes, two clocks, a primary and its standby."""

import http.client
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from benchmarks.start import free_port
from benchmarks.submission import prepared
from pro_app.actions import lead
from pro_app.config import read_settings
from pro_app.records import migrating
from pro_app.wiring import Service, build
from tests.deploy.cluster import Cluster
from tests.deploy.programs import CLOCK, NGINX, Answer, Front, kill, launch, read

PATIENTS = 60


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "installation" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.postgres)


@dataclass
class Installation:
    """What an IT department has set up, and `prepared` patients who have not yet sent their answers."""

    folder: Path
    cluster: Cluster
    environ: dict[str, str]
    front: Front
    web: dict[int, "subprocess.Popen[bytes]"]
    clocks: list["subprocess.Popen[bytes]"]
    service: Service
    waiting: list[tuple[str, bytes]]
    killed_clock: int = 0

    def start_web(self, port: int) -> None:
        self.web[port] = launch(
            ["-m", "pro_app", "serve", "--no-clock"],
            {**self.environ, "PRO_APP_PORT": str(port)},
            self.folder / f"web-{port}.log",
        )

    def all_ready(self) -> bool:
        """Whether each web process answers; raises with what its log says when one has ended."""
        for port, process in self.web.items():
            if process.poll() is not None:
                raise RuntimeError((self.folder / f"web-{port}.log").read_text())
        talks = [http.client.HTTPConnection("127.0.0.1", port, timeout=10) for port in self.web]
        try:
            for talk in talks:
                talk.request("GET", "/readyz")
            return all(talk.getresponse().status == 200 for talk in talks)
        except OSError:
            return False
        finally:
            for talk in talks:
                talk.close()

    def send(self, one: tuple[str, bytes]) -> Answer:
        """A patient's telephone sends a whole questionnaire."""
        token, body = one
        headers = {"Authorization": f"Visit {token}", "Content-Type": "application/json"}
        return self.front.ask("POST", "/device/response", body, headers)

    def ask_process(self, method: str, path: str, headers: Mapping[str, str]) -> Answer:
        """One request to a web process itself, past nginx."""
        talk = http.client.HTTPConnection("127.0.0.1", next(iter(self.web)), timeout=60)
        try:
            talk.request(method, path, headers=dict(headers))
            return read(talk.getresponse())
        finally:
            talk.close()

    def leader(self) -> int | None:
        """The process id of the clock that leads, by its own word in the database."""
        with self.service.store.reading() as tx:
            row = tx.conn.exec_driver_sql(
                "SELECT holder FROM lease WHERE name = 'clock' AND until > now()"
            ).first()
        return int(row.holder.split("/")[1]) if row else None

    def last_beat(self) -> datetime | None:
        """When a clock last said that it leads."""
        with self.service.store.reading() as tx:
            return lead.last_beat(tx)

    def stored(self, ids: list[str]) -> list[str]:
        """Those of these responses that the database holds, each as often as it holds it, in this order."""
        with self.service.store.reading() as tx:
            found = tx.conn.exec_driver_sql("SELECT uuid FROM response").scalars().all()
        return [one for one in ids for _ in range(found.count(one))]

    def wait_until(self, true: Callable[[], bool], seconds: float = 120) -> None:
        """A busy machine is slow, not wrong. Raises TimeoutError."""
        end = time.monotonic() + seconds
        while not true():
            if time.monotonic() > end:
                raise TimeoutError
            time.sleep(0.02)

    def kill_the_leader(self) -> None:
        self.wait_until(lambda: self.leader() is not None)
        self.killed_clock = self.leader() or 0
        kill(next(clock for clock in self.clocks if clock.pid == self.killed_clock))


def needs_nginx() -> None:
    if not Path(NGINX).exists():
        pytest.skip("there is no nginx; as root: apt-get install nginx-light")


@pytest.fixture(scope="package")
def installation() -> Iterator[Installation]:
    """Not in pytest's folder: PostgreSQL's own account must reach its files."""
    needs_nginx()
    with TemporaryDirectory(prefix="pro-app-deploy-") as name:
        folder = Path(name)
        cluster = Cluster(folder)
        ports = [free_port(), free_port()]
        (folder / "front").mkdir()
        front = Front(folder / "front", ports)
        environ = {
            "PRO_APP_DATA_DIR": str(folder / "house"),
            "PRO_APP_DATABASE_URL": cluster.url,
            "PRO_APP_BASE_URL": f"https://localhost:{front.tls}",
            "PRO_APP_TRUSTED_PROXIES": "1",
            "PRO_APP_THREADS": "4",
            "PRO_APP_CLOCK_INTERVAL_S": "1",
            "PRO_APP_LOG": "json",
            "PRO_APP_PORT": str(ports[0]),
        }
        service = build(read_settings(environ))
        migrating.up(service.store)
        made = Installation(folder, cluster, environ, front, {}, [], service, [])
        try:
            for port in ports:
                made.start_web(port)
            made.clocks = [
                launch(["-c", CLOCK], environ, folder / f"clock-{number}.log") for number in (1, 2)
            ]
            front.start()
            made.waiting = prepared(service, PATIENTS)
            made.wait_until(made.all_ready)
            # At once, so that its lease runs out while other tests have their turn.
            made.kill_the_leader()
            yield made
        finally:
            service.store.close()
            front.stop()
            for process in (*made.web.values(), *made.clocks):
                kill(process)
            cluster.stop()

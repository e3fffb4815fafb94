"""An export belongs to no machine: asked for at one process, looked at and fetched at another."""

import hashlib
import http.client
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import pytest

from benchmarks.start import free_port
from pro_app.actions.accounts import create_staff
from pro_app.clock import utc_now
from tests.deploy.conftest import Installation
from tests.deploy.programs import NAME, Answer, kill, launch, read

LOGIN, PASSWORD = "coordinator.hua", "eleven blue herons wade at dawn"
# A machine on which an export of any size takes its time.
SLOW = """
import time
from pro_app.cli.main import main
from pro_app.web import export_making, exporting
exporting.WAITED_FOR_S = 0
read_more = export_making._Maker._read_more
export_making._Maker._read_more = lambda maker, count: (read_more(maker, count), time.sleep(600))
main(["serve", "--no-clock"])
"""


@dataclass
class Browser:
    """A person's cookies. Asks a process itself, with what nginx would say of the request."""

    front: int
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, port: int, method: str, path: str, fields: dict[str, str] | None = None) -> Answer:
        body = urlencode(fields or {})
        base = f"https://{NAME}:{self.front}"
        headers = {
            "Host": f"{NAME}:{self.front}",
            "X-Forwarded-For": "127.0.0.1",
            "X-Forwarded-Proto": "https",
            "Referer": base,
            "Origin": base,
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        talk = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            talk.request(method, path, body if method == "POST" else None, headers)
            answer = read(talk.getresponse())
        finally:
            talk.close()
        for line in answer.headers.get("set-cookie", ()):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer

    def send(self, port: int, page: str, path: str, **fields: str) -> Answer:
        """Fill in the form of a page."""
        form = self.ask(port, "GET", page).body.decode()
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form)
        assert token, form
        return self.ask(port, "POST", path, {"csrf_token": token[1], **fields})


@pytest.fixture(scope="module")
def hua(installation: Installation) -> Browser:
    """Signed in at the one process, known at each."""
    with installation.service.store.writing() as tx:
        create_staff(tx, LOGIN, "Hua", "study_coordinator", None, "en", PASSWORD, utc_now())
    browser = Browser(installation.front.tls)
    port = next(iter(installation.web))
    answer = browser.send(port, "/staff/sign-in", "/staff/sign-in", login=LOGIN, password=PASSWORD)
    assert answer.status == 303, answer.body.decode()
    return browser


def wait(installation: Installation, browser: Browser, port: int, job: str) -> dict[str, object]:
    """How the job has ended."""
    told: dict[str, object] = {}

    def ended() -> bool:
        told.update(browser.ask(port, "GET", f"{job}/progress").json)
        return told["state"] != "working"

    installation.wait_until(ended)
    return told


def test_asked_for_at_one_process_and_fetched_at_the_other(installation: Installation, hua: Browser) -> None:
    one, other = installation.web
    asked = hua.send(one, "/staff/exports", "/staff/exports", format="csv-long")
    job = asked.one("location").removesuffix("/file")
    assert wait(installation, hua, other, job)["state"] == "done"
    page = hua.ask(other, "GET", job).body.decode()
    got = hua.ask(other, "GET", f"{job}/file")
    assert hashlib.sha256(got.body).hexdigest() in page
    with zipfile.ZipFile(io.BytesIO(got.body)) as box:
        assert box.testzip() is None
        assert "export/forms.csv" in box.namelist()
    assert hua.ask(one, "GET", f"{job}/file").body == got.body
    through = installation.front.ask(
        "GET", f"{job}/file", headers={"Cookie": "; ".join(f"{k}={v}" for k, v in hua.cookies.items())}
    )
    assert through.body == got.body
    assert list((installation.folder / "house" / "exports").iterdir()) == [], "no machine keeps any of it"


@pytest.fixture
def slow_machine(installation: Installation) -> Iterator[int]:
    """A third front machine: a data folder of its own, the same keys, the same database."""
    port, folder = free_port(), installation.folder / "slow"
    keys = str(installation.folder / "house" / "keys.json")
    environ = {**installation.environ, "PRO_APP_DATA_DIR": str(folder), "PRO_APP_KEY_FILE": keys}
    log: Path = installation.folder / "slow.log"
    process = launch(["-c", SLOW], {**environ, "PRO_APP_PORT": str(port)}, log)
    installation.web[port] = process
    installation.wait_until(installation.all_ready)
    yield port
    if port in installation.web:
        kill(installation.web.pop(port))


def test_a_machine_that_dies_while_it_makes_one_is_missed_at_another(
    installation: Installation, hua: Browser, slow_machine: int
) -> None:
    other = next(iter(installation.web))
    job = hua.send(slow_machine, "/staff/exports", "/staff/exports", format="csv-long").one("location")

    def some_are_read() -> bool:
        told = hua.ask(other, "GET", f"{job}/progress").json
        return told["state"] == "working" and str(told["said"]).startswith("1 of ")

    installation.wait_until(some_are_read)
    kill(installation.web.pop(slow_machine))
    busy = hua.send(other, "/staff/exports", "/staff/exports", format="csv-long")
    assert busy.status == 503, "for half a minute nobody can know that it is dead"
    with installation.service.store.writing() as tx:
        tx.conn.exec_driver_sql("UPDATE export_job SET beat_at = beat_at - interval '1 minute'")
    page = hua.ask(other, "GET", job).body.decode()
    assert "The server was restarted while this export was being made." in page
    assert hua.ask(other, "GET", f"{job}/file").status == 404
    again = hua.send(other, "/staff/exports", "/staff/exports", format="csv-long").one("location")
    assert wait(installation, hua, other, again.removesuffix("/file"))["state"] == "done"

"""One browser and one whole demonstration, started as `make run` starts it, for all tests of this folder."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from benchmarks.start import free_port, wait_for
from tests.browser.chromium import launch

# A busy machine is slow, not wrong.
expect.set_options(timeout=20_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """One for the whole run: a second one in a process is refused."""
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    found = launch(playwright)
    yield found
    found.close()


@dataclass(frozen=True)
class Demonstration:
    """What `make run` printed, and where it keeps its data."""

    base: str
    data_dir: Path
    printed: str

    def link(self, language: str) -> str:
        """The patient's link in `Chinese` or `English`."""
        return re.search(rf"in {language}\s+(\S+)", self.printed)[1]  # type: ignore[index]

    @property
    def code(self) -> str:
        return re.search(r"the code (\w{6})", self.printed)[1]  # type: ignore[index]

    @property
    def passwords(self) -> dict[str, str]:
        rows = json.loads((self.data_dir / "demo-sign-ins.json").read_text())
        return {row["login"]: row["password"] for row in rows}


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    data_dir, port = tmp_path_factory.mktemp("demonstration"), free_port()
    output = data_dir / "printed.txt"
    environ = {key: value for key, value in os.environ.items() if not key.startswith("PRO_APP_")}
    environ |= {"PRO_APP_DATA_DIR": str(data_dir), "PRO_APP_PORT": str(port)}
    with output.open("w") as file:
        word = [sys.executable, "-m", "pro_app", "demo"]
        process = subprocess.Popen(word, env=environ, stdout=file, stderr=subprocess.STDOUT)
    try:
        wait_for(f"http://127.0.0.1:{port}/readyz", 90)
        yield Demonstration(f"http://127.0.0.1:{port}", data_dir, output.read_text())
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, output.read_text()[-2000:]


def eventually(url: str, text: str, seconds: float = 30) -> str:
    """The page at `url` once it says `text`; what the clock brings takes a tick or two."""
    end = time.monotonic() + seconds
    while True:
        page = urllib.request.urlopen(url).read().decode()
        if text in page or time.monotonic() > end:
            assert text in page
            return str(page)
        time.sleep(0.5)

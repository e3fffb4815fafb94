"""A hospital, a browser, and a telephone in somebody's hand."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from tests.browser.question.hospital import Hospital, open_hospital

ARGUMENTS = ["--no-sandbox"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium_path() -> str | None:
    """Chromium on the PATH; None lets Playwright look for its own."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright, chromium_path: str | None) -> Iterator[Browser]:
    started = playwright.chromium.launch(executable_path=chromium_path, args=ARGUMENTS)
    yield started
    started.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    with open_hospital(tmp_path_factory.mktemp("hospital")) as hospital:
        yield hospital


@pytest.fixture
def hospital(running: Hospital) -> Iterator[Hospital]:
    """The hospital tells the truth again after every test."""
    yield running
    running.lie = None


@pytest.fixture
def faults() -> Iterator[list[str]]:
    """What a page's scripts broke on; a test that let them break fails at its end."""
    found: list[str] = []
    yield found
    assert not found


def listen(page: Page, faults: list[str]) -> Page:
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.on(
        "console",
        lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None,
    )
    page.set_default_timeout(10_000)
    return page

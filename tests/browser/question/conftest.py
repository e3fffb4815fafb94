"""A hospital, a browser, and a telephone in somebody's hand."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.browser.question.hospital import Hospital, open_hospital


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

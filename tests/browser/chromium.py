"""A real Chromium: the one on the PATH, else Playwright's own."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Error, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def launched() -> Iterator[Browser]:
    """A headless browser; without one the tests are skipped, and on CI that is a failure."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    # Root can't use Chromium's sandbox; what it opens here are only our own pages.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=arguments)
        except Error as fault:
            pytest.skip(f"no Chromium can be started: {str(fault).splitlines()[0]}")
        yield browser
        browser.close()

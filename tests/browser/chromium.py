"""A real Chromium: the one on the PATH, else Playwright's own."""

import os
import shutil

import pytest
from playwright.sync_api import Browser, Error, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Root can't use Chromium's sandbox; what it opens here are only our own pages.
ARGUMENTS = ["--no-sandbox"] if os.geteuid() == 0 else []


def on_path() -> str | None:
    """None lets Playwright look for its own."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def launch(playwright: Playwright) -> Browser:
    """A headless browser; without one the tests are skipped, and on CI that is a failure."""
    try:
        return playwright.chromium.launch(executable_path=on_path(), args=ARGUMENTS)
    except Error as fault:
        pytest.skip(f"no Chromium can be started: {str(fault).splitlines()[0]}")

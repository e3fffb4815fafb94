"""Printing a page to PDF by a headless Chromium, where there is one on the PATH."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from pro_app.errors import ProAppError
from pro_app.one_core import anywhere

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
SECONDS_TO_PRINT = 120


class NotPrinted(ProAppError):
    """Chromium was there and printed nothing; `words` are its last."""

    code = "report_not_printed"


def browser() -> str | None:
    """The first Chromium on the PATH, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def pdf_of(chromium: str, page: str, *, patience_ms: int = 0, within_s: float = 0.0) -> bytes:
    """The PDF of an HTML page that is complete in itself. Raises `NotPrinted`.

    patience_ms: time that the page's own scripts may take, as Chromium counts it. within_s: seconds after
    which it is given up, `SECONDS_TO_PRINT` when not said.
    """
    seconds = within_s or SECONDS_TO_PRINT
    with tempfile.TemporaryDirectory(prefix="pro-app-print-") as folder:
        source, pdf = Path(folder, "page.html"), Path(folder, "page.pdf")
        source.write_text(page, encoding="utf-8")
        command = [
            chromium,
            "--headless",
            "--disable-gpu",
            # Chromium's sandbox refuses to work for root; what is shown here is only our own page.
            *(["--no-sandbox"] if os.geteuid() == 0 else []),
            f"--user-data-dir={folder}/profile",
            "--no-pdf-header-footer",
            *([f"--virtual-time-budget={patience_ms}"] if patience_ms else []),
            f"--print-to-pdf={pdf}",
            source.as_uri(),
        ]
        try:
            with anywhere():
                done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
            last_words = " ".join(done.stderr.strip().splitlines()[-1:])
        except subprocess.TimeoutExpired:
            last_words = f"no answer within {seconds} s"
        if not pdf.exists():
            raise NotPrinted(words=last_words)
        return pdf.read_bytes()

"""A page on paper: a PDF by this server's Chromium, or the page itself for the reader's own browser to print.

There may be none here, or one that can't work under the few rights of a service: it is given a while, and
after a failure nobody waits for it for some time.
"""

import logging
import time
from dataclasses import dataclass, field
from threading import BoundedSemaphore

from flask import Response, current_app

from pro_app.errors import ProAppError
from pro_app.exports import paper

_EXTENSION = "pro_app_printer"
log = logging.getLogger(__name__)
# One Chromium at a time in this process: each takes a hundred MiB.
PATIENCE_S = 20.0
SECONDS_TO_PRINT = 30
NOT_AGAIN_FOR_S = 600.0


class PrinterBusy(ProAppError):
    """Another PDF is being made, and it takes long."""

    code = "busy"


@dataclass(slots=True)
class _Printer:
    turn: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(1))
    broken_until: float = 0.0

    def pdf(self, page: str) -> bytes | None:
        """None when nothing prints here. Raises `PrinterBusy`."""
        chromium = paper.browser()
        if chromium is None or time.monotonic() < self.broken_until:
            return None
        if not self.turn.acquire(timeout=PATIENCE_S):
            raise PrinterBusy()
        try:
            return paper.pdf_of(chromium, page, within_s=SECONDS_TO_PRINT)
        except paper.NotPrinted as fault:
            log.warning("Chromium does not print here: %s", fault)
            self.broken_until = time.monotonic() + NOT_AGAIN_FOR_S
            return None
        finally:
            self.turn.release()


def _printer() -> _Printer:
    found: _Printer = current_app.extensions.setdefault(_EXTENSION, _Printer())
    return found


def printed(page: str, name: str) -> Response:
    """`page`, complete in itself, as `name`.pdf to look at, or as `name`.html to keep and print."""
    pdf = _printer().pdf(page)
    if pdf is None:
        answer = Response(page, content_type="text/html; charset=utf-8")
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}.html"'
        return answer
    answer = Response(pdf, content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return answer

"""Each request gets an id, is counted, and leaves one line in the log: its route, never its address.

A route is what the address looks like before anything personal is filled in (`/v/<token>`), so no link, code
or study number reaches the log. The id comes from the proxy in front if it is trusted, else it is made here;
the answer carries it, so that what a nurse reports can be found.
"""

import logging
import os
import re
import threading
import time
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from typing import cast

from flask import Flask, Response, current_app

from pro_app import logs
from pro_app.config import Settings
from pro_app.web.current import asked, here_and_now, service

log = logging.getLogger("pro_app.request")

EXTENSION = "pro_app_watching"
HEADER = "X-Request-ID"
# Upper ends of the histogram's classes, in seconds.
LIMITS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
NOWHERE = "(no such address)"
QUIET = {"health.alive", "health.ready", "metrics.page"}
_GOOD_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


@dataclass(slots=True)
class Seen:
    """What this process has answered since it started; safe for many threads."""

    by_status: Counter[str] = field(default_factory=Counter)
    by_time: list[int] = field(default_factory=lambda: [0] * (len(LIMITS) + 1))
    seconds: float = 0.0
    began: float = field(default_factory=time.monotonic)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, status: int, seconds: float) -> None:
        with self.lock:
            self.by_status[f"{status // 100}xx"] += 1
            self.by_time[bisect_left(LIMITS, seconds)] += 1
            self.seconds += seconds


def seen() -> Seen:
    return cast(Seen, current_app.extensions[EXTENSION])


def id_of(settings: Settings, told: str) -> str:
    """The id of a request: what a trusted proxy in front `told`, else a new one."""
    if settings.trusted_proxies and _GOOD_ID.fullmatch(told):
        return told
    return os.urandom(16).hex()


def tell(
    settings: Settings, seen: Seen, own: str, method: str, route: str, status: int, seconds: float
) -> None:
    """Count one answer, and log it under the id `own`; what went well is told too unless somebody tries a
    demonstration in a terminal."""
    seen.add(status, seconds)
    if status < 400 and settings.demo and settings.log != "json":
        return
    milliseconds = round(seconds * 1000, 1)
    facts = {"method": method, "route": route, "status": status, "ms": milliseconds}
    before = logs.request_id.set(own)
    log.info("%s %s %s %s ms", method, route, status, milliseconds, extra={"facts": facts})
    logs.request_id.reset(before)


def _begin() -> None:
    here = here_and_now()
    here.began = time.perf_counter()
    told = asked().environ.get("HTTP_X_REQUEST_ID", "")
    here.request_id = mine = id_of(service().settings, told)
    logs.request_id.set(mine)


def _end(response: Response) -> Response:
    here = here_and_now()
    if "began" not in here:  # turned away before any of our own code ran
        return response
    seconds = time.perf_counter() - here.began
    own, status, sent = here.request_id, response.status_code, asked()
    response.headers.add(HEADER, own)
    if status < 400 and sent.endpoint in QUIET:
        seen().add(status, seconds)
        return response
    route = sent.url_rule.rule if sent.url_rule else NOWHERE
    tell(service().settings, seen(), own, sent.method, route, status, seconds)
    return response


def _forget(_fault: BaseException | None) -> None:
    if (
        "request_id" in here_and_now()
    ):  # not so in a context that a view opens inside its own, to render a page
        logs.request_id.set("")


def install(app: Flask) -> None:
    """Before everything else, so that what others turn away is counted too."""
    app.extensions[EXTENSION] = Seen()
    app.before_request(_begin)
    app.after_request(_end)
    app.teardown_request(_forget)

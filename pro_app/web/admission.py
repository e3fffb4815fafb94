"""More requests than can be served: some are told at once to come again, so that others are served soon.

What counts is how long requests wait for a thread, not how many come: a faster machine takes more. A short
jam (the disk pauses, a nurse prints a list) is waited out. Only when requests have waited long for a while,
so that the queue stands, those that waited too long get 503 with `Retry-After`, which costs next to nothing,
until the queue has gone. `/healthz` has a thread of its own: it answers whatever the others wait for.

This is the idea of CoDel (RFC 8289) for a queue of requests. Our own server sees the waiting (`door`); under
gunicorn it is asked of the connection. Another server that hands over neither refuses nobody here.
"""

import time
from collections.abc import Mapping
from typing import Any

from flask import Flask

from pro_app.errors import ProAppError
from pro_app.web.current import asked
from pro_app.web.waiting import since_last_data

REFUSED = "pro_app.refused"
# https://github.com/benoitc/gunicorn puts the connection of the request into the environment under this name.
CONNECTION = "gunicorn.socket"
# A request that waited this long waited too long, once that has gone on for so long; less is no jam at all.
TOO_LONG_S, STANDING_S, CALM_S = 0.5, 2.0, 0.1
ALIVE = "/healthz"
# Those who watch must see a full house from inside.
LET_IN = {"health.alive", "health.ready", "metrics.page"}


class Overloaded(ProAppError):
    """More is asked than can be answered in good time."""

    code = "busy"


class Judge:
    """Who is refused, by how long everybody waited lately; all times in seconds."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._refusing = False

    def refuses(self, waited: float, now: float) -> bool:
        """Whether to refuse the one who waited so long and would be served now."""
        if waited < (CALM_S if self._refusing else TOO_LONG_S):
            self._since, self._refusing = None, False
            return False
        if waited < TOO_LONG_S:
            return False
        since = self._since
        if since is None:
            self._since = since = now
        self._refusing = now - since >= STANDING_S
        return self._refusing


def install(app: Flask) -> None:
    """Before anything that costs, but after the request was counted."""
    judge = Judge()

    def refused(environ: Mapping[str, Any]) -> bool:
        connection = environ.get(CONNECTION)
        if connection is None:
            return REFUSED in environ
        return judge.refuses(since_last_data(connection), time.monotonic())

    def turn_away() -> None:
        # asked first: those who are let in tell how long one waits, too
        sent = asked()
        if refused(sent.environ) and sent.endpoint not in LET_IN:
            raise Overloaded()

    app.before_request(turn_away)

"""For machines that watch: is the process alive, and can it work? For staff: has the clock stopped?

What is found is kept for a moment, so that no number of callers costs more than one look.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar, cast

from flask import Blueprint, Flask, Response, current_app, jsonify, make_response, request
from flask_login import current_user

from pro_app.actions import watch
from pro_app.web.current import now, service
from pro_app.web.guard import public

blueprint = Blueprint("health", __name__)
log = logging.getLogger(__name__)

EXTENSION = "pro_app_health"
READY_FOR_S = 2.0
CLOCK_FOR_S = 15.0
Value = TypeVar("Value")


@dataclass(slots=True)
class Kept(Generic[Value]):
    """A value that is looked up again once it is `lasts` seconds old."""

    lasts: float
    value: Value | None = None
    taken: float = float("-inf")
    lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, look: Callable[[], Value]) -> Value:
        with self.lock:
            if time.monotonic() - self.taken > self.lasts:
                self.value = look()
                self.taken = time.monotonic()
            return cast(Value, self.value)


@dataclass(slots=True)
class _State:
    began: float = field(default_factory=time.monotonic)
    ready: Kept[watch.Condition] = field(default_factory=lambda: Kept(READY_FOR_S))
    silence: Kept[timedelta | None] = field(default_factory=lambda: Kept(CLOCK_FOR_S))

    @property
    def up_for(self) -> timedelta:
        return timedelta(seconds=time.monotonic() - self.began)


def _state() -> _State:
    return cast(_State, current_app.extensions[EXTENSION])


def interval() -> timedelta:
    return timedelta(seconds=service().settings.clock_interval_s)


@blueprint.get("/healthz")
@public("says only that the process is alive")
def alive() -> Response:
    return jsonify(status="alive")


@blueprint.get("/readyz")
@public("says only whether database, migrations, disk and clock are well")
def ready() -> Response:
    """200 while requests can be answered (`degraded`: the clock has stopped), else 503."""
    state, settings = _state(), service().settings
    found = state.ready.get(
        lambda: watch.condition(service().store, settings.data_dir, now(), interval(), state.up_for)
    )
    words = {"ok": "ready", "stopped": "degraded"}.get(found.clock, "ready") if found.ready else "not ready"
    body = jsonify(status=words, faults=list(found.faults), clock=found.clock)
    answer = make_response(body, 200 if found.ready else 503)
    if not found.ready:
        answer.headers["Retry-After"] = "10"
    return answer


def _clock_silence() -> timedelta | None:
    try:
        with service().store.reading() as tx:
            return watch.silent_for(tx, now(), interval(), _state().up_for)
    except Exception as fault:
        log.warning("the clock's heartbeat can't be read: %s", type(fault).__name__)
        return None


def clock_silent_since() -> datetime | None:
    """Since when no clock has worked, once staff are told so; None while all is well."""
    silence = _state().silence.get(_clock_silence)
    return None if silence is None else now() - silence


def _for_staff() -> dict[str, object]:
    """For every staff page: since when no clock has worked, or None."""
    if not request.path.startswith("/staff") or not current_user.is_authenticated:
        return {}
    return {"clock_silent_since": clock_silent_since()}


@blueprint.record_once
def _install(setup: object) -> None:
    app: Flask = setup.app  # type: ignore[attr-defined]
    app.extensions[EXTENSION] = _State()
    app.context_processor(_for_staff)

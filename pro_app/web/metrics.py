"""`/metrics` in Prometheus' text format, written by hand: it is a page of numbers.

Readable from this machine, or with the token of PRO_APP_METRICS_TOKEN; nobody else learns that it exists.
Nothing in it names or counts a person: states, ages, and how many requests came to what.
"""

import hmac
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from ipaddress import ip_address

from flask import Blueprint, Response, request

from pro_app.actions import watch
from pro_app.errors import NotFound
from pro_app.web import health
from pro_app.web.current import now, service
from pro_app.web.guard import public
from pro_app.web.watching import LIMITS, seen

blueprint = Blueprint("metrics", __name__)
KIND = "text/plain; version=0.0.4; charset=utf-8"
_FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")
Labels = Mapping[str, str]


def _admitted() -> bool:
    """By the token, or straight from this machine: what a proxy here passes on comes from elsewhere."""
    token = service().settings.metrics_token
    told = request.headers.get("Authorization", "")
    if token is not None and hmac.compare_digest(told.encode(), f"Bearer {token}".encode()):
        return True
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


@blueprint.get("/metrics")
@public("to this machine and to the holder of a token; counts only")
def page() -> Response:
    if not _admitted():
        raise NotFound()
    return Response("".join(_page()), content_type=KIND)


def _page() -> Iterator[str]:
    with service().store.reading() as tx:
        found = watch.figures(tx)
    moment = now()
    yield from _metric("deliveries", "gauge", "Messages to patients by state.", _states(found.deliveries))
    yield from _metric("staff_letters", "gauge", "Mail to staff by state.", _states(found.letters))
    outbox = [
        ({"registry": name, "state": state}, float(count))
        for name, queue in sorted(found.queues.items())
        for state, count in sorted(queue.rows.items())
    ]
    yield from _metric("outbox_rows", "gauge", "Rows of the registry outbox by state.", outbox)
    ages = [
        ({"registry": name}, _age(queue.oldest_waiting, moment) if queue.oldest_waiting else 0.0)
        for name, queue in sorted(found.queues.items())
    ]
    yield from _metric("outbox_oldest_seconds", "gauge", "Age of the oldest row that waits.", ages)
    submissions = [({"mode": mode}, float(count)) for mode, count in sorted(found.submissions.items())]
    yield from _metric("submissions", "gauge", "Responses that are kept, by mode.", submissions)
    if found.clock_beat is not None:
        age = _age(found.clock_beat, moment)
        yield from _metric(
            "clock_beat_age_seconds", "gauge", "Since a clock last said it leads.", [({}, age)]
        )
        overdue = max(0.0, age // service().settings.clock_interval_s - 1)
        yield from _metric(
            "clock_overdue_ticks", "gauge", "Ticks that should have come since.", [({}, overdue)]
        )
    parts = [({"part": name}, _age(at, moment)) for name, at in sorted(found.parts.items())]
    yield from _metric("tick_part_age_seconds", "gauge", "Since this part of a tick last ended well.", parts)
    yield from _own()


def _own() -> Iterator[str]:
    """What this process itself has done since it started."""
    mine, settings = seen(), service().settings
    with mine.lock:
        statuses, times, seconds = dict(mine.by_status), list(mine.by_time), mine.seconds
    classes = [({"status": name}, float(count)) for name, count in sorted(statuses.items())]
    yield from _metric("requests_total", "counter", "Requests by class of status, this process.", classes)
    name = "pro_app_request_seconds"
    yield f"# HELP {name} Time to answer, this process.\n# TYPE {name} histogram\n"
    total = 0
    for limit, count in zip((*LIMITS, "+Inf"), times, strict=True):
        total += count
        yield f'{name}_bucket{{le="{limit}"}} {total}\n'
    yield f"{name}_sum {seconds:.6f}\n{name}_count {total}\n"
    up = time.monotonic() - mine.began
    yield from _metric("up_seconds", "gauge", "How long this process has run.", [({}, up)])
    free = float(watch.free_bytes(settings.data_dir))
    yield from _metric("disk_free_bytes", "gauge", "Room left in the data folder.", [({}, free)])
    stopped = health.clock_silent_since() is not None
    yield from _metric("clock_stopped", "gauge", "1 when staff are told that it has.", [({}, float(stopped))])


def _age(then: datetime, moment: datetime) -> float:
    """Seconds; never less than none, whatever another machine's clock says."""
    return max(0.0, (moment - then).total_seconds())


def _states(counts: Mapping[str, int]) -> list[tuple[Labels, float]]:
    return [({"state": state}, float(count)) for state, count in sorted(counts.items())]


def _metric(name: str, kind: str, says: str, values: Iterable[tuple[Labels, float]]) -> Iterator[str]:
    yield f"# HELP pro_app_{name} {says}\n# TYPE pro_app_{name} {kind}\n"
    for labels, value in values:
        inside = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        number = str(int(value)) if value == int(value) else f"{value:.3f}"
        yield f"pro_app_{name}{f'{{{inside}}}' if inside else ''} {number}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")

"""The door in front of Flask: what is the same bytes for everyone is answered here, as Flask did at first.

A question page or a static file costs Flask a request's worth of sessions, guards and headers to find out
that nothing of it depends on who asks. So the first answer is Flask's; a view that calls `shared` says that
status, headers and body depend on nothing but method, path and accepted compression. They are kept, and from
then on given again with a request id of their own, counted and logged like any other. There is no second set
of rules here: what is not asked for plainly (a query, a condition, a range, a body) goes to Flask.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Flask, Response, request

from pro_app.web import watching
from pro_app.web.assets import encoding_for
from pro_app.web.current import EXTENSION as SERVICE
from pro_app.wiring import Service

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

EXTENSION = "pro_app_same_bytes"
_MARK = "pro_app.shared"
# There are fewer addresses of this kind; should a mistake mark others, memory still has an end.
MOST = 1000
# With any of these an answer depends on more than what it is kept by.
_MORE = (
    "SCRIPT_NAME",
    "QUERY_STRING",
    "CONTENT_LENGTH",
    "HTTP_TRANSFER_ENCODING",
    "HTTP_IF_NONE_MATCH",
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_IF_MATCH",
    "HTTP_IF_UNMODIFIED_SINCE",
    "HTTP_RANGE",
    "HTTP_IF_RANGE",
)
# The server says the time, unless the application does.
_OWN = {watching.HEADER, "Date"}
Key = tuple[str, str, str | None]
Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as Flask gave it, without what is each answer's own: the request's id and the time."""

    status: str
    headers: Headers
    body: tuple[bytes, ...]
    route: str


def shared(response: Response) -> Response:
    """Say of the answer to this request that everybody gets the same bytes for this method, path and
    accepted compression, until `forget`."""
    if request.url_rule:
        request.environ[_MARK] = request.url_rule.rule
    return response


class Door:
    """A WSGI application around Flask's own."""

    def __init__(self, app: "WSGIApplication", service: Service, seen: watching.Seen) -> None:
        self._app = app
        self._settings = service.settings
        self._seen = seen
        self._kept: dict[Key, Kept] = {}

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        key = _key(environ)
        if key is None:
            return self._app(environ, start_response)
        kept = self._kept.get(key)
        if kept is None:
            return self._first(key, environ, start_response)
        began = time.perf_counter()
        mine = watching.id_of(self._settings, environ.get("HTTP_X_REQUEST_ID", ""))
        start_response(kept.status, [*kept.headers, (watching.HEADER, mine)])
        watching.tell(self._settings, self._seen, mine, key[0], kept.route, 200, time.perf_counter() - began)
        return kept.body

    def forget(self) -> None:
        """What was shared so far may not be what it was."""
        self._kept.clear()

    def _first(
        self, key: Key, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Flask's answer, which is kept if it is to be shared."""
        told: list[tuple[str, Headers]] = []

        def note(status: str, headers: Headers, *fault: object) -> Callable[[bytes], object]:
            told.append((status, headers))
            return start_response(status, headers, *fault)  # type: ignore[arg-type]

        answer = self._app(environ, note)
        route = environ.get(_MARK)
        if route is None or len(told) != 1 or not told[0][0].startswith("200 "):
            return answer
        body = tuple(answer)
        getattr(answer, "close", lambda: None)()
        status, headers = told[0]
        names = [name for name, _ in headers]
        if names.count(watching.HEADER) == 1 and "Set-Cookie" not in names and len(self._kept) < MOST:
            kept = [header for header in headers if header[0] not in _OWN]
            self._kept[key] = Kept(status, kept, body, route)
        return body


def _key(environ: "WSGIEnvironment") -> Key | None:
    """What an answer is kept by; None when this request asks for more than that."""
    method = environ["REQUEST_METHOD"]
    if method not in ("GET", "HEAD"):
        return None
    for name in _MORE:
        if environ.get(name):
            return None
    return method, environ["PATH_INFO"], encoding_for(environ.get("HTTP_ACCEPT_ENCODING", ""))


def forget(app: Flask) -> None:
    door: Door = app.extensions[EXTENSION]
    door.forget()


def install(app: Flask) -> None:
    """Must come after everything that changes what is answered, but for `headers`, which are around this."""
    door = Door(app.wsgi_app, app.extensions[SERVICE], app.extensions[watching.EXTENSION])
    app.extensions[EXTENSION] = door
    app.wsgi_app = door  # type: ignore[method-assign]

"""Headers on every response, refusals and static files included."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from flask import Flask

from pro_app.web.current import EXTENSION

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
FIXED = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
NEVER_KEEP = "no-store"
# In the environment of a request: what a server that sends a `Block` as it stands takes it with.
TAKES_BLOCK = "pro_app.takes_block"
HTTPS_ONLY = ("Strict-Transport-Security", "max-age=63072000; includeSubDomains")


def of_a_refusal(*, https: bool) -> Mapping[str, str]:
    """All of them, for what is refused before our own program sees it."""
    return {"Cache-Control": NEVER_KEEP, **FIXED, **(dict((HTTPS_ONLY,)) if https else {})}


@dataclass(frozen=True, slots=True)
class Block:
    """Headers that stand on many answers, and the same as they are sent."""

    pairs: tuple[tuple[str, str], ...]
    text: str


def around(app: "WSGIApplication", *, https: bool) -> "WSGIApplication":
    """`app` with all of them on each of its answers. Personal unless the view said otherwise: nothing is
    kept by browsers or proxies. A view's own header stands in place of ours.

    A server that has said so in `TAKES_BLOCK` is given them as they are sent, once and for all; any other
    looks at each of them on each answer.
    """
    ours = {name.lower(): (name, value) for name, value in of_a_refusal(https=https).items()}

    @cache
    def without(views: frozenset[str]) -> Block:
        pairs = tuple(pair for name, pair in ours.items() if name not in views)
        return Block(pairs, "".join(f"{name}: {value}\r\n" for name, value in pairs))

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        take: Callable[[Block], None] | None = environ.get(TAKES_BLOCK)

        def start(status: str, headers: list[tuple[str, str]], *fault: Any) -> Callable[[bytes], object]:
            block = without(frozenset(ours.keys() & {name.lower() for name, _ in headers}))
            if take:
                take(block)
            else:
                headers = [*headers, *block.pairs]
            return start_response(status, headers, *fault)

        return app(environ, start)

    return application


def install(app: Flask) -> None:
    """Must come last: whatever is answered in front of Flask has them too."""
    https = app.extensions[EXTENSION].settings.https
    app.wsgi_app = around(app.wsgi_app, https=https)  # type: ignore[assignment,method-assign]

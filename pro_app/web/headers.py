"""Headers on every response, refusals and static files included."""

from collections.abc import Callable, Iterable, Mapping
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
HTTPS_ONLY = ("Strict-Transport-Security", "max-age=63072000; includeSubDomains")


def of_a_refusal(*, https: bool) -> Mapping[str, str]:
    """All of them, for what is refused before our own program sees it."""
    return {"Cache-Control": NEVER_KEEP, **FIXED, **(dict((HTTPS_ONLY,)) if https else {})}


def around(app: "WSGIApplication", *, https: bool) -> "WSGIApplication":
    """`app` with all of them on each of its answers. Personal unless the view said otherwise: nothing is
    kept by browsers or proxies."""
    ours = [(name.lower(), (name, value)) for name, value in of_a_refusal(https=https).items()]

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *fault: Any) -> Callable[[bytes], object]:
            there = {name.lower() for name, _ in headers}
            headers += [header for name, header in ours if name not in there]
            return start_response(status, headers, *fault)

        return app(environ, start)

    return application


def install(app: Flask) -> None:
    https = app.extensions[EXTENSION].settings.https
    app.wsgi_app = around(app.wsgi_app, https=https)  # type: ignore[assignment,method-assign]

"""Headers on every response, refusals and static files included."""

from collections.abc import Mapping

from flask import Flask, Response

from pro_app.web.current import service

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
_UNLESS_SAID = (("Cache-Control", NEVER_KEEP), *FIXED.items())
HTTPS_ONLY = ("Strict-Transport-Security", "max-age=63072000; includeSubDomains")


def of_a_refusal(*, https: bool) -> Mapping[str, str]:
    """All of them, for what is refused before our own program sees it."""
    return {**FIXED, "Cache-Control": NEVER_KEEP, **(dict((HTTPS_ONLY,)) if https else {})}


def add(response: Response) -> Response:
    """Personal unless the view said otherwise: nothing is kept by browsers or proxies."""
    # Looked through once: `setdefault` walks through all of them for each.
    there = {name.lower() for name, _ in response.headers}
    for name, value in _UNLESS_SAID:
        if name.lower() not in there:
            response.headers.add(name, value)
    if service().settings.https:
        response.headers[HTTPS_ONLY[0]] = HTTPS_ONLY[1]
    return response


def install(app: Flask) -> None:
    app.after_request(add)

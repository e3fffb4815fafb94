"""Headers on every response, refusals and static files included."""

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
_FIXED = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
NEVER_KEEP = "no-store"


def add(response: Response) -> Response:
    """Personal unless the view said otherwise: nothing is kept by browsers or proxies."""
    response.headers.setdefault("Cache-Control", NEVER_KEEP)
    for name, value in _FIXED.items():
        response.headers.setdefault(name, value)
    if service().settings.https:
        response.headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    return response


def install(app: Flask) -> None:
    app.after_request(add)

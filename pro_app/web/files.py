"""Static files by their release: kept by browsers for ever, since a change changes the address."""

from typing import cast

from flask import Blueprint, Response, abort, current_app, request

from pro_app.web.assets import FOR_EVER, Assets
from pro_app.web.guard import public
from pro_app.web.same_bytes import shared

blueprint = Blueprint("files", __name__)


def assets() -> Assets:
    return cast(Assets, current_app.extensions["pro_app_assets"])


@blueprint.get("/static/<release>/<path:name>")
@public("style sheets, scripts and pictures; nothing personal")
def static(release: str, name: str) -> Response:
    found = assets().files.get(name)
    if found is None:
        abort(404)
    # A page of an older release may still be open: it gets today's file, but must not keep it.
    current = release == assets().release
    response = found.response(FOR_EVER if current else "no-store")
    # The strictest policy is also the shortest: a page loads a dozen of these over a weak signal.
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    response.set_etag(found.digest)
    answer = cast(Response, response.make_conditional(request))
    return shared(answer) if current else answer

"""For machines that watch: is the process alive, and can it do its work?"""

from flask import Blueprint, Response, jsonify, make_response

from pro_app.web.current import service
from pro_app.web.guard import public

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@public("says only that the process is alive")
def alive() -> Response:
    return jsonify(status="alive")


@blueprint.get("/readyz")
@public("says only whether the database replies")
def ready() -> Response:
    try:
        service().store.answers()
    except Exception:
        return make_response(jsonify(status="database does not reply"), 503)
    return jsonify(status="ready")

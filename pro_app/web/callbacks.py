"""Where providers of text messages report what became of them: `/callbacks/<provider>/<secret>`.

Each proves itself in its own way: Twilio signs the request, the two clouds sign nothing, so the end of their
address is a secret. A report of a message that we don't know is taken politely, or it would come again.
"""

import logging

from flask import Blueprint, Response, jsonify, make_response, request

from pro_app.actions import learn
from pro_app.letters.reports import Call, CallsBack, NotGenuine, UnreadableCall
from pro_app.web.current import now, service
from pro_app.web.guard import public

log = logging.getLogger(__name__)

blueprint = Blueprint("callbacks", __name__, url_prefix="/callbacks")
LARGEST_CALL = 64 * 1024


@blueprint.post("/<provider>/<secret>")
@public("a provider's program calls; it proves itself by its signature or by the secret in the address")
def report(provider: str, secret: str) -> Response:
    """One call, with one report or many."""
    request.max_content_length = LARGEST_CALL
    found = [one for one in service().messengers if one.name == provider and isinstance(one, CallsBack)]
    if not found:
        return _refused("not_found", 404)
    caller = found[0]
    # What we told the provider, and not what a proxy made of it: Twilio signs the whole address.
    url = f"{service().settings.base_url}{request.full_path.removesuffix('?')}"
    call = Call(url, secret, dict(request.headers), request.get_data())
    try:
        reports = caller.reports(call)
    except NotGenuine:
        log.warning("callbacks: a call for %s does not prove that it is genuine", caller.name)
        return _refused(NotGenuine.code, 403)
    except UnreadableCall:
        log.warning("callbacks: a call of %s can't be read", caller.name)
        return _refused(UnreadableCall.code, 400)
    learnt = learn.take_all(service().store, reports, now())
    if learnt.unknown:
        log.info("callbacks: %s reports of %s are about none of our messages", learnt.unknown, caller.name)
    return jsonify(dict(caller.thanks))


def _refused(code: str, status: int) -> Response:
    return make_response(jsonify(error=code), status)

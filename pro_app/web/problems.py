"""Every fault becomes a sentence in the person's language: a page for people, JSON for the page's calls."""

import logging
from http import HTTPStatus

from flask import Flask, Response, jsonify, make_response, render_template, request
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from pro_app.errors import ProAppError
from pro_app.messages import template_of

log = logging.getLogger(__name__)

# Codes that aren't simply "what you sent is wrong" (400).
STATUS = {
    "error": 500,
    "not_found": 404,
    "link_unknown": 404,
    "code_unknown": 404,
    "method_not_allowed": 405,
    "sign_in_first": 401,
    "not_allowed": 403,
    "too_large": 413,
    "not_json": 415,
    "answer_fault": 422,
    "too_many_tries": 429,
    "visit_not_open": 409,
    "visit_closed": 410,
    "participant_stopped": 410,
    "changed_meanwhile": 409,
    "study_number_taken": 409,
    "response_id_taken": 409,
    "visit_not_scheduled": 409,
    "busy": 503,
}
_HTTP_CODES = {
    400: "bad_request",
    401: "sign_in_first",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "not_json",
    429: "too_many_tries",
    503: "busy",
}


def wants_json() -> bool:
    return request.path.startswith("/device/")


def sentence(fault: ProAppError) -> str:
    """The fault in the language of the request."""
    template = gettext(template_of(fault.code))
    return template % fault.params if fault.params else template


def answer(code: str, message: str, status: int) -> Response:
    """The one shape of a refusal; `Retry-After` tells machines when to come back."""
    if wants_json():
        response = make_response(jsonify(error=code, message=message), status)
    else:
        title = gettext("Page not found") if status == 404 else gettext("That did not work")
        response = make_response(render_template("problem.html", title=title, message=message), status)
    if status in (429, 503):
        response.headers["Retry-After"] = "30"
    return response


def _own(fault: ProAppError) -> Response:
    return answer(fault.code, sentence(fault), STATUS.get(fault.code, 400))


def _http(fault: HTTPException) -> Response:
    status = fault.code or 500
    if status < 400:
        response = fault.get_response()
        assert isinstance(response, Response)
        return response
    code = "form_expired" if isinstance(fault, CSRFError) else _HTTP_CODES.get(status, "bad_request")
    response = answer(code, gettext(template_of(code)), status)
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers["Allow"] = ", ".join(getattr(fault, "valid_methods", None) or ())
    return response


def _unexpected(fault: Exception) -> Response:
    # The traceback goes to the log; its message may quote what a person typed, so it is not shown.
    log.exception("unexpected fault at %s", request.endpoint)
    return answer("error", gettext(template_of("error")), 500)


def install(app: Flask) -> None:
    app.register_error_handler(ProAppError, _own)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)

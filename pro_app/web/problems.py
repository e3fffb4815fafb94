"""Every fault becomes a sentence in the person's language: a page for people, JSON for the page's calls."""

import logging
from datetime import date
from http import HTTPStatus

from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask_babel import gettext
from flask_login import AnonymousUserMixin, current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError

from pro_app.errors import ProAppError
from pro_app.messages import template_of
from pro_app.records.store_faults import StoreFault
from pro_app.web.locale import long_date

log = logging.getLogger(__name__)

# Codes that aren't simply "what you sent is wrong" (400). 403: the person has to do something first. 409: the
# page is older than the server, or somebody was faster. 410: it is over. 422: readable, but no answer.
STATUS = {
    "error": 500,
    "not_found": 404,
    "link_unknown": 404,
    "code_unknown": 404,
    "instrument_not_here": 404,
    "sign_in_first": 401,
    "not_allowed": 403,
    "callback_not_genuine": 403,
    "privacy_first": 403,
    "privacy_declined": 403,
    "visit_other": 403,
    "wrong_person": 403,
    "method_not_allowed": 405,
    "pack_unknown": 409,
    "version_unknown": 409,
    "response_id_taken": 409,
    "visit_not_open": 409,
    "visit_not_scheduled": 409,
    "changed_meanwhile": 409,
    "study_number_taken": 409,
    "login_taken": 409,
    "visit_closed": 410,
    "participant_stopped": 410,
    "too_large": 413,
    "not_json": 415,
    "malformed": 422,
    "call_outcome_unknown": 422,
    "alert_closed": 409,
    "call_settled": 409,
    "too_many_tries": 429,
    "correction_changed_meanwhile": 409,
    "correction_refused": 422,
    "sign_nothing": 422,
    "data_closed": 410,
    "data_locked": 409,
    "lock_there": 409,
    "lock_gone": 409,
    "sign_changed": 409,
    "report_not_printed": 500,
    "tablet_locked": 403,
    "tablet_revoked": 403,
    "sign_in_again": 403,
    "second_identifier_wrong": 403,
    "pin_first": 403,
    "nothing_to_answer": 409,
    "busy": 503,
    "store_away": 503,
    "export_busy": 503,
    "export_no_space": 507,
    "export_broken": 410,
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
    """The fault in the language of the request, dates as people write them in it."""
    template = gettext(template_of(fault.code))
    params = {
        name: long_date(value) if isinstance(value, date) else value for name, value in fault.params.items()
    }
    return template % params if params else template


def status_of(code: str) -> int:
    return STATUS.get(code, 422 if code.startswith("answer_") else 400)


def answer(code: str, message: str, status: int) -> Response:
    """The one shape of a refusal; `Retry-After` tells machines when to come back."""
    if wants_json():
        response = make_response(jsonify(error=code, message=message), status)
    else:
        title = gettext("Page not found") if status == 404 else gettext("That did not work")
        staff = request.path.startswith("/staff")
        page = render_template(
            "problem.html",
            title=title,
            message=message,
            staff=staff,
            with_menu=staff and _turned_away(status),
        )
        response = make_response(page, status)
    if status in (429, 503):
        response.headers["Retry-After"] = "30"
    return response


def _turned_away(status: int) -> bool:
    """Whether somebody who is signed in came to a wrong door, and everything else is well: they may go on."""
    return status in (403, 404, 405) and bool(current_user.is_authenticated)


def _own(fault: ProAppError) -> Response:
    if isinstance(fault, StoreFault):
        log.error("the database did not serve %s: %s", request.endpoint, fault.cause)
        # The page that says so must not ask the database again, who is signed in.
        g._login_user = AnonymousUserMixin()
    return answer(fault.code, sentence(fault), status_of(fault.code))


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


def _while_answering(fault: InternalServerError) -> Response:
    """A fault of ours that came while another one was being answered, which is when Flask gives up."""
    first = fault.original_exception
    return _own(first) if isinstance(first, ProAppError) else _http(fault)


def _worth_a_traceback(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], ProAppError))


def install(app: Flask) -> None:
    app.logger.addFilter(_worth_a_traceback)
    app.register_error_handler(InternalServerError, _while_answering)
    app.register_error_handler(ProAppError, _own)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)

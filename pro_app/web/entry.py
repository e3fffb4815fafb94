"""The way in: the start page with the code, the page behind a personal link, and its Start button.

Opening any of them changes nothing, on whatever device and however often: scanners open links too.
"""

from typing import cast

from flask import Blueprint, Response, g, redirect, request, session, url_for
from flask_wtf.csrf import CSRFError

from pro_app import journey
from pro_app.actions import admit
from pro_app.actions.admit import GuardQuestion, TooManyTries
from pro_app.actions.visit import Look, look, to_begin_with
from pro_app.errors import ProAppError
from pro_app.links import Ticket
from pro_app.records.participants import Participant
from pro_app.records.store import Transaction
from pro_app.schedule.window import today
from pro_app.web import cookies, display, problems, visit_page
from pro_app.web.current import address, now, service
from pro_app.web.guard import public

blueprint = Blueprint("entry", __name__)
display.install(blueprint)


class SignInFirst(ProAppError):
    """A page of a visit was asked for, but this browser is in none."""

    code = "sign_in_first"


class FormExpired(ProAppError):
    """The page was open longer than its form is good for."""

    code = "form_expired"


@blueprint.get("/")
@blueprint.get("/c")
@public("the page with the field for the code")
def start() -> Response:
    return start_page()


@blueprint.post("/c")
@public("a code is proof enough to see the page behind it; guesses are counted")
def code() -> Response:
    """Turn a code into the personal address of the visit that is open, or nearest."""
    typed = request.form.get("code", "")
    links, study = service().links, service().study
    try:
        with service().store.writing() as tx:
            person = admit.try_code(tx, links, typed, address(), now())
            if person is not None:
                way = journey.of(tx, study, person, now())
                stop = to_begin_with(way, today(now(), way.site.tz))
                token = links.token(person.handle, stop.timepoint.id, person.link_epoch)
    except TooManyTries as fault:
        return start_page(typed, fault)
    if person is None:
        return start_page(typed, admit.CodeUnknown())
    return _go(url_for(".landing", token=token))


@blueprint.get("/v/<token>")
@public("the page behind a personal link; it names hospital and study, never the person")
def landing(token: str) -> Response:
    ticket = admit.ticket_of(token)
    if cookies.read_visit() == _canonical(ticket):
        return _go(url_for("patient.home"))
    with service().store.reading() as tx:
        person, seen = _behind(tx, ticket)
        asks = admit.guard_question(tx, service().study, person)
    return _landing_page(seen, asks)


@blueprint.post("/v/<token>")
@public("the Start button of a personal link; wrong answers to the wrong-person question are counted")
def begin(token: str) -> Response:
    """Put this browser into the visit: the only place that sets its cookie for a patient's own device."""
    ticket = admit.ticket_of(token)
    store = service().store
    # Only a wrong answer to the wrong-person question is written down: a study without one needn't queue.
    with store.reading() if service().study.guard == "none" else store.writing() as tx:
        person, seen = _behind(tx, ticket)
        asks = admit.guard_question(tx, service().study, person)
        fault: ProAppError | None = None
        try:
            typed = request.form.get("answer", "")
            if not admit.try_guard(tx, service().study, person, typed, now()):
                fault = admit.WrongPerson()
        except TooManyTries as many:
            fault = many
    if fault or visit_page.notice_of(seen) or seen.finished:
        return _landing_page(seen, asks, fault)
    # A new visit gets a new form secret, so that a page of the one before can't be shown again or sent.
    session.clear()
    response = _go(url_for("patient.home"))
    cookies.set_visit(response, _canonical(ticket))
    return response


@blueprint.app_errorhandler(admit.LinkUnknown)
def unknown_link(fault: admit.LinkUnknown) -> Response:
    """A link that leads nowhere still leads to the field for the code."""
    if problems.wants_json():
        return problems.answer(fault.code, problems.sentence(fault), 404)
    response = start_page("", fault)
    # The link in the cookie was replaced: "go on" would only lead back to here.
    cookies.drop_visit(response)
    return response


@blueprint.errorhandler(CSRFError)
def stale_form(_fault: CSRFError) -> Response:
    """The page was open for too long: show it afresh with what was typed."""
    if request.endpoint == "entry.code":
        return start_page(request.form.get("code", ""), FormExpired())
    with service().store.reading() as tx:
        person, seen = _behind(tx, admit.ticket_of((request.view_args or {}).get("token", "")))
        asks = admit.guard_question(tx, service().study, person)
    return _landing_page(seen, asks, FormExpired())


def _behind(tx: Transaction, ticket: Ticket) -> tuple[Participant, Look]:
    person = admit.by_ticket(tx, service().links, ticket)
    g.language = person.language
    seen = look(tx, service().study, service().catalogue, person, ticket.timepoint, now())
    return person, seen


def _landing_page(seen: Look, asks: GuardQuestion | None, fault: ProAppError | None = None) -> Response:
    if notice := visit_page.notice_of(seen):
        return visit_page.show_notice(seen, notice)
    if seen.finished:
        return visit_page.page("finished", seen.site, seen=seen, comes=seen.next_stop)
    response = visit_page.page(
        "landing",
        seen.site,
        problems.status_of(fault.code) if fault else 200,
        seen=seen,
        asks=asks,
        fault=problems.sentence(fault) if fault else "",
    )
    return _come_back(response, fault)


def start_page(typed: str = "", fault: ProAppError | None = None) -> Response:
    """The start page, with what was typed and what was wrong with it."""
    response = visit_page.page(
        "start",
        None,
        problems.status_of(fault.code) if fault else 200,
        typed=typed[:40],
        fault=problems.sentence(fault) if fault else "",
        about_link=isinstance(fault, admit.LinkUnknown),
        started=cookies.read_visit() is not None and fault is None,
    )
    return _come_back(response, fault)


def _come_back(response: Response, fault: ProAppError | None) -> Response:
    if isinstance(fault, TooManyTries):
        response.headers["Retry-After"] = str(int(str(fault.params["minutes"])) * 60)
    return response


def _canonical(ticket: Ticket) -> str:
    return f"{ticket.handle}.{ticket.timepoint}.{ticket.mac}"


def _go(address: str) -> Response:
    return cast(Response, redirect(address, 303))

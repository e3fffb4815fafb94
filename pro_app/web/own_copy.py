"""A patient keeps a copy of their answers: one thing that only they know is asked, then a page or a file.

The link is the right to write, not to read: so something is always asked here, whatever the study asks before
the questions. Never on a clinic's tablet, which must stay clean.
"""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, g, request, url_for
from flask_babel import force_locale, gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import NotFound as NoSuchPage

from pro_app.actions import admit, own_copy
from pro_app.actions.admit import GuardQuestion, TooManyTries
from pro_app.actions.answer import receipt_number
from pro_app.actions.own_copy import OwnForm
from pro_app.actions.visit import Look, look
from pro_app.errors import ProAppError
from pro_app.instruments.answers import NOT_SHOWN
from pro_app.instruments.definition import Item
from pro_app.instruments.wording import WordingPack
from pro_app.links import read_token
from pro_app.records.participants import Participant
from pro_app.records.responses import Answer
from pro_app.records.store import Transaction
from pro_app.web import cookies, display, entry, given_answers, locale, problems, visit_page
from pro_app.web.current import now, patient, service
from pro_app.web.guard import public

blueprint = Blueprint("own_copy", __name__)
display.install(blueprint)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One form as it is read. lines: the item, its question, the answer."""

    form: OwnForm
    title: str
    receipt: str
    lines: tuple[tuple[Item, str, str], ...]


@blueprint.app_context_processor
def link() -> dict[str, Any]:
    """`copy_link(seen)` for the pages after sending: where to ask for the copy; empty where there is none."""
    return {"copy_link": _link}


def _link(seen: Look) -> str:
    token = (request.view_args or {}).get("token") or cookies.read_visit() or ""
    if not (_sent(seen) and read_token(token)) or cookies.read_tablet() or not _open(seen):
        return ""
    return url_for("own_copy.ask", token=token)


@blueprint.get("/v/<token>/copy")
@public("asks for what only the person knows; shows no answer")
def ask(token: str) -> Response:
    with service().store.reading() as tx:
        _, seen = _behind(tx, token)
        asks = admit.proof_question(tx, service().study, seen.person)
    return _asking(seen, asks)


@blueprint.post("/v/<token>/copy")
@public("the answers of one visit, to whoever has its link and knows what was asked; wrong tries are counted")
def give(token: str) -> Response:
    typed, as_file = request.form.get("answer", ""), request.form.get("how") == "file"
    found: tuple[OwnForm, ...] = ()
    fault: ProAppError | None = None
    study, catalogue = service().study, service().catalogue
    with service().store.writing() as tx:
        person, seen = _behind(tx, token)
        asks = admit.proof_question(tx, study, person)
        try:
            if not _open(seen) or asks is None:
                return _over(seen)
            if admit.try_proof(tx, study, person, typed, now()):
                how: own_copy.How = "as_file" if as_file else "as_page"
                timepoint, actor = seen.stop.timepoint.id, patient(person)
                found = own_copy.fetch(tx, catalogue, person, timepoint, how, actor, now())
            else:
                fault = admit.WrongPerson()
        except TooManyTries as many:
            fault = many
    if fault or not found:
        return _asking(seen, asks, fault)
    sheets = [_sheet(one) for one in found]
    return _file(seen, sheets) if as_file else visit_page.page("copy", seen.site, seen=seen, sheets=sheets)


@blueprint.errorhandler(CSRFError)
def stale_form(_fault: CSRFError) -> Response:
    """The page was open for too long: the question once more."""
    with service().store.reading() as tx:
        _, seen = _behind(tx, (request.view_args or {}).get("token", ""))
        asks = admit.proof_question(tx, service().study, seen.person)
    if not (_open(seen) and asks and _sent(seen)):
        return problems.answer("form_expired", problems.sentence(entry.FormExpired()), 400)
    return _asking(seen, asks, entry.FormExpired())


def _behind(tx: Transaction, token: str) -> tuple[Participant, Look]:
    if cookies.read_tablet():
        abort(404)  # what was answered on a clinic's tablet is never shown there again
    ticket = admit.ticket_of(token)
    person = admit.by_ticket(tx, service().links, ticket)
    g.language = person.language
    return person, look(tx, service().study, service().catalogue, person, ticket.timepoint, now())


def _open(seen: Look) -> bool:
    return own_copy.may_be_fetched(seen.person, seen.stop.visit, seen.day)


def _sent(seen: Look) -> bool:
    return any(part.sent for part in seen.parts)


def _asking(seen: Look, asks: GuardQuestion | None, fault: ProAppError | None = None) -> Response:
    if not _open(seen) or asks is None:
        return _over(seen)
    if not _sent(seen):
        raise NoSuchPage()
    status = problems.status_of(fault.code) if fault else 200
    told = problems.sentence(fault) if fault else ""
    response = visit_page.page("copy_ask", seen.site, status, seen=seen, asks=asks, fault=told)
    if isinstance(fault, TooManyTries):
        response.headers["Retry-After"] = str(int(str(fault.params["minutes"])) * 60)
    return response


def _over(seen: Look) -> Response:
    return visit_page.page("copy_over", seen.site, 410, seen=seen)


def _sheet(one: OwnForm) -> Sheet:
    pack = one.pack
    # Our own words among the answers are in the language in which it was asked, whatever the page's is.
    with force_locale(one.response.language.replace("-", "_")):
        lines = tuple(
            (
                item,
                pack.items[item.id].question if pack and item.id in pack.items else item.number,
                _answer(item, pack, one.answers[item.id]),
            )
            for item in one.instrument.items
            if item.id in one.answers
        )
    title = pack.title if pack else one.instrument.name
    return Sheet(one, title, receipt_number(one.response.content_hash), lines)


def _answer(item: Item, pack: WordingPack | None, answer: Answer) -> str:
    if "missing" in answer:
        return "" if answer["missing"] == NOT_SHOWN else str(gettext("left out"))
    return given_answers.spoken(item, pack, answer)


def _file(seen: Look, sheets: list[Sheet]) -> Response:
    """Plain text, which every telephone opens; nothing of it names the person."""
    zone = seen.site.time_zone
    rows = [gettext("My answers"), display.said(seen.site.name), display.said(seen.stop.timepoint.label)]
    for sheet in sheets:
        received = locale.local_time(sheet.form.response.received_at, zone)
        rows += ["", "", sheet.title, gettext("Sent on %(when)s", when=received)]
        rows += [gettext("Receipt %(number)s", number=sheet.receipt), _version(sheet)]
        if sheet.form.corrected:
            rows += [gettext("Your hospital has corrected this since you sent it.")]
        for item, question, answer in sheet.lines:
            rows += ["", f"{item.number}. {question}", f"   {answer or '–'}"]
    response = Response("\ufeff" + "\r\n".join(rows) + "\r\n", mimetype="text/plain")
    name = f"answers-{seen.stop.timepoint.id}-{seen.day.isoformat()}.txt"
    response.headers["Content-Disposition"] = f"attachment; filename={name}"
    return response


def _version(sheet: Sheet) -> str:
    response = sheet.form.response
    return str(gettext("Questionnaire %(name)s, version %(version)s")) % {
        "name": sheet.form.instrument.name,
        "version": response.version,
    }

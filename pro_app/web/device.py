"""The device interface: what the questionnaire page asks for, keeps drafts with and sends answers to.

Read by a cookie or a header, written only with the header `Authorization: Visit <token>`. See
`docs/device-api.md`; the shapes are in `docs/openapi.yaml`.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask import Blueprint, Response, g
from werkzeug.datastructures import Headers

from pro_app.actions import answer, consent
from pro_app.actions.answer import Receipt, Submission
from pro_app.actions.visit import Ahead, Look, Part, ask, look
from pro_app.errors import ProAppError
from pro_app.links import Ticket
from pro_app.records.responses import Helper, Mode
from pro_app.records.store import Transaction
from pro_app.web import locale, question_page
from pro_app.web.current import asked, here_and_now, now, patient, service, visiting, visiting_with
from pro_app.web.device_body import Fields, read_json
from pro_app.web.display import said_in
from pro_app.web.guard import device
from pro_app.web.tablet_gate import handed_over
from pro_app.wiring import Service

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

blueprint = Blueprint("device", __name__, url_prefix="/device")

MODES: tuple[Mode, ...] = ("own_phone", "clinic_tablet", "interview")
# In ASCII, unlike `json_text`: no text that was ever stored can fail to leave. Flask's own sorts the keys and
# looks for dates and dataclasses, which none of these has.
_ENCODER = json.JSONEncoder(separators=(",", ":"), check_circular=False)
HELPERS: tuple[Helper, ...] = ("alone", "read", "filled")


class OtherVisit(ProAppError):
    """The ticket is genuine, but for another visit than the one that is spoken of."""

    code = "visit_other"


class NotJson(ProAppError):
    """The content type is not JSON's."""

    code = "not_json"


@blueprint.get("/visit/<ref>")
@device
def visit(ref: str) -> Response:
    """All that the page needs to begin or to go on. Answers that were sent are never among it."""
    _check_ref(ref)
    house = service()
    with visiting_with(_ask_of_visit) as (tx, person, timepoint, ahead):
        consent.check(person)
        seen = look(tx, house.study, house.catalogue, person, timepoint, now(), ahead)
        answer.check_open(seen.stop, person)
        return as_json(visit_json(seen, _token(g.ticket), "clinic_tablet" if handed_over() else "own_phone"))


def _ask_of_visit(tx: Transaction, ticket: Ticket) -> Ahead:
    return ask(tx, ticket.handle, ticket.timepoint)


@blueprint.post("/draft")
@device
def draft() -> Response:
    """Keep what was answered so far; `saved` false says that this questionnaire was sent already."""
    sent = _body()
    _check_ref(sent.text("ref"))
    house = service()
    with visiting(write=True) as (tx, person, timepoint):
        consent.check(person)
        _check_version(sent)
        saved = answer.keep_draft(
            tx,
            house.study,
            house.catalogue,
            person,
            timepoint,
            instrument=sent.text("instrument"),
            response=sent.uuid("response"),
            language=sent.text("language"),
            pack=sent.text("pack"),
            position=sent.text_or_none("position"),
            answers=sent.answers(),
            now=now(),
        )
    return as_json({"saved": saved, "at": _instant(now())})


@blueprint.post("/response")
@device
def response() -> Response:
    """Take the answers for good. The receipt leaves after the commit: 201, or 200 when given before."""
    sent = _body()
    _check_ref(sent.text("ref"))
    submission = submission_of(sent)
    if handed_over():
        submission = replace(submission, mode="clinic_tablet")  # the tablet's state says it, not its page
    house = service()

    def ask_of_form(tx: Transaction, ticket: Ticket) -> answer.Ahead:
        return answer.ask(tx, ticket.handle, ticket.timepoint, submission)

    with visiting_with(ask_of_form, write=True) as (tx, person, timepoint, ahead):
        consent.check(person)
        receipt = answer.submit(
            tx,
            house.study,
            house.catalogue,
            person,
            timepoint,
            submission,
            patient(person),
            now(),
            ahead,
        )
    return as_json(receipt_json(receipt), 200 if receipt.repeated else 201)


class _Plain(Response):
    """An answer that leads nowhere else and has a body: its headers leave as they stand."""

    def get_wsgi_headers(self, environ: "WSGIEnvironment") -> Headers:
        return self.headers


def as_json(body: dict[str, object], status: int = 200) -> Response:
    """An answer of plain JSON, its keys as they stand."""
    return _Plain(_ENCODER.encode(body) + "\n", status, content_type="application/json")


def receipt_json(receipt: Receipt) -> dict[str, object]:
    """What a device waits for before it lets go of its copy."""
    return {
        "receipt": receipt.receipt,
        "response": receipt.response,
        "hash": receipt.hash,
        "received_at": _instant(receipt.received_at),
        "standing": receipt.standing,
    }


def _body() -> Fields:
    sent = asked()
    if sent.mimetype != "application/json":
        raise NotJson()
    return read_json(sent.get_data(cache=False))


def _ref() -> str:
    ticket: Ticket = here_and_now().ticket
    return f"{ticket.handle}.{ticket.timepoint}"


def _check_ref(ref: str) -> None:
    if ref != _ref():
        raise OtherVisit()


def _check_version(sent: Fields) -> None:
    instrument = service().catalogue.instruments.get(sent.text("instrument"))
    if instrument and instrument.version != sent.text("version"):
        raise answer.VersionUnknown()


def submission_of(sent: Fields) -> Submission:
    """A complete response out of a device's JSON; raises `Malformed`."""
    return Submission(
        response=sent.uuid("response"),
        instrument=sent.text("instrument"),
        version=sent.text("version"),
        language=sent.text("language"),
        pack=sent.text("pack"),
        mode=sent.one_of("mode", MODES),
        helper=sent.one_of_or_none("helper", HELPERS),
        started_at=sent.instant("started"),
        finished_at=sent.instant("finished"),
        answers=sent.answers(),
    )


def _token(ticket: Ticket) -> str:
    return f"{ticket.handle}.{ticket.timepoint}.{ticket.mac}"


def visit_json(seen: Look, token: str, mode: Mode) -> dict[str, object]:
    """All that a page needs to begin a visit, in the language of this request."""
    house, comes, pages = service(), seen.next_stop, question_page.pages()
    timepoint, contact = seen.stop.timepoint, seen.site
    language = locale.language()
    closes = seen.stop.visit.finish_by if seen.stop.assessment.state == "grace" else seen.stop.visit.closes
    return {
        "ref": seen.ref,
        "token": token,
        "mode": mode,
        "study": house.study.id,
        "timepoint": {"id": timepoint.id, "label": said_in(timepoint.label, language)},
        "state": seen.stop.assessment.state.value,
        "closes": closes.isoformat() if closes else None,
        "language": language,
        "languages": list(house.study.languages),
        "contact": {"name": said_in(contact.contact_name, language), "phone": contact.contact_phone},
        "next": comes
        and {
            "timepoint": comes.timepoint.id,
            "opens": comes.visit.opens.isoformat() if comes.visit.opens else None,
        },
        "instruments": [_part(part, pages, house) for part in seen.parts],
        "journey": [
            {
                "timepoint": stop.timepoint.id,
                "label": said_in(stop.timepoint.short_label, language),
                "state": stop.assessment.state.value,
            }
            for stop in seen.way.stops
        ],
    }


def _part(part: Part, known: question_page.Pages, house: Service) -> dict[str, object]:
    name, draft, sent = part.instrument.id, part.draft, part.sent
    languages = [each for each in house.study.languages if (name, each) in known.packed]
    catalogue = house.catalogue
    return {
        "id": name,
        "version": part.instrument.version,
        "state": "sent" if sent else "open",
        "response": sent.uuid if sent else draft.response if draft else None,
        "pages": {each: known.url(name, each) for each in languages},
        "packs": {each: catalogue.pack(name, each).hash for each in languages},
        "answers": dict(draft.answers) if draft else {},
        "position": draft.position if draft else None,
        "sent_at": _instant(sent.received_at) if sent else None,
    }


def _instant(moment: datetime) -> str:
    """2026-12-01T04:00:00.123Z, as JavaScript writes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

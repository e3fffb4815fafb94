"""A clinic's tablet, the page's side: in which state it is, giving it back, envelopes that were sealed on it.

None of these needs a form secret. Giving back only closes; a page's own call to `/device/tablet` says no more
than that somebody touches the screen; an envelope proves itself.
"""

import json
from dataclasses import replace
from typing import cast

from flask import Blueprint, Response, g, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import force_locale, gettext
from werkzeug.wrappers import Response as AnyResponse

from pro_app import envelopes
from pro_app.actions import answer, consent, hand_over, ward_round
from pro_app.actions.answer import ParticipantStopped, Receipt, Submission, VisitClosed
from pro_app.actions.ward_round import Opened
from pro_app.instruments.answers import NOT_REACHED, SKIPPED
from pro_app.instruments.definition import Instrument
from pro_app.records import tablets
from pro_app.records.audit import Actor
from pro_app.records.store import Transaction
from pro_app.records.tablets import Tablet
from pro_app.web import cookies, device, locale, plain_answers, tablet_gate
from pro_app.web.assets import Packed
from pro_app.web.current import address, now, patient, service
from pro_app.web.device_body import Fields, read_json
from pro_app.web.guard import public
from pro_app.web.guard import tablet as tablet_only

blueprint = Blueprint("tablet_side", __name__)
ROUND = "/tablet/round"
WORDS = "/tablet/words"


@blueprint.get("/device/tablet")
@tablet_only
def state() -> Response:
    """In whose hands the tablet is, and the key that its page seals with."""
    which: Tablet | None = g.tablet
    if which is None:
        return jsonify(state="unknown", id=None, public_key=None)
    with service().store.reading() as tx:
        key = envelopes.public_point(tablets.private_key(tx, which))
    return jsonify(state=which.state, id=which.id, public_key=key)


@blueprint.post("/device/tablet")
@tablet_only
def stay() -> Response:
    """Somebody reads or writes: the visit stays open."""
    which: Tablet | None = g.tablet
    if which is not None and which.state == "handed_over":
        with service().store.writing() as tx:
            hand_over.seen(tx, which, now())
    return state()


@blueprint.post("/tablet/back")
@tablet_only
def back() -> AnyResponse:
    """Close the visit that this tablet is handed over for; pressed twice, or late, it changes nothing."""
    ending: hand_over.Ending = "cancelled" if request.form.get("ending") == "cancelled" else "given_back"
    if request.form.get("ending") == "idle":
        ending = "idle"
    which, key = None, ""
    with service().store.writing() as tx:
        found = hand_over.find(tx, cookies.read_tablet() or "", lock=True)
        if found and found.state == "handed_over":
            key = hand_over.lock(tx, found, ending, Actor("tablet", found.label, address()), now())
            which = tablets.by_id(tx, found.id)
    to = ROUND if found and found.state == "ward_round" else url_for("tablet.locked")
    response = cast(Response, redirect(to, 303))
    if which:
        tablet_gate.leave_visit(response, key, which)
    return response


@blueprint.get(ROUND)
@public("an empty frame; what it shows is sealed on the tablet and opens with the nurse's PIN")
def round_shell() -> Response:
    """The same bytes for everyone, in both languages at once, so that the worker may keep it."""
    return _file(Packed(render_template("tablet/round.html", words=_words()).encode(), "text/html"))


@blueprint.get(WORDS)
@public("what the pages of a tablet say; nothing personal")
def words() -> Response:
    """For the questions, which are the same bytes on every device, and for the round."""
    return _file(Packed(json.dumps(_words(), ensure_ascii=False).encode(), "application/json"))


def _file(packed: Packed) -> Response:
    response = packed.response("no-cache")
    response.set_etag(packed.digest)
    return cast(Response, response.make_conditional(request))


def _words() -> dict[str, dict[str, str]]:
    found = {}
    for language in locale.LANGUAGES:
        with force_locale(language.replace("-", "_")):
            found[language] = _texts()
    return found


@blueprint.post("/device/envelope")
@public("an envelope proves itself: the right to write the visit is sealed in it")
def envelope() -> Response:
    """Store what a tablet sealed while it had no signal; the reply leaves after the commit."""
    if request.mimetype != "application/json":
        raise device.NotJson()
    sent = read_json(request.get_data(cache=False)).data
    with service().store.reading() as tx:
        ward_round.open_envelope(tx, service().links, sent)  # what is none holds up no writer
    with service().store.writing() as tx:
        opened = ward_round.open_envelope(tx, service().links, sent, lock=True)
        consent.check(opened.person)
        receipt = _store(tx, opened)
        ward_round.arrived(tx, opened, now())
    told = {"envelope": envelopes.digest(sent), "receipt": device.receipt_json(receipt) if receipt else None}
    return make_response(jsonify(told), 200)


def _store(tx: Transaction, opened: Opened) -> Receipt | None:
    """The response's receipt; None for a draft that was kept, or whose questionnaire was sent meanwhile."""
    sent = Fields(opened.content)
    if opened.kind == "response":
        submission = device.submission_of(sent)
    elif opened.aside:
        submission = _unfinished(sent)
    else:
        try:
            _keep(tx, opened, sent)
            return None
        except (VisitClosed, ParticipantStopped):
            submission = _unfinished(sent)
    submission = replace(submission, mode="clinic_tablet", aside=opened.aside)
    study, catalogue = service().study, service().catalogue
    who = patient(opened.person)
    return answer.submit(tx, study, catalogue, opened.person, opened.timepoint, submission, who, now())


def _keep(tx: Transaction, opened: Opened, sent: Fields) -> None:
    answer.keep_draft(
        tx,
        service().study,
        service().catalogue,
        opened.person,
        opened.timepoint,
        instrument=sent.text("instrument"),
        response=sent.uuid("response"),
        language=sent.text("language"),
        pack=sent.text("pack"),
        position=sent.text_or_none("position"),
        answers=sent.answers(),
        now=now(),
    )


def _unfinished(sent: Fields) -> Submission:
    """Too late for a draft: what was answered is kept as it is, the rest as not reached."""
    instrument = service().catalogue.instruments.get(sent.text("instrument"))
    if instrument is None:
        raise answer.InstrumentNotHere()
    return Submission(
        response=sent.uuid("response"),
        instrument=instrument.id,
        version=sent.text("version"),
        language=sent.text("language"),
        pack=sent.text("pack"),
        mode="clinic_tablet",
        helper=None,
        started_at=sent.instant("started"),
        finished_at=sent.instant("finished"),
        answers=_whole(instrument, sent),
    )


def _whole(instrument: Instrument, sent: Fields) -> plain_answers.Wire:
    given = {item: one for item, one in sent.answers().items() if isinstance(one, dict)}
    last = max((number for number, item in enumerate(instrument.items) if item.id in given), default=-1)
    beyond = {item.id for item in instrument.items[last + 1 :]}
    return {
        name: {"missing": NOT_REACHED} if name in beyond and one.get("missing") == SKIPPED else one
        for name, one in plain_answers.complete(instrument, given).items()
    }


def _texts() -> dict[str, str]:
    """What the page of the round says; `{}` is where a number or a name goes."""
    return {
        "give_back": gettext("Give the tablet back"),
        "please": gettext("Please give the tablet back to the nurse now."),
        "title": gettext("Ward round"),
        "locked": gettext("Please give the tablet back"),
        "thanks": gettext("Thank you. Nothing of what you answered can be seen here."),
        "pin": gettext("PIN"),
        "unlock": gettext("Unlock"),
        "wrong": gettext("That is not the PIN. After 5 wrong tries the list is deleted."),
        "wiped": gettext("The list was deleted after too many wrong tries. The answers wait, sealed."),
        "none": gettext("No ward round is loaded on this tablet."),
        "give": gettext("Hand to {}"),
        "sure": gettext("Is this {}? Compare the wristband."),
        "yes": gettext("Yes, hand over"),
        "no": gettext("No"),
        "todo": gettext("to do"),
        "given": gettext("was handed over"),
        "wait": gettext("{} sealed envelopes wait on this tablet."),
        "all_sent": gettext("Everything has been delivered."),
        "offline": gettext("No connection. What was answered waits here, sealed."),
        "refused": gettext("Not taken by the hospital: {} Keep this tablet and call the study centre."),
        "send": gettext("Deliver now"),
        "end": gettext("End the round"),
        "staff": gettext("Staff pages"),
        "revoked": gettext("This tablet was taken out of use"),
        "lock": gettext("Lock"),
    }

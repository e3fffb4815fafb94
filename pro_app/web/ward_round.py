"""Before a ward round: the nurse chooses visits, and they are loaded on the tablet."""

from flask import Blueprint, Response, g, jsonify, make_response, render_template, request
from flask_babel import gettext as _

from pro_app.actions import consent, hand_over, pin, ward_round
from pro_app.actions.today import Line, today
from pro_app.actions.visit import Look, look
from pro_app.envelopes import public_point
from pro_app.errors import NotFound
from pro_app.records import participants, tablets
from pro_app.records.participants import Participant
from pro_app.records.store import Transaction
from pro_app.records.tablets import Tablet
from pro_app.web import cookies, device, locale, question_page, tablet_gate, visit_page
from pro_app.web.clinic_page import account, actor, person_of, sites
from pro_app.web.current import now, service
from pro_app.web.guard import staff
from pro_app.web.staff_roles import SITE_STAFF

blueprint = Blueprint("ward_round", __name__, url_prefix="/staff/round")
MOST = 40


@blueprint.get("")
@staff(*SITE_STAFF)
def choose() -> str:
    """Today's open visits, to be ticked."""
    with service().store.reading() as tx:
        found = today(tx, service().study, sites(), now()).open_now[:MOST]
        has_pin = pin.prepare(tx, account().id, "round", now()).has_pin
        number = tablets.count(tx, account().site or "") + 1
    which = g.get("tablet")
    return render_template(
        "tablet/choose.html",
        lines=[(line, _ready(line)) for line in found],
        has_pin=has_pin,
        known=which.label if which else None,
        label=_("Tablet %(number)s", number=number),
    )


def _ready(line: Line) -> bool:
    """Who has not agreed to the privacy notice reads it with signal first."""
    return consent.standing(service().study, line.person) == "agreed"


@blueprint.post("")
@staff(*SITE_STAFF)
def load() -> Response:
    """What the tablet takes along. The page seals it under the PIN that was typed, and forgets the PIN."""
    store, session_key = service().store, cookies.read_staff() or ""
    with store.reading() as tx:
        attempt = pin.prepare(tx, account().id, "round", now())
    fits = not attempt.wait_seconds and pin.pin_fits(store.keys, attempt, request.form.get("pin", ""))
    with store.writing() as tx:
        if not pin.conclude(tx, attempt, fits, actor(), now()):
            return _no(_("That is not the PIN. Please try again."), 403)
        chosen = [_behind(tx, one) for one in request.form.getlist("visit")[:MOST]]
        which = _tablet(tx, session_key)
        visits = [(seen.person, seen.stop.timepoint.id) for seen in chosen]
        ward_round.load(tx, which, visits, actor(), now())
        lines = [_line(tx, seen) for seen in chosen]
        point = public_point(tablets.private_key(tx, which))
        key = hand_over.start_round(tx, which, session_key, now())
    response = make_response(jsonify(tablet=which.id, public_key=point, nurse=account().name, visits=lines))
    cookies.drop_staff(response)
    cookies.set_tablet(response, key, "round")
    tablet_gate.forget_form()
    return response


def _no(words: str, status: int) -> Response:
    return make_response(jsonify(message=words), status)


def _behind(tx: Transaction, chosen: str) -> Look:
    number, _slash, timepoint = chosen.partition("/")
    person = person_of(tx, number)
    seen = look(tx, service().study, service().catalogue, person, timepoint, now())
    if visit_page.notice_of(seen) or seen.finished or consent.standing(service().study, person) != "agreed":
        raise NotFound()
    return seen


def _tablet(tx: Transaction, session_key: str) -> Tablet:
    key = cookies.read_tablet()
    which = hand_over.find(tx, key, lock=True) if key else None
    if which and which.state == "with_staff":
        return which
    label, site = request.form.get("label", ""), account().site or ""
    return hand_over.register(tx, label, site, account(), session_key, actor(), now())


def _line(tx: Transaction, seen: Look) -> dict[str, object]:
    """One visit as the tablet keeps it: for the nurse a number and initials, for the page what it needs."""
    person, timepoint = seen.person, seen.stop.timepoint
    token = service().links.token(person.handle, timepoint.id, person.link_epoch)
    nurses = locale.language()
    g.chosen_language = locale.best_language(person.language) or nurses
    told = device.visit_json(seen, token, "clinic_tablet")
    g.chosen_language = nurses
    return {
        "ref": seen.ref,
        "study_number": person.study_number,
        "initials": ward_round.initials(participants.identity_of(tx, person).name),
        "visit": told,
        "page": _first_page(seen, person),
    }


def _first_page(seen: Look, person: Participant) -> str:
    instrument = seen.open_parts[0].instrument
    language = visit_page.words_for(instrument).language
    for wish in (person.language, language):
        try:
            return question_page.page_url(service(), instrument.id, wish)
        except NotFound:
            continue
    return question_page.page_url(service(), instrument.id, service().study.languages[0])

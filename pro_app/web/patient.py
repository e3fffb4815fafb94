"""The patient's own pages inside a visit: what is to do, the privacy notice, leaving."""

from typing import cast

from flask import Blueprint, Response, redirect, request, session, url_for
from werkzeug.exceptions import Unauthorized

from pro_app.actions import consent
from pro_app.actions.visit import Look, look
from pro_app.records.participants import ChangedMeanwhile
from pro_app.web import cookies, display, entry, plain_form, question_page, visit_page
from pro_app.web.current import now, patient, service, visiting
from pro_app.web.guard import public, visit

blueprint = Blueprint("patient", __name__, url_prefix="/visit")
display.install(blueprint)
display.install(plain_form.blueprint)
blueprint.register_blueprint(plain_form.blueprint)


@blueprint.errorhandler(Unauthorized)
def not_in_a_visit(_fault: Unauthorized) -> Response:
    """No cookie of a visit: the start page has the field for the code."""
    return entry.start_page("", entry.SignInFirst())


@blueprint.get("")
@visit
def home() -> Response:
    """What is to do by when, and where this visit is on the way."""
    with visiting() as (tx, person, timepoint):
        said = consent.standing(service().study, person)
        seen = look(tx, service().study, service().catalogue, person, timepoint, now())
    if notice := visit_page.notice_of(seen):
        return visit_page.show_notice(seen, notice)
    if seen.finished:
        return visit_page.page("finished", seen.site, seen=seen, comes=seen.next_stop)
    if said != "agreed":
        return _to("patient.privacy")
    return visit_page.page("home", seen.site, seen=seen, cards=_cards(seen))


@blueprint.get("/privacy")
@visit
def privacy() -> Response:
    """The notice; after a no, the kind page with a way back."""
    with visiting() as (_tx, person, _timepoint):
        said = consent.standing(service().study, person)
    site = service().study.site(person.site)
    return visit_page.page("declined" if said == "declined" else "privacy", site, agreed=said == "agreed")


@blueprint.post("/privacy")
@visit
def decide() -> Response:
    """Keep the yes or the no. A yes needs the separate tick about health data."""
    agreed = request.form.get("answer") == "yes"
    if agreed and request.form.get("health_data") != "yes":
        with visiting() as (_tx, person, _timepoint):
            site = service().study.site(person.site)
        return visit_page.page("privacy", site, 422, agreed=False, unticked=True)
    if request.form.get("answer") in ("yes", "no"):
        try:
            with visiting(write=True) as (tx, person, _timepoint):
                consent.decide(tx, service().study, person, agreed, patient(person), now())
        except ChangedMeanwhile:
            return _to("patient.privacy")
    elif request.form.get("answer") == "again":
        with visiting() as (_tx, person, _timepoint):
            return visit_page.page("privacy", service().study.site(person.site), agreed=False)
    return _to("patient.home" if agreed else "patient.privacy")


@blueprint.post("/leave")
@public("forgets the visit in this browser; there is nothing to protect from that")
def leave() -> Response:
    """For a shared telephone: the next person finds the start page."""
    session.clear()
    response = cast(Response, redirect("/", 303))
    cookies.drop_visit(response)
    return response


def _cards(seen: Look) -> list[dict[str, object]]:
    cards = []
    for part in seen.parts:
        pack = visit_page.words_for(part.instrument)
        page = question_page.page_url(service(), part.instrument.id, pack.language)
        cards.append({"part": part, "title": pack.title, "page": f"{page}#{seen.ref}"})
    return cards


def _to(endpoint: str) -> Response:
    return cast(Response, redirect(url_for(endpoint), 303))

"""The personal link and code of a participant: on the screen, as a QR picture, as a card to print."""

import io

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.wrappers import Response

from pro_app import journey
from pro_app.actions import look_up
from pro_app.instruments.inviting import unworded
from pro_app.journey import Journey
from pro_app.records.participants import ChangedMeanwhile
from pro_app.web.clinic_page import actor, person_of
from pro_app.web.current import now, service
from pro_app.web.guard import staff
from pro_app.web.staff_roles import WRITERS

blueprint = Blueprint("card", __name__, url_prefix="/participants")
SIZES = ("card", "a6")


def qr(address: str, title: str) -> Markup:
    """A QR picture of `address` as inline SVG, dark on nothing, with a title for those who hear the page."""
    import segno  # late: decision 0095

    out = io.BytesIO()
    segno.make(address, error="m").save(
        out, kind="svg", xmldecl=False, svgclass="qr", lineclass=None, omitsize=True, title=title, border=4
    )
    return Markup(out.getvalue().decode())


@blueprint.get("/<study_number>/link")
@staff(*WRITERS)
def show(study_number: str) -> str:
    """The link of the visit that can be answered now, and the code that always works."""
    return _page(study_number, "clinic/link.html")


@blueprint.get("/<study_number>/card")
@staff(*WRITERS)
def card(study_number: str) -> str:
    """A card to print, bank card size or A6, in both languages."""
    size = request.args.get("size", "card")
    if size not in SIZES:
        abort(404)
    return _page(study_number, "clinic/card.html", size=size)


def _page(study_number: str, template: str, size: str = "") -> str:
    house = service()
    base = house.settings.base_url
    with house.store.writing() as tx:
        person = person_of(tx, study_number)
        way = journey.of(tx, house.study, person, now())
        if not may_hand_out(way):
            return render_template("clinic/no_wording.html", person=person)
        code = look_up.code(tx, house.links, person, actor(), now())
    stop = way.open_now
    link = None
    if stop is not None:
        token = house.links.token(person.handle, stop.timepoint.id, person.link_epoch)
        link = f"{base}/v/{token}"
    return render_template(
        template,
        person=person,
        site=way.site,
        stop=stop,
        next=way.next_after(now().astimezone(way.site.tz).date()),
        link=link,
        link_qr=qr(link, _("QR code of the personal link")) if link else None,
        code=code,
        # A card is kept for a year: its picture leads to the page where the code is entered.
        code_qr=qr(f"{base}/c", _("QR code of the page where the code is entered")),
        address=base.split("://", 1)[-1],
        size=size,
        demonstration=demonstration(),
    )


def may_hand_out(way: Journey) -> bool:
    """Whether link, code and card may be given out: in production not with demonstration wording.

    What counts is the visit they lead to: the open one, else the next.
    """
    house = service()
    ahead = way.open_now or way.next_after(now().astimezone(way.site.tz).date())
    return house.settings.demo or ahead is None or not unworded(house.catalogue, [ahead.timepoint])


def demonstration() -> bool:
    """Whether a card leads to words that are only the program's own; in production none is given out then."""
    house = service()
    asked = {name for timepoint in house.study.timepoints for name in timepoint.instruments}
    packs = [pack for name in asked for pack in house.catalogue.active_packs(name)]
    shown = [pack for pack in packs if pack.language in house.study.languages]
    return house.settings.demo and any(pack.demonstration for pack in shown)


@blueprint.post("/<study_number>/code")
@staff(*WRITERS)
def renew(study_number: str) -> Response:
    """A new code; the old one dies."""
    version = request.form.get("version", "")
    try:
        with service().store.writing() as tx:
            person = person_of(tx, study_number)
            seen = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else -1
            look_up.renew_code(tx, service().links, person, seen, actor(), now())
        flash(_("There is a new code. The old one doesn't work any more: give out a new card."), "good")
    except ChangedMeanwhile:
        flash(_("Somebody else changed this participant meanwhile. Please look at it again."), "alert")
    return redirect(url_for("clinic.card.show", study_number=study_number), 303)

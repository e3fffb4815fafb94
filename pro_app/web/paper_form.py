"""The forms of a visit to print on A4: study number, visit, and a QR code that leads staff to the entry page.

A page to print from the browser, and the same as a PDF where the server has a Chromium. The whole form is
in one language, the participant's unless another is chosen; it names nobody.
"""

from dataclasses import dataclass

from flask import Blueprint, Response, current_app, g, render_template, request, url_for
from flask_babel import force_locale
from flask_babel import gettext as _

from pro_app import journey
from pro_app.exports import paper
from pro_app.instruments.definition import Instrument, Item
from pro_app.instruments.wording import WordingPack
from pro_app.journey import Stop
from pro_app.records.participants import Participant
from pro_app.web import asking, body_map, locale, printing
from pro_app.web.clinic_card import qr
from pro_app.web.clinic_page import person_of
from pro_app.web.current import now, service
from pro_app.web.guard import staff
from pro_app.web.staff_roles import WRITERS

blueprint = Blueprint("paper_form", __name__, url_prefix="/staff/participants/<study_number>/paper-form")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One instrument on paper. groups: neighbouring items that share their answers, to stand in one table."""

    instrument: Instrument
    pack: WordingPack
    groups: tuple[tuple[Item, ...], ...]
    qr: str


@blueprint.get("/<timepoint>")
@staff(*WRITERS)
def show(study_number: str, timepoint: str) -> str | tuple[str, int]:
    """The page to print from the browser; `?words=` is the language of the form."""
    person, stop = _visit(study_number, timepoint)
    if not asking.worded(stop):
        return asking.no_wording(person)
    tools = {
        "back": url_for("paper_entry.start", study_number=study_number, timepoint=timepoint),
        "print": _("Print with your browser on A4, without scaling."),
        "pdf": _("As a PDF") if paper.browser() else "",
    }
    return _form(person, stop, tools=tools)


@blueprint.get("/<timepoint>.pdf")
@staff(*WRITERS)
def pdf(study_number: str, timepoint: str) -> Response | tuple[str, int]:
    """The same as a PDF; without a Chromium on this server, the page itself to be saved and printed."""
    person, stop = _visit(study_number, timepoint)
    if not asking.worded(stop):
        return asking.no_wording(person)
    sheet = current_app.extensions["pro_app_assets"].files["clinic.css"].body.decode()
    page = _form(person, stop).replace("</head>", f"<style>{sheet}</style></head>", 1)
    return printing.printed(page, f"{study_number}-{timepoint}")


def _visit(study_number: str, timepoint: str) -> tuple[Participant, Stop]:
    with service().store.reading() as tx:
        person = person_of(tx, study_number)
        return person, journey.of(tx, service().study, person, now()).at(timepoint)


def _form(person: Participant, stop: Stop, *, tools: dict[str, str] | None = None) -> str:
    catalogue = service().catalogue
    instruments = [catalogue.instrument(name) for name in stop.timepoint.instruments]
    packs = [asking.pack_for(one, person) for one in instruments]
    wish = request.args.get("words", "")[: asking.LONGEST_TAG] or person.language
    tag = wish if any(pack.language == wish for pack in packs) else packs[0].language
    offered = [each for each in asking.languages(instruments[0]) if each != tag]
    # The paper speaks one language, whatever language its reader's pages have.
    with force_locale((locale.best_language(tag) or tag).replace("-", "_")):
        g.chosen_language = locale.best_language(tag) or tag
        sheets = [_sheet(person, stop, one, pack) for one, pack in zip(instruments, packs, strict=True)]
        return render_template(
            "paper/form.html",
            person=person,
            stop=stop,
            site=service().study.site(person.site),
            sheets=sheets,
            said=lambda texts: texts.get(tag) or next(iter(texts.values())),
            study=service().study,
            offered=offered,
            tools=tools,
            linked=tools is not None,
            body_map=body_map,
            sides=(
                ("front", _("Front view"), _("Right"), _("Left")),
                ("back", _("Back view"), _("Left"), _("Right")),
            ),
        )


def _sheet(person: Participant, stop: Stop, instrument: Instrument, pack: WordingPack) -> Sheet:
    """The picture names the wording too, so that what is typed in is kept under the words it was given to."""
    where = url_for(
        "paper_entry.form",
        study_number=person.study_number,
        timepoint=stop.timepoint.id,
        instrument=instrument.id,
        pack=pack.hash[:12],
    )
    address = service().settings.base_url + where
    return Sheet(
        instrument, pack, _groups(instrument), qr(address, _("For staff: leads to the entry of this form"))
    )


def _groups(instrument: Instrument) -> tuple[tuple[Item, ...], ...]:
    """Items side by side with the same answers and the same recall period, in the owner's order."""
    groups: list[list[Item]] = []
    for item in instrument.items:
        last = groups[-1][-1] if groups else None
        alike = last and item.codes and (last.answers, last.recall) == (item.answers, item.recall)
        if alike and last and last.kind == item.kind:
            groups[-1].append(item)
        else:
            groups.append([item])
    return tuple(tuple(group) for group in groups)

"""What the patient's pages share: the frame around them, and the kind page when nothing can be answered."""

from dataclasses import dataclass
from datetime import date

from flask import Response, make_response, render_template
from flask_babel import gettext

from pro_app.actions.visit import Look
from pro_app.errors import NotFound
from pro_app.instruments.definition import Instrument
from pro_app.instruments.wording import WordingPack
from pro_app.schedule.elements import Site
from pro_app.schedule.status import MEANING, Status
from pro_app.schedule.window import VisitState
from pro_app.web import locale
from pro_app.web.current import service


@dataclass(frozen=True, slots=True)
class Notice:
    """A page that says why there is nothing to fill in. `kind` names its sign."""

    kind: str
    title: str
    words: str
    status: int


def page(template: str, site: Site | None, status: int = 200, **context: object) -> Response:
    """A patient's page; `site` gives it the telephone number to call."""
    study = service().study
    text = render_template(
        f"patient/{template}.html", site=site, study=study, demonstration=_demonstration(), **context
    )
    return make_response(text, status)


def notice_of(seen: Look) -> Notice | None:
    """Why this visit can't be answered now; None when it can, or when all of it was sent."""
    if MEANING[Status(seen.person.status)].final:
        return Notice(
            "stopped",
            gettext("Thank you for taking part"),
            gettext("Your hospital has ended these questions for you. There is nothing you need to do."),
            410,
        )
    state = seen.stop.assessment.state
    if seen.person.locked_at is not None and not state.finished:
        return Notice(
            "stopped",
            gettext("Thank you for taking part"),
            gettext("The answers to this study are closed. There is nothing you need to do."),
            410,
        )
    if state.answerable and not (seen.finished or seen.licensed or service().settings.demo):
        return Notice(
            "early",
            gettext("Not ready yet"),
            gettext("Your hospital is still preparing these questions. There is nothing you need to do."),
            409,
        )
    if state.answerable or state.finished:
        return None
    if state is VisitState.UNSCHEDULED:
        return Notice(
            "early",
            gettext("There is no date yet"),
            gettext("These questions begin when your hospital knows the date. You will get a message then."),
            409,
        )
    if state is VisitState.UPCOMING:
        return Notice("early", gettext("Not open yet"), _opens(seen.stop.visit.opens), 409)
    return Notice("closed", gettext("This visit is over"), _closed(seen.stop.visit.closes), 410)


def show_notice(seen: Look, notice: Notice) -> Response:
    """The kind page, with what comes next."""
    comes = seen.next_stop if notice.kind == "closed" else None
    return page("notice", seen.site, notice.status, notice=notice, comes=comes)


def words_for(instrument: Instrument) -> WordingPack:
    """The words of an instrument in the language of this request, else in the first that has any.

    Raises `NotFound` when the study's languages have none at all.
    """
    for language in (locale.language(), *service().study.languages):
        try:
            return service().catalogue.pack(instrument.id, language)
        except NotFound:
            continue
    raise NotFound()


def _demonstration() -> bool:
    """Whether any of the words shown here are only the program's own."""
    catalogue, study = service().catalogue, service().study
    asked = {name for timepoint in study.timepoints for name in timepoint.instruments}
    return any(words_for(catalogue.instrument(name)).demonstration for name in asked)


def _opens(day: date | None) -> str:
    assert day is not None
    said = gettext("You can answer from %(day)s on. You will get a message that day.")
    return str(said) % {"day": locale.long_date(day)}


def _closed(day: date | None) -> str:
    if day is None:
        return str(gettext("There is nothing more to fill in here. Thank you."))
    said = gettext("It closed on %(day)s. Nothing went wrong, and there is nothing you need to do.")
    return str(said) % {"day": locale.long_date(day)}

"""One participant: visits, scores over time, what was answered when, history; name and contact on request."""

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from pro_app.actions import forget_contact, look_up, overview, participant_details, sign_off
from pro_app.actions.overview import Portrait, Scores
from pro_app.records.participants import Identity
from pro_app.schedule.window import today as local_day
from pro_app.web import action_words, body_charts, body_map, clinic_words, passport, scale_words
from pro_app.web.charts import number
from pro_app.web.clinic_page import account, actor, person_of
from pro_app.web.current import now, service
from pro_app.web.guard import staff
from pro_app.web.staff_roles import IDENTITY, READERS
from pro_app.web.trend_charts import Figure, figure

blueprint = Blueprint("participant", __name__, url_prefix="/participants")
blueprint.register_blueprint(passport.blueprint)


@dataclass(frozen=True, slots=True)
class ScorePanel:
    """One instrument as the page shows it: the scales to look at first, the others, and all in a table."""

    scores: Scores
    first: tuple[Figure, ...]
    others: tuple[Figure, ...]

    @property
    def figures(self) -> tuple[Figure, ...]:
        return self.first + self.others

    @property
    def any(self) -> bool:
        return bool(self.scores.received)


def panels(portrait: Portrait) -> tuple[ScorePanel, ...]:
    """The charts of every instrument, in the study's order."""
    found = []
    for scores in portrait.scores:
        figures = {
            trend.scale.name: figure(scores.instrument, trend, portrait.journey) for trend in scores.trends
        }
        first = [
            figures.pop(code) for code in scale_words.FIRST.get(scores.instrument.id, ()) if code in figures
        ]
        found.append(ScorePanel(scores, tuple(first), tuple(figures.values())))
    return tuple(found)


def page(study_number: str, identity: Identity | None = None) -> str:
    """The page; with `identity` it shows who this is, this once."""
    study = service().study
    with service().store.reading() as tx:
        person = person_of(tx, study_number)
        portrait = overview.portrait(tx, study, service().catalogue, person, now())
        details = participant_details.details(tx, service().catalogue, person, portrait.journey)
        (signing,) = sign_off.sheets(tx, study, [person])
    return render_template(
        "clinic/participant.html",
        person=person,
        details=details,
        signing=signing,
        contact_due=forget_contact.due_day(study, person),
        days=_days(portrait),
        deed=action_words.deed,
        bodies=body_charts.rows(details.bodies, portrait.journey),
        body_map=body_map,
        way=portrait.journey,
        portrait=portrait,
        panels=panels(portrait),
        identity=identity,
        words=clinic_words,
        scale_words=scale_words,
        number=number,
    )


def _days(portrait: Portrait) -> dict[tuple[str, str], date]:
    """The day on which each form that is in counts, by timepoint and instrument: of a form on paper, the day
    on which it was filled in."""
    tz = portrait.journey.site.tz
    return {
        (one.timepoint, one.instrument): one.completed_on or local_day(one.received_at, tz)
        for one in portrait.responses
        if one.standing == "current"
    }


@blueprint.get("/<study_number>")
@staff(*READERS)
def show(study_number: str) -> str:
    return page(study_number)


@blueprint.post("/<study_number>/identity")
@staff(*IDENTITY)
def reveal(study_number: str) -> str | Response:
    """Shows the name and contact on this one answer; who looked is on the audit trail before it is sent."""
    with service().store.writing() as tx:
        person = person_of(tx, study_number)
        identity = look_up.identity(tx, person, actor(), now())
    return page(study_number, identity)


@blueprint.get("/<study_number>/print")
@staff(*READERS)
def sheet(study_number: str) -> str:
    """One A4 page for the surgeon."""
    with service().store.reading() as tx:
        person = person_of(tx, study_number)
        portrait = overview.portrait(tx, service().study, service().catalogue, person, now())
        found = participant_details.bodies(tx, service().catalogue, person, portrait.journey)
        (signing,) = sign_off.sheets(tx, service().study, [person])
    return render_template(
        "clinic/sheet.html",
        person=person,
        bodies=body_charts.rows(found, portrait.journey),
        body_map=body_map,
        way=portrait.journey,
        portrait=portrait,
        panels=panels(portrait),
        words=clinic_words,
        scale_words=scale_words,
        number=number,
        signing=signing,
        printed_by=account().name,
        printed_at=now(),
        demonstration=_demonstration(portrait),
    )


def _demonstration(portrait: Portrait) -> bool:
    """Whether any of the answers behind these scores were given to the program's own words."""
    catalogue = service().catalogue
    own = {pack.hash for pack in catalogue.packs if pack.demonstration}
    return any(one.pack in own for one in portrait.responses)

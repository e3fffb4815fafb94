"""The staff pages: what needs doing today, and the participants. The other pages hang on the same room."""

from datetime import date

from babel.dates import format_date
from flask import Blueprint, render_template, request
from flask_babel import get_locale

from pro_app.actions import overview
from pro_app.contact import spoken_phone, tidy_phone
from pro_app.schedule.window import today as local_day
from pro_app.web import (
    clinic_accounts,
    clinic_card,
    clinic_changes,
    clinic_page,
    clinic_participant,
    clinic_words,
    completion,
    enrolment,
    history_words,
)
from pro_app.web.clinic_page import sites
from pro_app.web.current import now, service
from pro_app.web.guard import staff
from pro_app.web.staff_roles import IDENTITY, READERS

blueprint = Blueprint("clinic", __name__, url_prefix="/staff")
for room in (clinic_participant, clinic_card, clinic_changes, enrolment, completion, clinic_accounts):
    blueprint.register_blueprint(room.blueprint)
blueprint.app_context_processor(clinic_page.context)


@blueprint.app_template_filter("day")
def tiny_date(day: date) -> str:
    """12月4日 · 4 Dec: for the cells of a table."""
    locale = get_locale()
    chinese = locale is not None and locale.language == "zh"
    return format_date(day, "M月d日" if chinese else "d MMM", locale=locale)


blueprint.add_app_template_filter(clinic_words.mark_of, "mark")
blueprint.add_app_template_filter(spoken_phone, "spoken_phone")
blueprint.add_app_template_filter(history_words.told, "told")
blueprint.add_app_template_filter(history_words.reason_words, "why_not")


@blueprint.get("")
@staff(*READERS)
def today() -> str:
    with service().store.reading() as tx:
        found = overview.today(tx, service().study, sites(), now())
    zone = (clinic_page.own_site() or service().study.sites[0]).tz
    return render_template("clinic/today.html", today=found, day=local_day(now(), zone), words=clinic_words)


@blueprint.get("/participants")
@staff(*READERS)
def people() -> str:
    search = " ".join(request.args.get("search", "").split())[:40]
    phone = tidy_phone(search) if sum(letter.isdigit() for letter in search) >= 8 else None
    with service().store.reading() as tx:
        page = overview.people(
            tx,
            service().study,
            sites(),
            now(),
            search=search,
            phone=phone if clinic_page.account().role in IDENTITY else None,
            after=request.args.get("after", "")[:40],
        )
    return render_template(
        "clinic/people.html",
        page=page,
        search=search,
        after=request.args.get("after", ""),
        words=clinic_words,
        today=now().date(),
    )

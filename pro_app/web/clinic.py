"""The staff pages: what needs doing today, and the participants. The other pages hang on the same room."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache

from babel.dates import format_date
from flask import Blueprint, render_template, request

from pro_app.actions import lists
from pro_app.actions.change_status import REASONS
from pro_app.actions.today import CLOSING_SOON, Line, Today
from pro_app.actions.today import today as today_at
from pro_app.contact import spoken_phone, tidy_phone
from pro_app.records.alerts import Group
from pro_app.records.clinic_lists import Filter
from pro_app.schedule.window import today as local_day
from pro_app.web import (
    alerts,
    calls,
    clinic_accounts,
    clinic_card,
    clinic_changes,
    clinic_page,
    clinic_participant,
    clinic_words,
    completion,
    enrolment,
    follow_up_words,
    history_words,
    locale,
    messages,
    missing_forms,
    to_do,
)
from pro_app.web import lists as read_list
from pro_app.web.clinic_page import sites
from pro_app.web.current import now, service
from pro_app.web.guard import staff
from pro_app.web.staff_roles import IDENTITY, READERS, may_see_arm

blueprint = Blueprint("clinic", __name__, url_prefix="/staff")
for room in (
    clinic_participant,
    clinic_card,
    clinic_changes,
    enrolment,
    completion,
    clinic_accounts,
    messages,
    alerts,
    calls,
    missing_forms,
):
    blueprint.register_blueprint(room.blueprint)
blueprint.app_context_processor(clinic_page.context)
blueprint.app_context_processor(to_do.context)


@blueprint.app_template_filter("day")
def tiny_date(day: date) -> str:
    """12月4日 · 4 Dec: for the cells of a table."""
    return _tiny(day, locale.language().replace("-", "_"))


@lru_cache(maxsize=4096)
def _tiny(day: date, tag: str) -> str:
    """A page has hundreds of them, on few days."""
    return format_date(day, "M月d日" if tag.startswith("zh") else "d MMM", locale=tag)


@blueprint.app_template_filter("site_day")
def site_day(moment: datetime, site: str) -> date:
    """The calendar day of an instant at a site."""
    return local_day(moment, service().study.site(site).tz)


blueprint.add_app_template_filter(clinic_words.mark_of, "mark")
blueprint.add_app_template_filter(spoken_phone, "spoken_phone")
blueprint.add_app_template_filter(history_words.told, "told")
blueprint.add_app_template_filter(history_words.reason_words, "why_not")
blueprint.add_app_template_filter(follow_up_words.why_missing, "why_missing")
blueprint.add_app_template_filter(clinic_page.in_words, "in_words")


# How many rows of each part stand on the page before one asks for that part alone, and then.
FIRST_FEW = {"alarming": 4, "call": 10, "closing": 20, "open": 20, "opening": 8, "missed": 8}
ROWS = 50


@blueprint.get("")
@staff(*READERS)
def today() -> str:
    """What needs doing, part by part; `show` one part alone, `search` by study number, `site` one site."""
    mine, site = sites(), request.args.get("site", "")
    shown = (site,) if site in mine else mine
    with service().store.reading() as tx:
        found = today_at(tx, service().study, shown, now())
    search = read_list.text_of("search")
    show = read_list.one_of("show", tuple(follow_up_words.PARTS))
    start = request.args.get("start", "")
    zone = (clinic_page.own_site() or service().study.sites[0]).tz
    return render_template(
        "clinic/today.html",
        today=found,
        parts=_parts(found, search),
        few=FIRST_FEW,
        rows=ROWS,
        show=show,
        start=int(start) if start.isascii() and start.isdigit() and len(start) < 6 else 0,
        search=search,
        site=found.narrowed_to or (site if site in mine else ""),
        sites=[service().study.site(code) for code in mine],
        day=local_day(now(), zone),
    )


def _parts(found: Today, search: str) -> dict[str, list[Line] | list[Group]]:
    """Each thing to do stands in one part: the most urgent that it belongs to."""
    wish = search.upper()

    def matching(lines: Iterable[Line]) -> list[Line]:
        return [line for line in lines if wish in line.person.study_number.upper()]

    return {
        "alarming": [one for one in found.alarming if wish in one.first.study_number.upper()],
        "call": matching(found.calls),
        "closing": matching(line for line in found.closing if not line.needs_call),
        "open": matching(
            line for line in found.open_now if not line.needs_call and line.days > CLOSING_SOON.days
        ),
        "opening": matching(found.opening),
        "missed": matching(found.missed),
    }


@blueprint.get("/participants")
@staff(*READERS)
def people() -> str:
    search = read_list.text_of("search")
    phone = tidy_phone(search) if sum(letter.isdigit() for letter in search) >= 8 else None
    mine = sites()
    wish = {
        "search": search,
        "site": read_list.one_of("site", mine) if len(mine) > 1 else "",
        "status": read_list.one_of("status", tuple(REASONS)),
        "surgery": read_list.one_of("surgery", tuple(clinic_words.SURGERY_STATES)),
        "arm": read_list.arm() if may_see_arm(clinic_page.account()) else "",
    }
    how = read_list.order()
    with service().store.reading() as tx:
        page = lists.people(
            tx,
            service().study,
            (wish["site"],) if wish["site"] else mine,
            now(),
            Filter(wish["search"], wish["status"], wish["surgery"], wish["arm"]),
            how,
            phone=phone if clinic_page.account().role in IDENTITY else None,
        )
    return render_template(
        "clinic/people.html",
        page=page,
        wish=wish,
        how=how,
        sites=[service().study.site(code) for code in mine],
        words=clinic_words,
        today=now().date(),
    )

"""Completion: participants by visits as a matrix, one site at a time, with what is missing and why."""

from collections.abc import Callable
from datetime import date

from flask import Blueprint, render_template

from pro_app.actions import lists
from pro_app.actions.lists import SHOWS
from pro_app.journey import Stop
from pro_app.web import clinic_words, follow_up_words
from pro_app.web import lists as read_list
from pro_app.web.clinic_page import account, in_words, sites
from pro_app.web.current import now, service
from pro_app.web.guard import staff
from pro_app.web.staff_roles import READERS, may_see_arm

blueprint = Blueprint("completion", __name__)


@blueprint.get("/completion")
@staff(*READERS)
def matrix() -> str:
    study, mine = service().study, sites()
    show = read_list.one_of("show", SHOWS, "all")
    wish = {
        "site": read_list.one_of("site", mine, mine[0] if mine else ""),
        "show": "" if show == "all" else show,
        "visit": read_list.one_of("visit", tuple(one.id for one in study.timepoints)),
        "arm": read_list.arm() if may_see_arm(account()) else "",
    }
    how = read_list.order()
    with service().store.reading() as tx:
        found = (
            lists.matrix(
                tx,
                study,
                study.site(wish["site"]),
                now(),
                show=show,
                visit=wish["visit"],
                arm=wish["arm"],
                order=how,
            )
            if mine
            else None
        )
    return render_template(
        "clinic/completion.html",
        found=found,
        wish=wish,
        show=show,
        how=how,
        sites=[study.site(code) for code in mine],
        words=clinic_words,
        shows=follow_up_words.SHOWS,
        sorts=follow_up_words.SORTS,
        heads=[(one.id, in_words(one.short_label)) for one in study.timepoints],
        once=_once(),
    )


def _once() -> Callable[[Callable[[Stop], str], Stop], str]:
    """What says a cell: of a page's hundreds most are alike, and those are put into words once."""
    said: dict[object, str] = {}

    def say(macro: Callable[[Stop], str], stop: Stop) -> str:
        alike = _shown(stop)
        if alike not in said:
            said[alike] = macro(stop)
        return said[alike]

    return say


def _shown(stop: Stop) -> tuple[object, ...]:
    """Everything that a cell shows; two visits with the same are the same cell."""
    now_at = stop.assessment
    day: date | None = stop.visit.closes if now_at.state.answerable else stop.visit.due
    if now_at.state.finished or now_at.state.missing:
        day = None  # a cell that is over shows none
    return now_at.state, now_at.done, now_at.reason, tuple(map(stop.reason_of, now_at.missing)), day

"""Completion: participants by visits as a matrix, one site at a time, with what is missing and why."""

from flask import Blueprint, render_template

from pro_app.actions import lists
from pro_app.actions.lists import SHOWS
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
    )

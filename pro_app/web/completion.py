"""Completion: participants by visits as a matrix, site by site, with what is missing."""

from flask import Blueprint, render_template, request

from pro_app.actions import overview
from pro_app.web import clinic_words
from pro_app.web.clinic_page import sites
from pro_app.web.current import now, service
from pro_app.web.guard import staff
from pro_app.web.staff_roles import READERS

blueprint = Blueprint("completion", __name__)
SHOWS = ("all", "missing", "open")


@blueprint.get("/completion")
@staff(*READERS)
def matrix() -> str:
    mine = sites()
    chosen = request.args.get("site", "")
    site = chosen if chosen in mine else mine[0] if mine else ""
    show = request.args.get("show", "all")
    with service().store.reading() as tx:
        found = overview.completion(
            tx, service().study, (site,), now(), after=request.args.get("after", "")[:40]
        )
    return render_template(
        "clinic/completion.html",
        found=found,
        site=site,
        sites=[service().study.site(code) for code in mine],
        show=show if show in SHOWS else "all",
        words=clinic_words,
    )

"""What every staff page knows of what is to be done: the numbers in the menu, and which pages there are."""

from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import quote

from flask import current_app, g, request, url_for
from flask_login import current_user

from pro_app.journey import Stop
from pro_app.records import clinic_lists
from pro_app.web import follow_up_words, lists, scale_words
from pro_app.web.charts import number
from pro_app.web.clinic_page import account, sites
from pro_app.web.current import service
from pro_app.web.guard import guard_of


def can(endpoint: str) -> bool:
    """Whether there is such a page and the reader may open it; its guard asks again."""
    known: dict[str, bool] = g.setdefault("pages_of_reader", {})
    if endpoint not in known:
        view = current_app.view_functions.get(endpoint)
        guard = guard_of(view) if view else None
        known[endpoint] = bool(guard and account().role in guard.roles)
    return known[endpoint]


def way_to(endpoint: str) -> Callable[..., str]:
    """What gives the page's address for a participant (and a visit): a list asks for hundreds of them."""
    known: dict[str, str] = g.setdefault("ways_to", {})
    if endpoint not in known:
        names = next(current_app.url_map.iter_rules(endpoint)).arguments
        blanks: dict[str, Any] = {name: f"-{name}-" for name in names}
        known[endpoint] = url_for(endpoint, **blanks)
    pattern = known[endpoint]

    def address(study_number: str, timepoint: str = "") -> str:
        with_number = pattern.replace("-study_number-", quote(study_number, safe=""))
        return with_number.replace("-timepoint-", quote(timepoint, safe=""))

    return address


def once(macro: Callable[[Stop], str], stop: Stop) -> str:
    """A visit's cell: of a page's hundreds most are alike, and those are put into words once."""
    said: dict[object, str] = g.setdefault("cells_said", {})
    alike = _shown(stop)
    if alike not in said:
        said[alike] = macro(stop)
    return said[alike]


def _shown(stop: Stop) -> tuple[object, ...]:
    """Everything that a cell may show; two visits with the same are the same cell."""
    here = stop.assessment
    day: date | None = stop.visit.closes if here.state.answerable else stop.visit.due
    if here.state.finished or here.state.missing:
        day = None  # a cell that is over shows none
    return here.state, here.done, here.reason, tuple(map(stop.reason_of, here.missing)), day


def badges() -> dict[str, int]:
    """How much waits behind a line of the menu, by endpoint; nothing for who sees no participant."""
    mine = sites()
    if not mine:
        return {}
    with service().store.reading() as tx:
        found = clinic_lists.to_do(tx, None if len(mine) == len(service().study.sites) else mine)
    return {"clinic.alerts.listing": found.alerts, "clinic.calls.listing": found.calls}


def context() -> dict[str, object]:
    """For every template under /staff."""
    if not request.path.startswith("/staff") or not current_user.is_authenticated:
        return {}
    return {
        "can": can,
        "way_to": way_to,
        "once": once,
        "badges": badges,
        "follow_up": follow_up_words,
        "address_of": lists.address_of,
        "sorted_by": lists.sorted_by,
        # What `clinic/alert_list.html` says things with, wherever it is put in.
        "alert_done": follow_up_words.DONE,
        "scale_name": scale_words.scale_name,
        "score_number": number,
    }

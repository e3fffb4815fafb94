"""The lists of participants: by filter and order, and the matrix of participants by visits.

Filters and order are the database's, a page begins where the last one ended, and no page looks at more than
a fixed number of participants: its cost follows neither the size of the study nor the page's number. What
the database narrows down is judged by `journey`, so a list can't disagree with a participant's page.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime

from pro_app import journey
from pro_app.journey import Journey, Stop
from pro_app.records import clinic_lists, site_counts
from pro_app.records.clinic_lists import AnchorRange, Filter, Place, Sort
from pro_app.records.site_counts import ColumnCount
from pro_app.records.store import Transaction
from pro_app.schedule.due import due_ranges, last_over
from pro_app.schedule.elements import Site, Study, Timepoint
from pro_app.schedule.window import VisitState
from pro_app.schedule.window import today as local_day

PAGE_SIZE = 50
MATRIX_SIZE = 50
# How many participants one page of a filtered matrix may look at to find those it shows.
LOOKED_AT = 100
SHOWS = ("all", "unexplained", "missing", "open", "done", "coming")
SORTS: tuple[Sort, ...] = ("number", "surgery", "enrolled")


@dataclass(frozen=True, slots=True)
class Order:
    """How a list is sorted, and where its page begins."""

    sort: Sort = "number"
    descending: bool = False
    after: Place | None = None


FIRST = Order()


@dataclass(frozen=True, slots=True)
class Page:
    """Some participants with their visits. `after`: where the next page begins, None on the last one."""

    journeys: tuple[Journey, ...]
    after: Place | None


def people(
    tx: Transaction,
    study: Study,
    sites: tuple[str, ...],
    now: datetime,
    wish: Filter,
    order: Order = FIRST,
    phone: str | None = None,
) -> Page:
    """One page of participants; `phone` (E.164) finds by telephone instead. Three queries."""
    if phone:
        return Page(journey.of_many(tx, study, clinic_lists.by_phone(tx, sites, phone), now), None)
    everywhere = len(sites) == len(study.sites)
    found, places = clinic_lists.page(
        tx,
        None if everywhere else sites,
        wish,
        order.sort,
        order.descending,
        order.after,
        PAGE_SIZE + 1,
    )
    shown = found[:PAGE_SIZE]
    more = places[PAGE_SIZE - 1] if len(found) > PAGE_SIZE else None
    return Page(journey.of_many(tx, study, shown, now), more)


@dataclass(frozen=True, slots=True)
class Matrix:
    """A page of participants by visits at one site. `counts`: timepoint -> what holds for the whole site."""

    journeys: tuple[Journey, ...]
    after: Place | None
    counts: dict[str, ColumnCount]


def matrix(
    tx: Transaction,
    study: Study,
    site: Site,
    now: datetime,
    *,
    show: str = "all",
    visit: str = "",
    arm: str = "",
    order: Order = FIRST,
) -> Matrix:
    """Participants of `site` of whom at least one visit (or `visit`) is as `show` says; seven queries,
    four where the site is as it was when somebody last looked.

    show: all; unexplained, over without a form and without a reason; missing, over without a form; open;
    done; coming. The counts are of the site and arm, whatever is shown.
    """
    day = local_day(now, site.tz)
    asked = tuple(one for one in site.timepoints if not visit or one.id == visit)
    wish = _narrowed(study, site, asked, show, arm, now)
    limit = MATRIX_SIZE if show == "all" else LOOKED_AT
    found, places = clinic_lists.page(
        tx, (site.code,), wish, order.sort, order.descending, order.after, limit + 1
    )
    ways = journey.of_many(tx, study, found[:limit], now)
    names = {one.id for one in asked}
    shown = [
        (way, place)
        for way, place in zip(ways, places, strict=False)
        if show == "all" or any(_fits(stop, show, day) for stop in way.stops if stop.timepoint.id in names)
    ]
    after = None
    if len(shown) > MATRIX_SIZE:
        shown = shown[:MATRIX_SIZE]
        after = shown[-1][1]
    elif len(found) > limit:
        after = places[limit - 1]
    over = tuple(
        (one.id, one.anchor.value, last_over(one, day), len(one.instruments)) for one in site.timepoints
    )
    return Matrix(tuple(way for way, _ in shown), after, site_counts.counts(tx, site.code, arm, over))


def _narrowed(
    study: Study, site: Site, asked: tuple[Timepoint, ...], show: str, arm: str, now: datetime
) -> Filter:
    """What the database may leave out beforehand."""
    wish = Filter(arm=arm)
    day = local_day(now, site.tz)
    names = {one.id for one in asked}
    forms = tuple((one.id, len(one.instruments)) for one in asked)
    if show == "open":
        ranges = due_ranges(replace(study, sites=(site,)), now)
        near = [
            AnchorRange(one.anchor.value, one.first, one.last) for one in ranges if one.timepoint in names
        ]
        return replace(wish, near=tuple(near))
    if show == "done":
        return replace(wish, complete=forms)
    if show in ("missing", "unexplained"):
        past = [AnchorRange(one.anchor.value, day.min, last_over(one, day)) for one in asked]
        return replace(wish, near=tuple(past), lacking=forms)
    return wish


def _fits(stop: Stop, show: str, day: date) -> bool:
    state = stop.assessment.state
    if show == "open":
        return state.answerable
    if show == "done":
        return state.finished
    if show == "coming":
        return state is VisitState.UPCOMING
    over = stop.visit.closes is not None and stop.visit.closes < day
    if show == "unexplained":
        return over and bool(stop.unexplained)
    return over and state.missing

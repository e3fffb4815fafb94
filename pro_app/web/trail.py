"""The audit trail as a page: search, what was and what is, and the rows found as a CSV file."""

import csv
import io
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _

from pro_app.actions import look_at_trail
from pro_app.exports.cells import moment, safe
from pro_app.records import audit_digests
from pro_app.records.audit import STUDY_CHAIN
from pro_app.records.audit_search import Found, Search
from pro_app.records.staff_rules import chain_of, sees_every_site
from pro_app.web import clinic_words, trail_lines
from pro_app.web.action_words import ACCOUNT_ACTIONS, ACTIONS, deed
from pro_app.web.clinic_page import account, actor, in_words, own_site
from pro_app.web.current import now, service
from pro_app.web.guard import staff
from pro_app.web.staff_roles import EVERYBODY

blueprint = Blueprint("trail", __name__, url_prefix="/staff/trail")
blueprint.add_app_template_filter(deed, "deed")
# Columns of the CSV: codes as they are stored, since a table is read by programs.
COLUMNS = (
    "chain",
    "number",
    "at",
    "actor_kind",
    "actor",
    "action",
    "subject",
    "reason",
    "detail",
    "address",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed, as it is shown again and travels to the next page."""

    who: str
    what: str
    subject: str
    since: str
    until: str
    chain: str

    def filled(self) -> dict[str, str]:
        return {name: value for name in self.__dataclass_fields__ if (value := getattr(self, name))}


@blueprint.get("")
@staff(*EVERYBODY)
def listing() -> str | tuple[str, int]:
    asked, search, fault = _search()
    return (_page(asked, search, fault), 422) if fault else _page(asked, search, None)


def _page(asked: Asked, search: Search, fault: str | None) -> str:
    before = request.args.get("before", "")
    with service().store.reading() as tx:
        page = look_at_trail.page(
            tx, search, int(before) if before.isdecimal() and len(before) < 18 else None
        )
        digests = () if own_site() else audit_digests.newest(tx, 3)
    return render_template(
        "accounts/trail.html",
        asked=asked,
        fault=fault,
        page=page,
        before=before,
        digests=digests,
        actions=sorted(_actions().items(), key=lambda item: str(item[1])),
        chains=_chains(),
        zone=_zone(),
        words=clinic_words,
        lines=trail_lines.of,
    )


@blueprint.post("/table")
@staff(*EVERYBODY)
def table() -> Response | tuple[str, int]:
    """What is found, as CSV; that it was taken out is on the trail itself."""
    asked, search, fault = _search()
    if fault:
        return _page(asked, search, fault), 422
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    with service().store.writing() as tx:
        found = look_at_trail.export(tx, search, actor(), chain_of(account()), service().study.id, now())
        writer.writerows(_cells(row) for row in found)
    answer = Response("\ufeff" + out.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f"attachment; filename=audit-trail-{now():%Y-%m-%d}.csv"
    return answer


def _cells(row: Found) -> tuple[object, ...]:
    event, detail = row.event, trail_lines.shown(row.event.detail)
    return (
        row.chain,
        event.number,
        moment(event.at),
        event.actor.kind,
        safe(event.actor.name),
        event.action,
        safe(event.subject),
        safe(str(detail.get("reason") or "")),
        json.dumps(detail, ensure_ascii=False, sort_keys=True),
        event.actor.address or "",
    )


def _actions() -> dict[str, object]:
    """What may be looked for, with its words."""
    return dict(ACCOUNT_ACTIONS if account().role == "administrator" else ACTIONS)


def _zone() -> str:
    return (own_site() or service().study.sites[0]).time_zone


def _chains() -> list[tuple[str, str]]:
    """The chains to choose from; empty for who sees only one."""
    if not (sees_every_site(account()) or account().role == "administrator"):
        return []
    named = [(site.code, f"{site.code} · {in_words(site.name)}") for site in service().study.sites]
    return [(STUDY_CHAIN, _("whole study")), *named]


def _search() -> tuple[Asked, Search, str | None]:
    """What was asked for, within what this reader may see; and what was wrong with it."""
    typed = {name: " ".join(request.values.get(name, "").split())[:80] for name in Asked.__dataclass_fields__}
    asked, zone = Asked(**typed), ZoneInfo(_zone())
    fault, since, until = None, None, None
    try:
        since = _day(asked.since, zone)
        until = _day(asked.until, zone, timedelta(days=1))
    except (ValueError, OverflowError):
        fault = _("A day is written like 2026-12-01.")
    wish = Search(
        chains=(asked.chain,) if asked.chain else None,
        who=asked.who,
        what=asked.what,
        subject=asked.subject,
        since=since,
        until=until,
    )
    return asked, look_at_trail.visible(account(), tuple(ACCOUNT_ACTIONS), wish), fault


def _day(text: str, zone: ZoneInfo, later: timedelta = timedelta(0)) -> datetime | None:
    """The instant at which a typed day begins there, `later` days on."""
    if not text:
        return None
    return datetime.combine(date.fromisoformat(text) + later, time(), tzinfo=zone).astimezone(UTC)

"""What every page of the clinic needs: whose page it is, which sites it may show, who is acting."""

from dataclasses import dataclass
from typing import cast

from flask import current_app, g, request, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _
from flask_login import current_user

from pro_app.records import participants
from pro_app.records.audit import Actor
from pro_app.records.participants import Participant
from pro_app.records.staff import ALL_SITES, Staff
from pro_app.records.staff_rules import sites_of
from pro_app.records.store import Transaction
from pro_app.schedule.elements import Site
from pro_app.web.current import address, service
from pro_app.web.guard import guard_of
from pro_app.web.locale import language
from pro_app.web.staff_roles import ARM, CORRECTORS, DELETERS, IDENTITY, WRITERS


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu; it is shown when its page exists and its guard admits the reader."""

    endpoint: str
    label: LazyString


MENU = (
    Entry("clinic.today", _("Today")),
    Entry("clinic.people", _("Participants")),
    Entry("tablet.next_one", _("Tablet")),
    Entry("clinic.completion.matrix", _("Completion")),
    Entry("clinic.enrolment.form", _("Enrol a participant")),
    Entry("clinic.alerts.listing", _("Alerts")),
    Entry("clinic.calls.listing", _("Call list")),
    Entry("clinic.messages.listing", _("Messages")),
    Entry("registry.listing", _("Registry")),
    Entry("signing.listing", _("Sign-off")),
    Entry("locking.listing", _("Data lock")),
    Entry("exporting.report_page_view", _("Report")),
    Entry("exporting.listing", _("Exports")),
    Entry("trail.listing", _("Audit trail")),
    Entry("clinic.accounts.everybody", _("Accounts")),
)


def account() -> Staff:
    return cast(Staff, current_user.account)


def actor() -> Actor:
    """Who changes something in this request."""
    return Actor("staff", account().login, address())


def sites() -> tuple[str, ...]:
    """Codes of the sites whose participants this request may show."""
    return sites_of(account(), service().study)


def person_of(tx: Transaction, study_number: str) -> Participant:
    """The participant, if the reader may know that there is one; raises `NotFound` otherwise."""
    everywhere = account().role == "study_coordinator" or account().site == ALL_SITES
    return participants.by_study_number(tx, study_number, None if everywhere else account().site or "")


def own_site() -> Site | None:
    """The one site of this reader, or None for who sees several or none."""
    mine = sites()
    return service().study.site(mine[0]) if len(mine) == 1 else None


def in_words(texts: object) -> str:
    """A text of the study file in the language of this page."""
    words = cast(dict[str, str], texts)
    if "words_in" not in g:
        g.words_in = language()  # once for a page: a table asks hundreds of times
    return words.get(g.words_in) or next(iter(words.values()))


def menu() -> list[tuple[str, LazyString, str]]:
    """The lines this reader has: address, words, endpoint."""
    lines = []
    for entry in MENU:
        view = current_app.view_functions.get(entry.endpoint)
        guard = guard_of(view) if view else None
        if guard and account().role in guard.roles:
            lines.append((url_for(entry.endpoint), entry.label, entry.endpoint))
    return lines


def rights(who: Staff) -> dict[str, bool]:
    """What the templates ask before they show a thing; the guards ask again."""
    return {
        "change": who.role in WRITERS,
        "correct": who.role in CORRECTORS,
        "identity": who.role in IDENTITY,
        "arm": who.role in ARM,
        "delete_contact": who.role in DELETERS,
    }


def context() -> dict[str, object]:
    """For every template under /staff, whichever room it belongs to."""
    if not request.path.startswith("/staff") or not current_user.is_authenticated:
        return {}
    return {
        "account": account(),
        "menu": menu(),
        "study": service().study,
        "own_site": own_site(),
        "in_words": in_words,
        "may": rights(account()),
    }

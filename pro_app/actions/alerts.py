"""The site's list of alerts, and saying what was done about one."""

from dataclasses import dataclass
from datetime import datetime

from pro_app.errors import NotFound, ProAppError
from pro_app.records import alerts, audit
from pro_app.records.alerts import Group, State, grouped
from pro_app.records.audit import Actor
from pro_app.records.store import Transaction

# What staff did, as a code: the words are the page's.
DONE = ("called", "seen", "physician", "treatment", "known", "nothing")
PAGE_SIZE = 50
LONGEST_NOTE = 500


class AlertRefused(ProAppError):
    """What was sent makes no sense; `fault` is the code of what is wrong."""

    code = "malformed"

    def __init__(self, fault: str) -> None:
        self.fault = fault
        super().__init__(field="alert")


class AlertClosed(ProAppError):
    """Somebody else has acknowledged it meanwhile."""

    code = "alert_closed"


@dataclass(frozen=True, slots=True)
class Page:
    """Some groups, and where the next page begins (None on the last one)."""

    groups: tuple[Group, ...]
    after: int | None


def page(tx: Transaction, sites: tuple[str, ...], state: State, after: int) -> Page:
    """One page of the list; open ones with the longest waiting first. Two queries."""
    found, following = alerts.page(tx, sites, state, after, PAGE_SIZE)
    return Page(grouped(found), following)


def group_of(tx: Transaction, sites: tuple[str, ...], response_id: int) -> Group:
    """Raises `NotFound` for a response without alerts, or another site's."""
    found = alerts.of_response(tx, sites, response_id)
    if not found:
        raise NotFound()
    return Group(found)


def acknowledge(
    tx: Transaction,
    sites: tuple[str, ...],
    response_id: int,
    done: str,
    note: str,
    actor: Actor,
    now: datetime,
) -> Group:
    """Say what was done about everything that one response has set off; returns it as it was.

    Raises `NotFound`, `AlertRefused`, or `AlertClosed` when there is nothing open any more.
    """
    group = group_of(tx, sites, response_id)
    if done not in DONE:
        raise AlertRefused("done_unknown")
    note = note.strip()
    if len(note) > LONGEST_NOTE:
        raise AlertRefused("note_long")
    if not alerts.acknowledge(tx, response_id, done, note, actor.name, now):
        raise AlertClosed()
    first = group.first
    detail = {
        "timepoint": first.timepoint,
        "instrument": first.instrument,
        "rules": list(group.rules),
        "done": done,
        "note": bool(note),
    }
    audit.append(tx, first.site, actor, "alert_acknowledged", first.study_number, detail, now)
    return group


def read_note(tx: Transaction, sites: tuple[str, ...], response_id: int, actor: Actor, now: datetime) -> str:
    """The words that were left; that somebody read them is on record. Raises `NotFound`."""
    first = group_of(tx, sites, response_id).first
    audit.append(tx, first.site, actor, "note_read", first.study_number, {"of": "alert"}, now)
    return alerts.note_of(tx, response_id)

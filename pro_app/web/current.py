"""What a view needs of the request it is in: the service, the time, the visitor's ticket."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast

from flask import Request, current_app, g, request

from pro_app.actions import admit
from pro_app.links import Ticket
from pro_app.records.audit import Actor
from pro_app.records.participants import Participant
from pro_app.records.store import Transaction
from pro_app.wiring import Service

EXTENSION = "pro_app"


def service() -> Service:
    """The service this application was built with."""
    # Asked a dozen times in a request: the way through the proxy costs ten times as much.
    return cast(Service, cast(Any, current_app)._get_current_object().extensions[EXTENSION])


def asked() -> Request:
    """This request itself, for what looks at it more than once: each look through Flask's proxy costs a
    microsecond, ten times as much as the look."""
    return cast(Request, cast(Any, request)._get_current_object())


def here_and_now() -> Any:
    """What Flask keeps as `g` for this request, itself; see `asked`."""
    return cast(Any, g)._get_current_object()


def now() -> datetime:
    """The instant this request is about, in UTC: one per request, so that a page agrees with itself."""
    here = here_and_now()
    if "now" not in here:
        here.now = datetime.now(UTC)
    return cast(datetime, here.now)


def address() -> str:
    """Where the request came from, as far as trusted proxies tell."""
    return request.remote_addr or "unknown"


@contextmanager
def visiting(*, write: bool = False) -> Iterator[tuple[Transaction, Participant, str]]:
    """A transaction with the participant and timepoint of the visitor's ticket.

    The only way for a view to turn a ticket into a person. Raises the faults of `actions.admit`.
    """
    here, house = here_and_now(), service()
    ticket, store = cast(Ticket, here.ticket), house.store
    with store.writing(short=True) if write else store.reading(short=True) as tx:
        person = admit.by_ticket(tx, house.links, ticket, lock=write)
        here.language = person.language
        yield tx, person, ticket.timepoint


def patient(person: Participant) -> Actor:
    """The actor of a change that the patient made."""
    return Actor("patient", person.study_number, address())

"""What a view needs of the request it is in: the service, the time, the visitor's ticket."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from flask import Request, current_app, g, request

from pro_app.actions import admit
from pro_app.links import Ticket
from pro_app.records import participants
from pro_app.records.audit import Actor
from pro_app.records.participants import Participant
from pro_app.records.store import Transaction
from pro_app.wiring import Service

EXTENSION = "pro_app"
Answer = TypeVar("Answer")


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

    With `visiting_with` the only way for a view to turn a ticket into a person. Raises the faults of
    `actions.admit`.
    """
    with visiting_with(_nothing, write=write) as (tx, person, timepoint, _):
        yield tx, person, timepoint


def _nothing(_tx: Transaction, _ticket: Ticket) -> None:
    return None


@contextmanager
def visiting_with(
    ask: Callable[[Transaction, Ticket], Answer], *, write: bool = False
) -> Iterator[tuple[Transaction, Participant, str, Answer]]:
    """As `visiting`, and what `ask` gives, which is called before it is known whether the ticket is genuine:
    on PostgreSQL what it asks for goes over together with the question who this is."""
    here, house = here_and_now(), service()
    ticket, store = cast(Ticket, here.ticket), house.store
    with store.writing(short=True) if write else store.reading(short=True) as tx:
        who = participants.ask_by_handle(tx, ticket.handle, lock=write)
        answer = ask(tx, ticket)
        person = admit.admitted(house.links, ticket, who.found())
        here.language = person.language
        yield tx, person, ticket.timepoint, answer


def patient(person: Participant) -> Actor:
    """The actor of a change that the patient made."""
    return Actor("patient", person.study_number, address())

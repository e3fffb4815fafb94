"""Letting a patient in: a link or a code becomes a participant and a visit, or a clear refusal.

A ticket is the right to write one visit's answers. It is no sign-in: nothing that was sent before and
nothing that names the person can be reached with it.
"""

from pro_app.errors import ProAppError
from pro_app.links import Links, Ticket, read_token, tidy_code
from pro_app.records import participants
from pro_app.records.participants import Participant
from pro_app.records.store import Transaction


class LinkUnknown(ProAppError):
    """No such link: mistyped, cut off in a message, or replaced by a newer one."""

    code = "link_unknown"


class CodeUnknown(ProAppError):
    """No such code, or it can't be one. The two look alike to whoever guesses."""

    code = "code_unknown"


def ticket_of(token: str) -> Ticket:
    """The ticket in a link; raises `LinkUnknown` when its shape is wrong."""
    ticket = read_token(token)
    if ticket is None:
        raise LinkUnknown()
    return ticket


def by_ticket(tx: Transaction, links: Links, ticket: Ticket) -> Participant:
    """The participant a ticket belongs to; raises `LinkUnknown` when it is not genuine or was replaced."""
    person = participants.by_handle(tx, ticket.handle)
    if person is None or not links.genuine(ticket, person.link_epoch):
        raise LinkUnknown()
    return person


def by_code(tx: Transaction, links: Links, typed: str) -> Participant:
    """The participant whose code was typed (spaces, dashes and case don't matter); raises `CodeUnknown`."""
    code = tidy_code(typed)
    person = participants.by_code_hash(tx, links.code_hash(code)) if code else None
    if person is None:
        raise CodeUnknown()
    return person

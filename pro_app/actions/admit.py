"""Letting a patient in: a link or a code becomes a participant and a visit, or a clear refusal.

A ticket is the right to write one visit's answers. It is no sign-in: nothing that names the person can be
reached with it, and what was sent only together with something that the person alone knows (`try_proof`).

Codes and the wrong-person question can be guessed, so failures are counted. Only failures are: a hospital
whose patients all come from one address is held up by nobody's correct code.
"""

import re
import unicodedata
from datetime import datetime
from ipaddress import ip_address, ip_network
from math import ceil
from typing import Literal

from pro_app.errors import ProAppError
from pro_app.links import Links, Ticket, read_token, tidy_code
from pro_app.records import participants, throttle
from pro_app.records.participants import Identity, Participant
from pro_app.records.store import Transaction
from pro_app.records.throttle import Limit
from pro_app.schedule.elements import Study

GuardQuestion = Literal["birth_year", "phone_last4"]

# One address tries 20 wrong codes at once, then 2,880 a day of 148 million; all addresses together 17,280.
CODES_HERE = Limit(20, 30)
CODES_ANYWHERE = Limit(300, 5)
_ANYWHERE = "code/anywhere"
# The wrong person in a family tries 5 years at once, then one in ten minutes.
GUARD = Limit(5, 600)


class LinkUnknown(ProAppError):
    """No such link: mistyped, cut off in a message, or replaced by a newer one."""

    code = "link_unknown"


class CodeUnknown(ProAppError):
    """No such code, or it can't be one. The two look alike to whoever guesses."""

    code = "code_unknown"


class TooManyTries(ProAppError):
    """So many wrong tries that the next has to wait; `minutes` says how long."""

    code = "too_many_tries"


class WrongPerson(ProAppError):
    """The answer to the wrong-person question is not the one on record."""

    code = "wrong_person"


def ticket_of(token: str) -> Ticket:
    """The ticket in a link; raises `LinkUnknown` when its shape is wrong."""
    ticket = read_token(token)
    if ticket is None:
        raise LinkUnknown()
    return ticket


def by_ticket(tx: Transaction, links: Links, ticket: Ticket, *, lock: bool = False) -> Participant:
    """The participant a ticket belongs to; raises `LinkUnknown` when it is not genuine or was replaced."""
    return admitted(links, ticket, participants.by_handle(tx, ticket.handle, lock=lock))


def admitted(links: Links, ticket: Ticket, person: Participant | None) -> Participant:
    """`person`, whom the ticket's handle names, if the ticket is theirs; raises as `by_ticket`."""
    if person is None or not links.genuine(ticket, person.link_epoch):
        raise LinkUnknown()
    return person


def by_code(tx: Transaction, links: Links, typed: str) -> Participant:
    """The participant whose code was typed (spaces, dashes and case don't matter); raises `CodeUnknown`."""
    code = tidy_code(_plain(typed))
    person = participants.by_code_hash(tx, links.code_hash(code)) if code else None
    if person is None:
        raise CodeUnknown()
    return person


def try_code(tx: Transaction, links: Links, typed: str, address: str, now: datetime) -> Participant | None:
    """The participant whose code was typed, or None when it is wrong: commit, for the failure is counted.

    What can't be a code is wrong as well but counts nothing: it told the guesser nothing.
    Raises `TooManyTries` before looking at the code.
    """
    here = f"code/{neighbourhood(address)}"
    _wait(tx, ((here, CODES_HERE), (_ANYWHERE, CODES_ANYWHERE)), now)
    code = tidy_code(_plain(typed))
    if code is None:
        return None
    person = participants.by_code_hash(tx, links.code_hash(code))
    if person is None:
        throttle.failed(tx, here, CODES_HERE, now)
        throttle.failed(tx, _ANYWHERE, CODES_ANYWHERE, now)
    return person


def guard_question(tx: Transaction, study: Study, person: Participant) -> GuardQuestion | None:
    """What the study asks before the visit opens; None when it asks nothing or nothing is on record."""
    if study.guard == "none":
        return None
    wanted = _guard_answer(study, participants.identity_of(tx, person))
    return None if wanted is None else "birth_year" if study.guard == "birth_year" else "phone_last4"


def try_guard(tx: Transaction, study: Study, person: Participant, typed: str, now: datetime) -> bool:
    """Whether the answer is the one on record; when not, commit, for the failure is counted.

    Raises `TooManyTries` before looking at the answer.
    """
    wanted = None if study.guard == "none" else _guard_answer(study, participants.identity_of(tx, person))
    return wanted is None or _is_right(tx, person, typed, wanted, now)


def _is_right(tx: Transaction, person: Participant, typed: str, wanted: str, now: datetime) -> bool:
    bucket = f"guard/{person.id}"
    _wait(tx, ((bucket, GUARD),), now)
    if re.sub(r"\D", "", _plain(typed)) == wanted:
        return True
    throttle.failed(tx, bucket, GUARD, now)
    return False


def proof_question(tx: Transaction, study: Study, person: Participant) -> GuardQuestion | None:
    """What is asked before somebody may read: always something, whatever the study asks before writing.

    What the study itself would ask comes first. None when nothing of it is on record: then nobody reads here.
    """
    identity = participants.identity_of(tx, person)
    kinds: tuple[GuardQuestion, ...] = ("birth_year", "phone_last4")
    if study.guard == "phone_last4":
        kinds = ("phone_last4", "birth_year")
    return next((kind for kind in kinds if _on_record(kind, identity)), None)


def try_proof(tx: Transaction, study: Study, person: Participant, typed: str, now: datetime) -> bool:
    """As `try_guard`, for `proof_question`: failures of both fill one bucket."""
    kind = proof_question(tx, study, person)
    wanted = _on_record(kind, participants.identity_of(tx, person)) if kind else None
    return wanted is not None and _is_right(tx, person, typed, wanted, now)


def neighbourhood(address: str) -> str:
    """The address, or of a version 6 one its /64: one telephone has billions of those."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:60]
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ip_network(f"{parsed}/64", strict=False).network_address)


def _wait(tx: Transaction, buckets: tuple[tuple[str, Limit], ...], now: datetime) -> None:
    seconds = max(throttle.wait_seconds(tx, bucket, limit, now) for bucket, limit in buckets)
    if seconds:
        raise TooManyTries(minutes=ceil(seconds / 60))


def _guard_answer(study: Study, identity: Identity) -> str | None:
    return _on_record("birth_year" if study.guard == "birth_year" else "phone_last4", identity)


def _on_record(kind: GuardQuestion, identity: Identity) -> str | None:
    if kind == "birth_year":
        return str(identity.birth_year) if identity.birth_year else None
    digits = re.sub(r"\D", "", identity.phone)
    return digits[-4:] if len(digits) >= 4 else None


def _plain(typed: str) -> str:
    """Letters and digits as a Latin keyboard types them: Chinese input methods have wide ones."""
    return unicodedata.normalize("NFKC", typed[:100])

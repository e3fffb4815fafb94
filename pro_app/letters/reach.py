"""Which ways lead to a participant: the only place where rules and addresses meet.

The rules see channels, never addresses; the senders see addresses, never answers.
"""

import logging
import re
from collections.abc import Iterable

from pro_app.errors import ProAppError
from pro_app.ports import Outcome
from pro_app.records import deliveries, participants
from pro_app.records.deliveries import Delivery
from pro_app.records.participants import Identity, Participant
from pro_app.records.store import Transaction
from pro_app.schedule.delivery import Facts
from pro_app.schedule.outreach import Audience

log = logging.getLogger(__name__)

_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"]+@[^\s<>()\[\],;:\"]+|\+?\d[\d -]{5,}\d")
# A text message is read sooner than an e-mail, and most older patients have no e-mail at all.
CHANNELS = ("sms", "email")


def address(identity: Identity, audience: str, channel: str) -> str:
    """The telephone number or e-mail address; empty when there is none on record."""
    if audience == Audience.FAMILY:
        return identity.family_phone if channel == "sms" else ""
    return {"sms": identity.phone, "email": identity.email}.get(channel, "")


def present_address(tx: Transaction, row: Delivery) -> str:
    """Where `row` would go today; empty when there is no such address any more."""
    identity = participants.identity_of(tx, participants.by_id(tx, row.participant_id))
    return address(identity, row.audience, row.channel)


def same_address(ours: str, theirs: str) -> bool:
    """Whether somebody else's spelling means our address: capitals, or a number without its country."""
    if "@" in ours or "@" in theirs:
        return ours.lower() == theirs.lower()
    digits = "".join(letter for letter in theirs if letter.isdigit())
    return len(digits) >= 7 and ours.removeprefix("+").endswith(digits)


def refused_hash(tx: Transaction, row: Delivery, named: tuple[str, ...] = ()) -> str:
    """Of the address that was refused: today's, unless the report names another (corrected since).

    Empty when today's can't be read: one broken participant must not hold up everybody's messages.
    """
    try:
        present = present_address(tx, row)
    except ProAppError as fault:
        log.warning("delivery %s: its address can't be read: %s", row.reference, fault.code)
        return ""
    if not named or any(same_address(present, one) for one in named):
        return deliveries.address_hash(tx, present)
    return deliveries.address_hash(tx, named[0])


def facts_of(
    tx: Transaction,
    person: Participant,
    identity: Identity,
    rows: Iterable[Delivery],
    *,
    willing: bool = True,
) -> Facts:
    """What the rules may know. `rows`: all deliveries so far; `willing`: has not said no."""
    known = tuple(rows)

    def open_ways(audience: Audience) -> tuple[str, ...]:
        return tuple(
            channel
            for channel in CHANNELS
            if (to := address(identity, audience, channel))
            and not deliveries.is_refused(tx, known, channel, to)
        )

    return Facts(
        status=person.status,
        language=person.language,
        channels=open_ways(Audience.PATIENT),
        family_channels=open_ways(Audience.FAMILY),
        may_contact=willing,
        locked=person.locked_at is not None,
        deleted=person.contact_deleted_at is not None,
    )


def discreet(said: Outcome) -> Outcome:
    """Providers repeat addresses and numbers in their answers; those are kept sealed or not at all."""
    return Outcome(said.status, said.provider, said.remote_id, _ADDRESS.sub("…", said.detail))

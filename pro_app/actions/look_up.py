"""Reading what names or lets in a person: each look leaves a row that says who looked."""

from datetime import datetime

from pro_app.links import Links
from pro_app.records import audit, participants
from pro_app.records.audit import Actor
from pro_app.records.participants import Identity, Participant
from pro_app.records.store import Transaction


def identity(tx: Transaction, person: Participant, actor: Actor, now: datetime) -> Identity:
    """Name and contact of `person`. Raises `SealBroken` when the field is not whole."""
    found = participants.identity_of(tx, person)
    audit.append(tx, person.site, actor, "identity_read", person.study_number, {}, now)
    return found


def code(tx: Transaction, links: Links, person: Participant, actor: Actor, now: datetime) -> str:
    """The 6-character code of `person`."""
    audit.append(tx, person.site, actor, "card_shown", person.study_number, {}, now)
    return links.code(person.handle, person.code_epoch)


def renew_code(
    tx: Transaction, links: Links, person: Participant, seen_version: int, actor: Actor, now: datetime
) -> None:
    """Give out a new code; the old one is dead from this moment. Raises `ChangedMeanwhile`."""
    epoch = person.code_epoch + 1
    while participants.by_code_hash(tx, code_hash := links.code_hash(links.code(person.handle, epoch))):
        epoch += 1
    if seen_version != person.row_version:
        raise participants.ChangedMeanwhile()
    participants.set_code(tx, person, epoch, code_hash)
    audit.append(tx, person.site, actor, "code_renewed", person.study_number, {"epoch": epoch}, now)

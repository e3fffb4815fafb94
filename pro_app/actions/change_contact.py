"""Correcting name and contact, and recording the arm: what was and what is, before it is saved.

The trail says which fields were changed and never what stood in them: it outlives the right to know them.
An address that a provider had refused is tried again once it was corrected, or confirmed on purpose.
"""

from dataclasses import asdict, dataclass, replace
from datetime import datetime

from pro_app.contact import tidy_email, tidy_phone
from pro_app.errors import ProAppError
from pro_app.records import audit, data_locks, participants, refusals
from pro_app.records.audit import Actor
from pro_app.records.participants import Identity, Participant
from pro_app.records.store import Transaction
from pro_app.schedule.elements import Study
from pro_app.schedule.window import today

FIELDS = ("name", "phone", "email", "family_phone", "birth_year")
ADDRESSES = ("phone", "email", "family_phone")
LONGEST_NAME = 80
OLDEST = 110
# Why an arm is recorded; a change of one needs the second.
ARM_REASONS = ("randomised", "arm_in_error")


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with one field, as a code that the edge turns into a sentence."""

    field: str
    code: str


class ContactRefused(ProAppError):
    """It can't be saved; `faults` says why, field by field."""

    code = "malformed"

    def __init__(self, *faults: Wrong) -> None:
        self.faults = faults
        super().__init__(field=", ".join(fault.field for fault in faults))


@dataclass(frozen=True, slots=True)
class Look:
    """Name and contact as they are, and which addresses a provider has refused."""

    identity: Identity
    refused: frozenset[str]


def look(tx: Transaction, person: Participant, actor: Actor, now: datetime) -> Look:
    """Who looked is on the trail. Raises `SealBroken`."""
    identity = participants.identity_of(tx, person)
    audit.append(tx, person.site, actor, "identity_read", person.study_number, {}, now)
    found = refusals.refused(tx, person.id, [getattr(identity, field) for field in ADDRESSES])
    return Look(identity, frozenset(field for field in ADDRESSES if getattr(identity, field) in found))


def tidy(typed: Identity) -> Identity:
    """The same with spaces and spellings put right; what can't be read stays as it was typed."""
    return replace(
        typed,
        name=" ".join(typed.name.split()),
        phone=tidy_phone(typed.phone) or typed.phone.strip(),
        email=tidy_email(typed.email) or typed.email.strip(),
        family_phone=tidy_phone(typed.family_phone) or typed.family_phone.strip(),
    )


def check(study: Study, person: Participant, new: Identity, now: datetime) -> None:
    """Raises `ContactRefused` with all that is wrong with a tidied identity."""
    year = today(now, study.site(person.site).tz).year
    wrong = [
        Wrong("name", "name_long") if len(new.name) > LONGEST_NAME else None,
        Wrong("phone", "phone_shape") if new.phone and not tidy_phone(new.phone) else None,
        Wrong("email", "email_shape") if new.email and not tidy_email(new.email) else None,
        Wrong("family_phone", "phone_shape")
        if new.family_phone and not tidy_phone(new.family_phone)
        else None,
        Wrong("birth_year", "birth_year_range")
        if new.birth_year is not None and not year - OLDEST <= new.birth_year <= year
        else None,
    ]
    faults = [fault for fault in wrong if fault]
    if faults:
        raise ContactRefused(*faults)


def changed(old: Identity, new: Identity) -> tuple[str, ...]:
    """The fields that are not what they were, in the order of the form."""
    before, after = asdict(old), asdict(new)
    return tuple(field for field in FIELDS if before[field] != after[field])


def change(
    tx: Transaction,
    study: Study,
    person: Participant,
    seen_version: int,
    new: Identity,
    try_again: frozenset[str],
    actor: Actor,
    now: datetime,
) -> tuple[str, ...]:
    """Save a tidied identity; returns the fields that changed.

    try_again: fields whose address was refused and works again. Raises `ContactRefused`, or
    `ChangedMeanwhile` when somebody else saved first.
    """
    check(study, person, new, now)
    fields = changed(participants.identity_of(tx, person), new)
    again = tuple(field for field in ADDRESSES if field in try_again and getattr(new, field))
    if not fields and not again:
        raise ContactRefused(Wrong("name", "nothing_changed"))
    participants.set_identity(tx, replace(person, row_version=seen_version), new, person.language)
    refusals.forget(tx, person.id, {getattr(new, field) for field in ADDRESSES if field in (*fields, *again)})
    detail = {"fields": list(fields), "tried_again": list(again)}
    audit.append(tx, person.site, actor, "contact_changed", person.study_number, detail, now)
    return fields


def check_arm(study: Study, person: Participant, arm: str | None, reason: str) -> None:
    """Raises `ContactRefused`, `DataLocked`."""
    data_locks.check(person)
    if arm is not None and arm not in {one.id for one in study.arms}:
        raise ContactRefused(Wrong("arm", "arm_unknown"))
    if arm == person.arm:
        raise ContactRefused(Wrong("arm", "nothing_changed"))
    if reason not in ARM_REASONS or (person.arm is not None and reason != "arm_in_error"):
        raise ContactRefused(Wrong("reason", "arm_reason"))


def set_arm(
    tx: Transaction,
    study: Study,
    person: Participant,
    seen_version: int,
    arm: str | None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Record the arm. Raises `ContactRefused`, `DataLocked` or `ChangedMeanwhile`."""
    data_locks.hold(tx, person)
    check_arm(study, person, arm, reason)
    participants.set_arm(tx, replace(person, row_version=seen_version), arm)
    # Under its own name on the trail, whose readers see an arm only if they may know it.
    detail = {"was": {"arm": person.arm}, "is": {"arm": arm}, "reason": reason}
    audit.append(tx, person.site, actor, "arm_set", person.study_number, detail, now)

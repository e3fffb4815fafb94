"""Enrolling a participant: check everything, make handle and code, seal the identity, leave a trace."""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import uuid4

from pro_app.contact import tidy_email, tidy_phone
from pro_app.errors import ProAppError
from pro_app.links import Links, new_handle
from pro_app.records import audit, data_locks, participants
from pro_app.records.audit import Actor
from pro_app.records.participants import Identity, Participant
from pro_app.records.store import Transaction
from pro_app.schedule.elements import Study
from pro_app.schedule.plan import Anchors, Visit, plan
from pro_app.schedule.window import today

_STUDY_NUMBER = re.compile(r"^[A-Z0-9](?:[A-Z0-9-]{0,28}[A-Z0-9])?$")
LONGEST_NAME = 80
OLDEST = 110
# Further away than this from today, the year was mistyped.
EARLIEST, LATEST = timedelta(days=2 * 366), timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What is known of a new participant, as it was typed. `enrolled_on` None means today at the site."""

    study_number: str
    site: str
    language: str
    arm: str | None = None
    name: str = ""
    phone: str = ""
    email: str = ""
    family_phone: str = ""
    birth_year: int | None = None
    surgery_planned_on: date | None = None
    enrolled_on: date | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field, as a code that the edge turns into a sentence."""

    field: str
    code: str


class EnrolmentRefused(ProAppError):
    """The enrolment can't be saved; `faults` says why, field by field."""

    code = "malformed"

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__(field=", ".join(fault.field for fault in faults))


def tidy(command: Enrolment) -> Enrolment:
    """The same with spaces and spellings put right; what can't be read stays as it was typed."""
    return replace(
        command,
        study_number=command.study_number.strip().upper(),
        arm=command.arm or None,
        name=" ".join(command.name.split()),
        phone=(tidy_phone(command.phone) or command.phone.strip()) if command.phone.strip() else "",
        family_phone=(tidy_phone(command.family_phone) or command.family_phone.strip())
        if command.family_phone.strip()
        else "",
        email=(tidy_email(command.email) or command.email.strip()) if command.email.strip() else "",
    )


def check(study: Study, command: Enrolment, now: datetime) -> tuple[Fault, ...]:
    """All that is wrong with a tidied enrolment, in the order of the form; empty when it can be saved."""
    site = next((site for site in study.sites if site.code == command.site), None)
    day = today(now, site.tz) if site else now.date()
    wrong = [
        ("study_number", "study_number_shape", not _STUDY_NUMBER.match(command.study_number)),
        ("site", "site_unknown", site is None),
        ("arm", "arm_unknown", command.arm is not None and command.arm not in {arm.id for arm in study.arms}),
        ("language", "language_unknown", command.language not in study.languages),
        ("name", "name_long", len(command.name) > LONGEST_NAME),
        ("phone", "phone_shape", bool(command.phone) and tidy_phone(command.phone) is None),
        ("email", "email_shape", bool(command.email) and tidy_email(command.email) is None),
        (
            "family_phone",
            "phone_shape",
            bool(command.family_phone) and tidy_phone(command.family_phone) is None,
        ),
        (
            "birth_year",
            "birth_year_range",
            command.birth_year is not None and not day.year - OLDEST <= command.birth_year <= day.year,
        ),
        (
            "surgery_planned_on",
            "date_far",
            command.surgery_planned_on is not None
            and not day - EARLIEST <= command.surgery_planned_on <= day + LATEST,
        ),
        ("enrolled_on", "date_future", command.enrolled_on is not None and command.enrolled_on > day),
    ]
    return tuple(Fault(field, code) for field, code, is_wrong in wrong if is_wrong)


def foresee(study: Study, command: Enrolment, now: datetime) -> tuple[Visit, ...]:
    """Every visit as it would be; raises `EnrolmentRefused`."""
    if faults := check(study, command, now):
        raise EnrolmentRefused(faults)
    site = study.site(command.site)
    state = "planned" if command.surgery_planned_on else "unknown"
    enrolled_on = command.enrolled_on or today(now, site.tz)
    return plan(study, Anchors(enrolled_on, command.surgery_planned_on, None, state), site)


def enrol(
    tx: Transaction, study: Study, links: Links, command: Enrolment, actor: Actor, now: datetime
) -> Participant:
    """Store a new participant; raises `EnrolmentRefused`, `StudyNumberTaken` or `DataLocked`."""
    command = tidy(command)
    if faults := check(study, command, now):
        raise EnrolmentRefused(faults)
    handle, code_epoch, code_hash = _free_handle_and_code(tx, links)
    identity = Identity(command.name, command.phone, command.email, command.family_phone, command.birth_year)
    participant_id = participants.insert_new(
        tx,
        uuid=str(uuid4()),
        study_number=command.study_number,
        site=command.site,
        arm=command.arm,
        language=command.language,
        handle=handle,
        code_epoch=code_epoch,
        code_hash=code_hash,
        identity=identity,
        enrolled_on=command.enrolled_on or today(now, study.site(command.site).tz),
        surgery_planned_on=command.surgery_planned_on,
        now=now,
    )
    detail = {
        "site": command.site,
        "arm": command.arm,
        "language": command.language,
        "surgery_planned_on": command.surgery_planned_on.isoformat() if command.surgery_planned_on else None,
        # Which ways of contact exist, never what they are: the trail outlives the right to know them.
        "contact": [
            field for field in ("name", "phone", "email", "family_phone") if getattr(identity, field)
        ],
    }
    audit.append(tx, command.site, actor, "enrolled", command.study_number, detail, now)
    # Asked last: who locks the site appends to the same chain, so one of the two sees the other.
    data_locks.check_site(tx, command.site)
    return participants.by_id(tx, participant_id)


def _free_handle_and_code(tx: Transaction, links: Links) -> tuple[str, int, str]:
    """A handle and a code that nobody has: 23^6 codes are few enough for two people to draw the same."""
    handle = new_handle()
    while participants.by_handle(tx, handle):
        handle = new_handle()
    code_epoch = 0
    while participants.by_code_hash(tx, code_hash := links.code_hash(links.code(handle, code_epoch))):
        code_epoch += 1
    return handle, code_epoch, code_hash

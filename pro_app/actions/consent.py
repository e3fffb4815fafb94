"""The privacy notice: asked once per participant and version; the answer is kept and leaves a trace.

A no is an audit row at the participant's site, `privacy_declined`: that is how the site is told. The
participant's status does not change: only a person of the site withdraws somebody.
"""

from datetime import datetime
from typing import Literal

from pro_app.errors import ProAppError
from pro_app.records import audit, participants
from pro_app.records.audit import Actor
from pro_app.records.participants import Participant
from pro_app.records.store import Transaction
from pro_app.schedule.elements import Study

Standing = Literal["not_asked", "agreed", "declined"]


class PrivacyFirst(ProAppError):
    """Nobody has agreed yet that these answers are kept."""

    code = "privacy_first"


class PrivacyDeclined(ProAppError):
    """The person has said no: nothing may be kept."""

    code = "privacy_declined"


def standing(study: Study, person: Participant) -> Standing:
    """What the person said to the notice as it reads now; another version's answer is not one."""
    if person.privacy_answer is None or person.privacy_version != study.privacy.version:
        return "not_asked"
    return "agreed" if person.privacy_answer else "declined"


def decide(
    tx: Transaction, study: Study, person: Participant, agreed: bool, actor: Actor, now: datetime
) -> None:
    """Keep a yes or a no to the notice as it reads now; the same answer again changes nothing."""
    if standing(study, person) == ("agreed" if agreed else "declined"):
        return
    version = study.privacy.version
    participants.set_privacy(tx, person, version, agreed, now)
    action = "privacy_agreed" if agreed else "privacy_declined"
    audit.append(tx, person.site, actor, action, person.study_number, {"version": version}, now)


def check(person: Participant) -> None:
    """Raise `PrivacyFirst` or `PrivacyDeclined` when answers may not be kept.

    A yes to an earlier version is enough here: answers that were given offline under that version must
    not be lost because a newer text was published meanwhile. The visit's page asks again.
    """
    if person.privacy_answer is None:
        raise PrivacyFirst()
    if not person.privacy_answer:
        raise PrivacyDeclined()

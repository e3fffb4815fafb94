"""Handing a tablet to a patient and taking it back.

The way of a tablet, and what its key opens on each part of it:

    with_staff  --hand_over-->  handed_over  --lock (given back, cancelled, 5 idle minutes)-->  locked
    every page of the staff     one visit                                                       nothing
    with_staff  <--unlock (the nurse's PIN)-- handed_over, locked, ward_round
    with_staff  --start_round--> ward_round (what was loaded, and no page of the staff)
    any state   --revoke-->      revoked: nothing, from the next request on

Each step gives the browser another key: Chromium shows a page from its memory as long as no cookie changed.
The nurse's session is neither ended nor usable meanwhile: its own key is replaced by one that nobody holds.
"""

import hashlib
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Literal

from pro_app import envelopes
from pro_app.errors import ProAppError
from pro_app.records import audit, participants, tablets, throttle
from pro_app.records.audit import Actor
from pro_app.records.participants import Participant
from pro_app.records.staff import Staff
from pro_app.records.store import Transaction
from pro_app.records.tablets import State, Tablet
from pro_app.records.throttle import Limit

IDLE = timedelta(minutes=5)
# After that the nurse signs in with her password again, as everywhere.
LONGEST = timedelta(hours=12)
# That the tablet is in use is written down at most this often.
TOUCH_EVERY = timedelta(seconds=5)
LONGEST_LABEL = 40
WRONG_ANSWERS = Limit(5, 60)

Question = Literal["birth_year", "phone_last4", "study_number"]
Ending = Literal["given_back", "cancelled", "idle", "pin", "signed_in"]


class SignInAgain(ProAppError):
    """The PIN is no longer enough on this tablet: the sign-in it stands for is over."""

    code = "sign_in_again"


class SecondIdentifierWrong(ProAppError):
    """What the patient said is not what is on record for the participant on the page."""

    code = "second_identifier_wrong"


class TooManyAnswers(ProAppError):
    """So many wrong second identifiers that the next has to wait."""

    code = "too_many_tries"


def hash_key(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _new_key() -> str:
    return secrets.token_urlsafe(32)


def find(tx: Transaction, key: str, *, lock: bool = False) -> Tablet | None:
    """The tablet that holds this key now; None when the key is one of the past."""
    return tablets.by_key(tx, hash_key(key), lock=lock)


def question_for(tx: Transaction, person: Participant) -> Question:
    """What the nurse asks the patient; the study number again when neither of the others is on record."""
    identity = participants.identity_of(tx, person)
    if identity.birth_year:
        return "birth_year"
    return "phone_last4" if len(re.sub(r"\D", "", identity.phone)) >= 4 else "study_number"


def identify(tx: Transaction, staff_id: int, person: Participant, typed: str, now: datetime) -> bool:
    """Whether the patient's answer is the one on record; when not, commit, for the failure is counted.

    Raises `TooManyAnswers` before looking at the answer.
    """
    bucket = f"hand-over {staff_id} {person.id}"
    if seconds := throttle.wait_seconds(tx, bucket, WRONG_ANSWERS, now):
        raise TooManyAnswers(minutes=ceil(seconds / 60))
    text = unicodedata.normalize("NFKC", typed[:100]).strip()
    asked = question_for(tx, person)
    identity = participants.identity_of(tx, person)
    digits = re.sub(r"\D", "", text)
    fits = {
        "birth_year": digits == str(identity.birth_year),
        "phone_last4": digits == re.sub(r"\D", "", identity.phone)[-4:],
        "study_number": text.upper() == person.study_number.upper(),
    }[asked]
    if not fits:
        throttle.failed(tx, bucket, WRONG_ANSWERS, now)
    return fits


def register(
    tx: Transaction, label: str, site: str, account: Staff, session_key: str, actor: Actor, now: datetime
) -> Tablet:
    """A browser becomes a clinic's tablet, with a key pair whose private half never leaves the server."""
    words = " ".join(label.split())[:LONGEST_LABEL] or f"{site} {tablets.count(tx, site) + 1}"
    new = tablets.add(
        tx,
        key_hash=hash_key(_new_key()),
        label=words,
        site=site,
        staff_id=account.id,
        session_hash=hash_key(session_key),
        now=now,
    )
    tablets.set_private_key(tx, new.id, envelopes.new_private_key())
    _trail(tx, new, actor, "tablet_added", now)
    return tablets.by_id(tx, new.id)


def hand_over(
    tx: Transaction,
    which: Tablet,
    person: Participant,
    timepoint: str,
    asked: Question,
    session_key: str,
    actor: Actor,
    now: datetime,
) -> str:
    """Give the tablet to the patient: its new key. The staff session sleeps from now on."""
    key = _go_to(
        tx,
        which,
        "handed_over",
        now,
        site=person.site,
        participant_id=person.id,
        timepoint=timepoint,
        handed_at=now,
        session_hash=_sleep(tx, session_key, now),
    )
    detail = {"tablet": which.label, "timepoint": timepoint, "asked": asked}
    audit.append(tx, person.site, actor, "tablet_handed_over", person.study_number, detail, now)
    return key


def start_round(tx: Transaction, which: Tablet, session_key: str, now: datetime) -> str:
    """The tablet leaves for a ward round with what was loaded on it: its new key."""
    asleep = _sleep(tx, session_key, now)
    return _go_to(
        tx, which, "ward_round", now, session_hash=asleep, participant_id=None, timepoint=None, handed_at=now
    )


def idle(which: Tablet, now: datetime) -> bool:
    """Whether the patient has done nothing for so long that the visit is closed."""
    return which.state == "handed_over" and now - which.seen_at >= IDLE


def lock(tx: Transaction, which: Tablet, ending: Ending, actor: Actor, now: datetime) -> str:
    """Close the visit on this tablet: its new key, which opens nothing but the page for the PIN."""
    key = _go_to(tx, which, "locked", now)
    _returned(tx, which, ending, actor, now)
    return key


@dataclass(frozen=True, slots=True)
class Keys:
    """What the browser gets with staff pages open: the tablet's key and the session's."""

    tablet: str
    session: str


def pin_opens(tx: Transaction, which: Tablet, now: datetime) -> bool:
    """Whether a PIN is asked at all; else the page asks for the sign-in."""
    began = tablets.signed_in_at(tx, which)
    return which.state != "revoked" and began is not None and now - began < LONGEST


def unlock(tx: Transaction, which: Tablet, actor: Actor, now: datetime) -> Keys:
    """The PIN was right: wake the session. Raises `SignInAgain`."""
    session = _new_key()
    if not pin_opens(tx, which, now) or not which.session_hash:
        raise SignInAgain()
    if not tablets.rekey_session(tx, which.session_hash, hash_key(session), now):
        raise SignInAgain()
    return Keys(_to_staff(tx, which, "pin", which.staff_id, session, actor, now), session)


def only_by_sign_in(tx: Transaction, which: Tablet) -> None:
    """After too many wrong PINs: from now on this tablet asks for the password."""
    tablets.change(tx, which.id, session_hash=None)


def taken_by(
    tx: Transaction, which: Tablet, account: Staff, session_key: str, actor: Actor, now: datetime
) -> str:
    """Somebody signed in on the tablet with the password: it is theirs now; its new key."""
    return _to_staff(tx, which, "signed_in", account.id, session_key, actor, now)


def seen(tx: Transaction, which: Tablet, now: datetime) -> None:
    """The tablet is in use."""
    tablets.change(tx, which.id, seen_at=now)


def revoke(tx: Transaction, which: Tablet, actor: Actor, now: datetime) -> None:
    """Lost: the tablet's key opens nothing any more, and the session on it ends for good."""
    if which.state == "revoked":
        return
    if which.session_hash:
        tablets.end_session(tx, which.session_hash, now)
    # The visit stays in the row: answers that were given before may still arrive, sealed.
    tablets.change(tx, which.id, state="revoked", revoked_at=now, revoked_by=actor.name, session_hash=None)
    _trail(tx, which, actor, "tablet_revoked", now)


def _sleep(tx: Transaction, session_key: str, now: datetime) -> str:
    """Give the session a key that nobody holds; its hash."""
    nobodys = hash_key(_new_key())
    tablets.rekey_session(tx, hash_key(session_key), nobodys, now)
    return nobodys


def _go_to(tx: Transaction, which: Tablet, state: State, now: datetime, **values: object) -> str:
    key = _new_key()
    tablets.change(tx, which.id, key_hash=hash_key(key), state=state, seen_at=now, **values)
    return key


def _to_staff(
    tx: Transaction, which: Tablet, how: Ending, staff_id: int, session: str, actor: Actor, now: datetime
) -> str:
    key = _go_to(
        tx,
        which,
        "with_staff",
        now,
        staff_id=staff_id,
        session_hash=hash_key(session),
        participant_id=None,
        timepoint=None,
        handed_at=None,
    )
    if which.state == "handed_over":
        _returned(tx, which, how, actor, now)
    _trail(tx, which, actor, "tablet_unlocked", now, how=how)
    return key


def _returned(tx: Transaction, which: Tablet, ending: Ending, actor: Actor, now: datetime) -> None:
    if which.participant_id is None:
        return
    person = participants.by_id(tx, which.participant_id)
    detail = {"tablet": which.label, "timepoint": which.timepoint, "ending": ending}
    audit.append(tx, person.site, actor, "tablet_returned", person.study_number, detail, now)


def _trail(
    tx: Transaction, which: Tablet, actor: Actor, action: str, now: datetime, **detail: object
) -> None:
    audit.append(tx, which.site, actor, action, f"tablet {which.id}", {"tablet": which.label, **detail}, now)

"""A ward round without signal: what is loaded on a tablet beforehand, and what comes back sealed.

An envelope proves itself. In it is the token of the visit, the same right to write that the patient's link
is; only who had that token and the tablet's public key can have made it. So envelopes are taken from anyone,
with whatever cookie, and also from a tablet that was taken out of use: what patients answered is never lost.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pro_app import envelopes
from pro_app.envelopes import EnvelopeBroken
from pro_app.errors import NotFound, ProAppError
from pro_app.links import Links, read_token
from pro_app.records import audit, participants, tablets
from pro_app.records.audit import Actor
from pro_app.records.participants import Participant
from pro_app.records.store import Transaction
from pro_app.records.tablets import Tablet

_CHINESE = re.compile(r"^[㐀-鿿·]+$")
REVOKED = "tablet_revoked"


class NobodyChosen(ProAppError):
    """A round needs at least one visit."""

    code = "nobody_chosen"


def load(
    tx: Transaction, which: Tablet, visits: Sequence[tuple[Participant, str]], actor: Actor, now: datetime
) -> None:
    """Write down which visits the tablet takes along; each is on the trail, since initials go with it."""
    if not visits:
        raise NobodyChosen()
    tablets.load_visits(tx, which.id, [(person.id, timepoint) for person, timepoint in visits], now)
    for person, timepoint in visits:
        detail = {"tablet": which.label, "timepoint": timepoint}
        audit.append(tx, person.site, actor, "round_loaded", person.study_number, detail, now)


def initials(name: str) -> str:
    """As much of a name as compares with a wristband: 王＊＊, M. E."""
    words = name.split()
    if not words:
        return ""
    if _CHINESE.match("".join(words)):
        whole = "".join(words)
        return whole[0] + "＊" * (len(whole) - 1)
    return " ".join(f"{word[0].upper()}." for word in words)


@dataclass(frozen=True, slots=True)
class Opened:
    """What was in an envelope: whose visit it is, what kind of content (`response`, `draft`), the content."""

    tablet: Tablet
    person: Participant
    timepoint: str
    kind: str
    content: Mapping[str, object]

    @property
    def aside(self) -> str | None:
        """Why it may not count by itself: nobody knows in whose hands the tablet was."""
        return REVOKED if self.tablet.state == "revoked" else None


def open_envelope(
    tx: Transaction, links: Links, envelope: Mapping[str, object], *, lock: bool = False
) -> Opened:
    """Open and check it; with `lock` the participant's other writers wait. Raises `EnvelopeBroken`."""
    try:
        number = envelope["tablet"]
        if not isinstance(number, int) or not 0 < number < 2**53:
            raise EnvelopeBroken()
        which = tablets.by_id(tx, number)
        inside = json.loads(envelopes.unseal(tablets.private_key(tx, which), envelope))
        ticket, kind, content = read_token(inside["token"]), inside["kind"], inside["content"]
    except (KeyError, TypeError, ValueError, RecursionError, AttributeError, NotFound) as fault:
        raise EnvelopeBroken() from fault
    person = participants.by_handle(tx, ticket.handle, lock=lock) if ticket else None
    if ticket is None or person is None or kind not in ("response", "draft") or not isinstance(content, dict):
        raise EnvelopeBroken()
    # A link that was given out anew meanwhile: that the round had loaded this visit is right enough.
    rightful = links.genuine(ticket, person.link_epoch) or tablets.loaded(
        tx, which.id, person.id, ticket.timepoint
    )
    if not rightful:
        raise EnvelopeBroken()
    if content.get("ref") != f"{ticket.handle}.{ticket.timepoint}":
        raise EnvelopeBroken()
    return Opened(which, person, ticket.timepoint, kind, content)


def arrived(tx: Transaction, opened: Opened, now: datetime) -> None:
    """The answers are stored: the round's visit was delivered."""
    tablets.delivered(tx, opened.tablet.id, opened.person.id, opened.timepoint, now)

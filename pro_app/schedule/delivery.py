"""The values that deciding about reminders takes in and gives out; the rules are in `reminding`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pro_app.schedule.elements import Site, Study
from pro_app.schedule.reasons import Reason

# Words of the delivery table. "due" is decided and not yet claimed; "not_sent" is a decision against.
NOT_SENT = "not_sent"
UNDER_WAY = frozenset({"claimed", "sent", "delivered", "unknown"})
TAKEN = UNDER_WAY | {"due"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What must be known of a participant, none of it identifying.

    `channels`: ways to the patient that have an address nobody refused, the preferred one first ("sms",
    "email"); `family_channels` the same for the family contact. `may_contact`: has agreed to be written to.
    `locked`: the data are locked, so there is nothing to ask for. `deleted`: name and contact were deleted.
    """

    status: str
    language: str
    channels: tuple[str, ...]
    family_channels: tuple[str, ...] = ()
    may_contact: bool = True
    locked: bool = False
    deleted: bool = False

    @property
    def stopped(self) -> Reason | None:
        """Why nothing is asked for, whatever the status says."""
        if self.deleted:
            return Reason.CONTACT_DELETED
        return Reason.LOCKED if self.locked else None


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier delivery, as its row says. `opens_on` is the day the visit opened by the dates of then."""

    timepoint: str
    opens_on: date
    step: str
    channel: str
    audience: str
    state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Intent:
    """One message to send now. `at` is when the step became due; `message` names the text ("" for a call)."""

    timepoint: str
    opens_on: date
    step: str
    audience: str
    channel: str
    language: str
    message: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """A due step that is not sent now, and why. `until`: when it can be sent, if time alone decides."""

    timepoint: str
    opens_on: date
    step: str
    audience: str
    channel: str
    reason: Reason
    at: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """All that was decided for one participant at one instant."""

    intents: tuple[Intent, ...]
    held: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """Everything one judgement looks at. `counted` are the states of deliveries that fill the caps."""

    study: Study
    site: Site
    facts: Facts
    past: Sequence[Past]
    now: datetime
    counted: frozenset[str]

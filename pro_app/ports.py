"""What the program asks of the outside world; gateways answer, tests fake with ten-line classes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, Protocol, runtime_checkable

from pro_app.errors import ProAppError
from pro_app.scoring.result import ScaleScore

Channel = Literal["email", "sms"]


@dataclass(frozen=True, slots=True)
class SmsTemplate:
    """A text the provider has approved: we send its id and the variables in the approved order."""

    template_id: str
    signature: str
    variables: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one address. `reference` is ours and unique: it finds a lost outcome again."""

    reference: str
    channel: Channel
    to: str
    language: str
    text: str
    subject: str = ""
    html: str = ""
    template: SmsTemplate | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a provider said.

    accepted: it has taken the message. delivered: it reached the phone or mailbox. address_refused:
    never again to this address. refused: not this message. later: not taken, try again. unknown: we
    can't tell (time-out after sending); ask with the reference, never send again blindly.
    """

    status: Literal["accepted", "delivered", "address_refused", "refused", "later", "unknown"]
    provider: str
    remote_id: str = ""
    detail: str = ""


class Messenger(Protocol):
    """A way to send messages of one channel."""

    name: str
    channel: Channel

    def send(self, message: Message, now: datetime) -> Outcome: ...

    def look_up(self, reference: str) -> Outcome | None:
        """What became of a message, by our reference; None when the provider can't say."""
        ...


@dataclass(frozen=True, slots=True)
class Parcel:
    """One response on its way to a registry: study number, site, visit, answers, scores; no identity.

    `answers` maps item id to `{"value": …}` or `{"missing": code}`, without any free text.
    `revision` counts from 1; a correction or withdrawal of the same `response` raises it.
    """

    kind: Literal["submitted", "corrected", "withdrawn"]
    study: str
    site: str
    study_number: str
    participant: str
    response: str
    revision: int
    timepoint: str
    instrument: str
    version: str
    language: str
    pack: str
    mode: str
    helper: str | None
    authored: datetime
    received: datetime
    content_hash: str
    answers: Mapping[str, Mapping[str, object]]
    algorithm: str
    citation: str
    scores: tuple[ScaleScore, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class RegistryReceipt:
    """The registry's own word that it holds a parcel."""

    remote_id: str
    remote_version: str
    content_hash: str


class RegistryAway(ProAppError):
    """The registry can't be reached, is busy or failed: try again later."""

    code = "registry_away"


class RegistryRefused(ProAppError):
    """The registry won't take this parcel; `words` are its own."""

    code = "registry_refused"


class Registry(Protocol):
    """A central registry that takes parcels; sending one twice must leave one record there."""

    name: str

    def deliver(self, parcel: Parcel) -> RegistryReceipt:
        """Raises `RegistryAway` or `RegistryRefused`."""
        ...


@runtime_checkable
class Witness(Protocol):
    """A registry that also keeps the daily digest of our audit trail, where nobody here can rewrite it."""

    name: str

    def deliver_digest(self, day: date, body: str, hash: str) -> str:
        """Keep `body` (JSON; `hash` is its SHA-256) as the digest of `day`; returns the registry's id of it.

        Sending the same day twice leaves one record. Raises `RegistryAway` or `RegistryRefused`.
        """
        ...

"""What providers and mail servers say of a message later on, and how it reaches us.

Three ways lead here: a provider calls back, we ask it, or a mail server returns the mail.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from pro_app.errors import ProAppError
from pro_app.ports import Outcome

# More than any provider puts into one call.
MOST_IN_A_CALL = 1000


class NotGenuine(ProAppError):
    """A call that does not prove that it comes from the provider."""

    code = "callback_not_genuine"


class UnreadableCall(ProAppError):
    """A genuine call whose content isn't what the provider documents."""

    code = "callback_unreadable"


@dataclass(frozen=True, slots=True)
class Report:
    """The later word about one message, found by our `reference` or by their `remote_id`.

    `addresses`: whom it names, as they write it; empty when it names nobody.
    """

    outcome: Outcome
    reference: str = ""
    remote_id: str = ""
    addresses: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A provider's request to us. `url`: whole, as the provider was told it; `secret`: its last part."""

    url: str
    secret: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@runtime_checkable
class CallsBack(Protocol):
    """A provider that reports by calling `<our address>/callbacks/<name>/<secret>`."""

    name: str
    thanks: Mapping[str, object]

    @property
    def expects_reports(self) -> bool:
        """Whether enough is set up for it to call, and for us to believe it."""
        ...

    def reports(self, call: Call) -> tuple[Report, ...]:
        """What it says; raises `NotGenuine` or `UnreadableCall`."""
        ...


@runtime_checkable
class FindsByItsId(Protocol):
    """A provider that is asked by the id it gave the message."""

    def find_by_its_id(self, remote_id: str, now: datetime) -> Outcome | None:
        """What became of it; None when the provider can't say (yet)."""
        ...


@dataclass(frozen=True, slots=True)
class Returned:
    """One mail in the mailbox for returned mail; `key` is the mailbox's own name for it."""

    key: str
    content: bytes = field(repr=False)


class ReturnedMail(Protocol):
    """A mailbox where mail servers put what they could not deliver."""

    def wanted(self, now: datetime) -> bool:
        """Whether it is time to look again."""
        ...

    def unread(self) -> Iterator[Returned]:
        """What nobody has looked at, a bounded number. Raises `OSError` when it can't be reached."""
        ...

    def done(self, keys: list[str]) -> None:
        """These have been dealt with: not shown again, not deleted. Raises `OSError`."""
        ...

"""How a study reaches people, as frozen values: when messages may leave, the steps, the texts, the alerts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

Text = Mapping[str, str]
# After the last visit: long enough to ask back about an answer.
CONTACT_KEPT_DAYS = 90


class Audience(StrEnum):
    """Whom a reminder step reaches. The call list is read by the site's nurses."""

    PATIENT = "patient"
    FAMILY = "family"
    CALL_LIST = "call_list"


class OnHoliday(StrEnum):
    """Where a step goes that falls on a holiday."""

    LATER = "later"
    EARLIER = "earlier"
    SEND = "send"


@dataclass(frozen=True, slots=True)
class ContactHours:
    """Messages leave from `start` up to, not including, `end`, on the site's clock."""

    start: time
    end: time

    def allow(self, moment: time) -> bool:
        return self.start <= moment < self.end


@dataclass(frozen=True, slots=True)
class Cap:
    """The most messages one person (patient or family) gets: for one visit, and on one day."""

    per_visit: int
    per_day: int


@dataclass(frozen=True, slots=True)
class Holiday:
    """A run of days, both ends included, on which nobody is written to."""

    name: Text
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Moment:
    """When a step is due: `days` after the visit's `opens`, `due` or `closes`, at `at` on the site clock."""

    base: str
    days: int
    at: time


@dataclass(frozen=True, slots=True)
class Step:
    """One reminder step. `every_channel`: all channels the person has; else the first that works."""

    id: str
    label: Text
    moment: Moment
    audience: Audience
    channels: tuple[str, ...]
    every_channel: bool
    on_holiday: OnHoliday
    message: str


@dataclass(frozen=True, slots=True)
class EmailText:
    """An e-mail in our own words; placeholders in braces."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class ProviderTemplate:
    """What one SMS provider has approved; `variables` in the approved order."""

    template_id: str
    signature: str
    variables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SmsText:
    """The approved text as people will read it, and per provider how to ask for it."""

    text: str
    providers: Mapping[str, ProviderTemplate]


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """A message in every language and channel; a channel without text in a language can't be used there."""

    id: str
    email: Mapping[str, EmailText]
    sms: Mapping[str, SmsText]


@dataclass(frozen=True, slots=True)
class PrivacyNotice:
    """What a person is told before the first question; every text in each language of the study.

    contact_kept_days: how long name and contact are kept after the last visit, a withdrawal or a death.
    """

    version: str
    keeper: Text
    data: Text
    place: Text
    duration: Text
    questions: Text
    health_data: Text
    contact_kept_days: int = CONTACT_KEPT_DAYS


@dataclass(frozen=True, slots=True)
class AlertRule:
    """When staff must look at once.

    `at_least`: score >= value. `rise`: score - previous score >= value. `threshold`: past the scale's
    own threshold in the instrument file. Empty `scales` with `threshold` means all that have one.
    """

    id: str
    label: Text
    kind: str
    instrument: str
    scales: tuple[str, ...]
    value: float | None
    escalate_hours: int


@dataclass(frozen=True, slots=True)
class MissingReason:
    """Why a form is not there, as staff may put it on record. `note`: it needs words of its own."""

    id: str
    label: Text
    note: bool = False


@dataclass(frozen=True, slots=True)
class Emergency:
    """Shown on every patient page: answers aren't read at once; whom to call instead."""

    text: Text
    phone: str

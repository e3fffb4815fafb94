"""What a study is made of: frozen values, read once from the study file, never changed.

`Text` maps a BCP 47 language ("zh-Hans", "en") to a sentence in it. Days are calendar days at a site.
How people are reached is in `outreach`.
"""

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

from pro_app.errors import ProAppError
from pro_app.schedule.outreach import (
    AlertRule,
    Cap,
    ContactHours,
    Emergency,
    Holiday,
    MessageTemplate,
    MissingReason,
    PrivacyNotice,
    Step,
    Text,
)

_OFFSET = re.compile(r"([+-]?)([0-9]{1,4})([dwm])")


class UnknownName(ProAppError):
    """The study has nothing of that kind named `name`; `known` lists what it has."""


class UnknownSite(UnknownName):
    code = "study_no_site"


class UnknownTimepoint(UnknownName):
    code = "study_no_timepoint"


class UnknownStep(UnknownName):
    code = "study_no_step"


class UnknownMessage(UnknownName):
    code = "study_no_message"


class UnknownLanguage(UnknownName):
    code = "study_no_language"


class Anchor(StrEnum):
    """The day a timepoint is counted from."""

    ENROLMENT = "enrolment"
    SURGERY_PLANNED = "surgery_planned"
    SURGERY_DONE = "surgery_done"
    SURGERY = "surgery"


@dataclass(frozen=True, slots=True)
class Offset:
    """A signed distance in calendar months or in days; never both."""

    months: int = 0
    days: int = 0

    def from_(self, day: date) -> date:
        """The day at this distance; a day the month lacks is its last (31 January + 1m = 28 February)."""
        if not self.months:
            return day + timedelta(days=self.days)
        index = day.year * 12 + day.month - 1 + self.months
        year, month = index // 12, index % 12 + 1
        return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def read_offset(text: str) -> Offset | None:
    """`-1d`, `2w`, `12m`, `+0d`; None when it isn't one."""
    match = _OFFSET.fullmatch(text)
    if not match:
        return None
    count = int(match[2]) * (-1 if match[1] == "-" else 1)
    return Offset(months=count) if match[3] == "m" else Offset(days=count * (7 if match[3] == "w" else 1))


@dataclass(frozen=True, slots=True)
class Timepoint:
    """One visit of the plan: due `offset` from `anchor`, open `before` days before to `after` days after.

    `grace` is how many days after closing a form that was opened in time may still be finished.
    `assumption` marks a window that the trial has still to confirm.
    """

    id: str
    label: Text
    short_label: Text
    anchor: Anchor
    offset: Offset
    before: int
    after: int
    grace: int
    instruments: tuple[str, ...]
    assumption: bool


@dataclass(frozen=True, slots=True)
class Site:
    """One hospital. `timepoints` and `hours` are the study's with this site's exceptions already applied.

    `sms_signature` replaces the signature of every SMS template here. `exceptions`: timepoint → why.
    """

    code: str
    name: Text
    time_zone: str
    contact_name: Text
    contact_phone: str
    timepoints: tuple[Timepoint, ...]
    hours: ContactHours
    sms_signature: str = ""
    exceptions: Mapping[str, str] = field(default_factory=dict)

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def timepoint(self, timepoint: str) -> Timepoint:
        """Raises `UnknownTimepoint`."""
        for candidate in self.timepoints:
            if candidate.id == timepoint:
                return candidate
        raise UnknownTimepoint(name=timepoint, known=", ".join(one.id for one in self.timepoints))


@dataclass(frozen=True, slots=True)
class Arm:
    """A treatment group."""

    id: str
    label: Text


@dataclass(frozen=True, slots=True)
class Destination:
    """A registry that takes this study's answers, through the adapter of that id."""

    id: str
    adapter: str


@dataclass(frozen=True)
class Study:
    """Everything a study file says."""

    id: str
    title: Text
    languages: tuple[str, ...]
    modes: tuple[str, ...]
    sites: tuple[Site, ...]
    arms: tuple[Arm, ...]
    timepoints: tuple[Timepoint, ...]
    reminders: tuple[Step, ...]
    hours: ContactHours
    cap: Cap
    holidays: tuple[Holiday, ...]
    messages: Mapping[str, MessageTemplate]
    privacy: PrivacyNotice
    guard: str
    alerts: tuple[AlertRule, ...]
    registries: tuple[Destination, ...]
    emergency: Emergency
    missing_reasons: tuple[MissingReason, ...] = ()

    @cached_property
    def _sites(self) -> Mapping[str, Site]:
        return {site.code: site for site in self.sites}

    @cached_property
    def _steps(self) -> Mapping[str, Step]:
        return {step.id: step for step in self.reminders}

    @cached_property
    def _timepoints(self) -> Mapping[str, Timepoint]:
        return {timepoint.id: timepoint for timepoint in self.timepoints}

    @cached_property
    def holiday_on(self) -> Mapping[date, Holiday]:
        """Each day that is a holiday."""
        return {
            holiday.first + timedelta(days=day): holiday
            for holiday in self.holidays
            for day in range((holiday.last - holiday.first).days + 1)
        }

    def site(self, code: str) -> Site:
        """Raises `UnknownSite`."""
        if code not in self._sites:
            raise UnknownSite(name=code, known=", ".join(self._sites))
        return self._sites[code]

    def step(self, step: str) -> Step:
        """Raises `UnknownStep`."""
        if step not in self._steps:
            raise UnknownStep(name=step, known=", ".join(self._steps))
        return self._steps[step]

    def timepoint(self, timepoint: str) -> Timepoint:
        """The study's own, without any site's exceptions. Raises `UnknownTimepoint`."""
        if timepoint not in self._timepoints:
            raise UnknownTimepoint(name=timepoint, known=", ".join(self._timepoints))
        return self._timepoints[timepoint]

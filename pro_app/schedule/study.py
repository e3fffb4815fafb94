"""Reading a study file: `load_study` gives a `Study` or raises with every fault at its line.

The order of the work: 1. read the TOML, 2. the study's own words, 3. timepoints, 4. sites with their
exceptions, 5. how people are reached, 6. holidays, 7. raise if anything was wrong. Nothing half-read leaves.
"""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError

from pro_app.datafile import read_toml
from pro_app.errors import DataFileError
from pro_app.schedule.attention_file import Scored, read_alerts, read_missing_reasons
from pro_app.schedule.elements import (
    Anchor,
    Arm,
    Destination,
    Offset,
    Site,
    Study,
    Timepoint,
    read_offset,
)
from pro_app.schedule.outreach import Cap, ContactHours, Emergency, Holiday
from pro_app.schedule.outreach_file import read_hours, read_messages, read_privacy, read_steps
from pro_app.schedule.section import Section, unique

__all__ = ["Site", "Study", "Timepoint", "load_holidays", "load_study"]

MODES = ("own_phone", "clinic_tablet", "interview", "paper")
GUARDS = ("none", "birth_year", "phone_last4")
LONGEST_WINDOW = 400


def load_study(path: Path, instrument_ids: Collection[str], scored: Scored | None = None) -> Study:
    """Read the study file at `path`; its instruments must be among `instrument_ids`.

    scored: instrument -> scale -> whether it has a threshold; with it the scales of alerts are checked too.
    Raises `DataFileError` with one line `file:line: what is wrong` for every fault found.
    """
    file = read_toml(path)
    top = Section(file, file.data)
    languages = _languages(top)
    hours = read_hours(top.table("contact_hours"))
    timepoints = _timepoints(top, languages, instrument_ids)
    sites = tuple(_sites(top, languages, timepoints, hours))
    messages = read_messages(top.table("messages"), languages)
    steps = read_steps(top, languages, messages, [hours, *(site.hours for site in sites)])
    cap = top.table("cap")
    emergency = top.table("emergency")
    study = Study(
        id=top.text("id"),
        title=top.translated("title", languages),
        languages=languages,
        modes=top.words_of("modes", MODES),
        sites=sites,
        arms=tuple(_arms(top, languages)),
        timepoints=timepoints,
        reminders=steps,
        hours=hours,
        cap=Cap(cap.whole("per_visit", 1, 20), cap.whole("per_day", 1, 5)),
        holidays=_holidays(top, path, languages),
        messages=messages,
        privacy=read_privacy(top.table("privacy"), languages),
        guard=top.one_of("wrong_person_guard", GUARDS),
        alerts=read_alerts(top, languages, instrument_ids, scored),
        registries=tuple(_registries(top)),
        emergency=Emergency(emergency.translated("text", languages), emergency.text("phone")),
        missing_reasons=read_missing_reasons(top, languages),
    )
    for section in (cap, emergency, top):
        section.close()
    file.finish()
    return study


def _languages(top: Section) -> tuple[str, ...]:
    languages = top.words("languages")
    for language in languages:
        try:
            Locale.parse(language, sep="-")
        except (ValueError, UnknownLocaleError):
            top.fault("languages", f"{language!r} is not a language code such as zh-Hans or en")
    return languages


def _arms(top: Section, languages: tuple[str, ...]) -> list[Arm]:
    arms, seen = [], set[str]()
    for section in top.tables("arm", needed=False):
        arm = Arm(section.name("id"), section.translated("label", languages))
        unique(section, "id", arm.id, seen)
        section.close()
        arms.append(arm)
    return arms


def _registries(top: Section) -> list[Destination]:
    """Only the shape is checked here: which adapters exist is known where they are wired."""
    destinations, seen = [], set[str]()
    for section in top.tables("registry", needed=False):
        destination = Destination(section.name("id"), section.name("adapter"))
        unique(section, "id", destination.id, seen)
        section.close()
        destinations.append(destination)
    return destinations


def _offset(section: Section, key: str) -> Offset:
    text = section.text(key)
    offset = read_offset(text)
    if text and offset is None:
        section.fault(key, f'{key} = {text!r} must be days, weeks or months such as "-1d", "2w", "1m"')
    return offset or Offset()


def _timepoints(
    top: Section, languages: tuple[str, ...], instrument_ids: Collection[str]
) -> tuple[Timepoint, ...]:
    timepoints, seen = [], set[str]()
    for section in top.tables("timepoint"):
        timepoint = Timepoint(
            id=section.name("id"),
            label=section.translated("label", languages),
            short_label=section.translated("short_label", languages),
            anchor=Anchor(section.one_of("anchor", [anchor.value for anchor in Anchor])),
            offset=_offset(section, "offset"),
            before=section.whole("before", 0, LONGEST_WINDOW),
            after=section.whole("after", 0, LONGEST_WINDOW),
            grace=section.whole("grace", 0, 60, default=0),
            instruments=section.words_of("instruments", sorted(instrument_ids)),
            assumption=section.flag("assumption", False),
        )
        unique(section, "id", timepoint.id, seen)
        section.close()
        timepoints.append(timepoint)
    return tuple(timepoints)


def _sites(
    top: Section, languages: tuple[str, ...], timepoints: tuple[Timepoint, ...], hours: ContactHours
) -> list[Site]:
    sites, seen = [], set[str]()
    for section in top.tables("site"):
        own, reasons = _exceptions(section, timepoints)
        site = Site(
            code=section.text("code"),
            name=section.translated("name", languages),
            time_zone=_time_zone(section),
            contact_name=section.translated("contact_name", languages),
            contact_phone=section.text("contact_phone"),
            timepoints=own,
            hours=read_hours(section.table("contact_hours")) if section.has("contact_hours") else hours,
            sms_signature=section.text("sms_signature", ""),
            exceptions=reasons,
        )
        unique(section, "code", site.code, seen)
        section.close()
        sites.append(site)
    return sites


def _time_zone(section: Section) -> str:
    name = section.text("time_zone")
    try:
        ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        section.fault("time_zone", f"time_zone = {name!r} must be an IANA name such as Asia/Shanghai")
        return "UTC"
    return name or "UTC"


def _exceptions(
    site: Section, timepoints: tuple[Timepoint, ...]
) -> tuple[tuple[Timepoint, ...], dict[str, str]]:
    """The study's timepoints as this site runs them, and why they differ."""
    own = {timepoint.id: timepoint for timepoint in timepoints}
    reasons: dict[str, str] = {}
    for section in site.tables("exception", needed=False):
        name = section.one_of("timepoint", own or [""])
        why = section.text("why")
        if name in reasons:
            section.fault("timepoint", f"timepoint = {name!r} has two exceptions at this site")
        reasons[name] = why
        if base := own.get(name):
            own[name] = replace(
                base,
                offset=_offset(section, "offset") if section.has("offset") else base.offset,
                before=section.whole("before", 0, LONGEST_WINDOW, default=base.before),
                after=section.whole("after", 0, LONGEST_WINDOW, default=base.after),
                grace=section.whole("grace", 0, 60, default=base.grace),
            )
        section.close()
    return tuple(own.values()), reasons


def _holidays(top: Section, path: Path, languages: tuple[str, ...]) -> tuple[Holiday, ...]:
    """The holidays file stands beside the study file; its faults are listed with the study's."""
    name = top.text("holidays", "")
    if not name:
        return ()
    try:
        return load_holidays(path.parent / name, languages)
    except DataFileError as error:
        for line in str(error.params["faults"]).splitlines():
            top.fault("holidays", line)
        return ()


def load_holidays(path: Path, languages: tuple[str, ...]) -> tuple[Holiday, ...]:
    """Read `[[holiday]]` tables: name in every language, first and last day. Raises `DataFileError`."""
    file = read_toml(path)
    top = Section(file, file.data)
    holidays = []
    for section in top.tables("holiday"):
        name = section.translated("name", languages)
        first, last = section.day("first"), section.day("last")
        section.close()
        if first is None or last is None:
            continue
        if last < first:
            section.fault("last", f"last = {last} is before first = {first}")
        elif (last - first).days > 31:
            section.fault("last", f"{first} to {last} is longer than 31 days")
        holidays.append(Holiday(name, first, last))
    top.close()
    file.finish()
    return tuple(holidays)

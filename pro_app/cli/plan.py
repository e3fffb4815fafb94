"""`pro-app plan`: the dry run. Every date, window, reminder and text, before anything is sent to anybody."""

import json
import os
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click
from babel import Locale
from babel.support import Translations

from pro_app.config import read_settings
from pro_app.errors import ProAppError
from pro_app.instruments.catalogue import load_catalogue
from pro_app.messages import N_, template_of
from pro_app.schedule.alarming import scored
from pro_app.schedule.elements import Site, Study, UnknownLanguage
from pro_app.schedule.plan import Anchors, SurgeryState
from pro_app.schedule.rehearsal import RehearsedVisit, rehearse
from pro_app.schedule.study import load_study

FIRST_YEAR, LAST_YEAR = 2000, 2100
CHANNELS = {"sms": N_("text message"), "email": N_("e-mail"), "call": N_("call list")}
_Say = Callable[[str], str]


class DayUnreadable(ProAppError):
    """A date on the command line that is no date, or that nobody can have meant."""

    code = "plan_day_unreadable"


class DayMissing(ProAppError):
    """A dry run needs a day to count from."""

    code = "plan_day_missing"


@click.command()
@click.option("--surgery", metavar="DATE", help="The day of surgery, as 2026-12-08.")
@click.option("--enrolled", metavar="DATE", help="The day of enrolment; nothing is sent before it.")
@click.option("--site", "code", metavar="CODE", help="The hospital; else the first of the study.")
@click.option(
    "--language", metavar="CODE", help="The patient's language, as zh-Hans; else the study's first."
)
@click.option(
    "--channel",
    "channels",
    type=click.Choice(["sms", "email"]),
    multiple=True,
    help="How the patient can be reached, the preferred way first; else both, text message first.",
)
@click.option("--study", "study_file", type=click.Path(path_type=Path), help="Another study file.")
@click.option("--json", "as_json", is_flag=True, help="A list for programs instead of a table.")
def plan(
    surgery: str | None,
    enrolled: str | None,
    code: str | None,
    language: str | None,
    channels: tuple[str, ...],
    study_file: Path | None,
    as_json: bool,
) -> None:
    """Show every date, window, reminder and text of a patient who never answers."""
    if not surgery and not enrolled:
        raise DayMissing()
    planned = _day(surgery) if surgery else None
    state = SurgeryState.PLANNED if planned else SurgeryState.UNKNOWN
    anchors = Anchors(_day(enrolled) if enrolled else None, planned, None, state)
    settings = read_settings(os.environ)
    catalogue = load_catalogue(settings.questionnaires_dir, settings.data_dir / "wording")
    instruments = catalogue.instruments
    study = load_study(study_file or settings.study_file, tuple(instruments), scored(instruments))
    site = study.site(code) if code else study.sites[0]
    tongue = language or study.languages[0]
    if tongue not in study.languages:
        raise UnknownLanguage(name=tongue, known=", ".join(study.languages))
    visits = rehearse(
        study,
        site,
        anchors,
        tongue,
        settings.base_url,
        channels=channels or ("sms", "email"),
    )
    if as_json:
        click.echo(json.dumps([for_programs(visit) for visit in visits], ensure_ascii=False, indent=2))
        return
    click.echo(
        "\n".join(for_people(study, site, visits, tongue, _speaker(settings.translations_dir, tongue)))
    )


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError as fault:
        raise DayUnreadable(text=text) from fault
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise DayUnreadable(text=text)
    return day


def _speaker(folder: Path, language: str) -> _Say:
    """What turns an English sentence into the language; English where there is no translation."""
    return Translations.load(folder, [str(Locale.parse(language, sep="-"))]).gettext


def for_programs(visit: RehearsedVisit) -> dict[str, Any]:
    """One visit as JSON: days as 2026-12-08, times with the offset of the site's clock."""
    return {
        "timepoint": visit.timepoint,
        "label": visit.label,
        "due": _iso(visit.due),
        "opens": _iso(visit.opens),
        "closes": _iso(visit.closes),
        "finish_by": _iso(visit.finish_by),
        "reminders": [
            {
                "step": reminder.step,
                "label": reminder.label,
                "audience": reminder.audience,
                "channel": reminder.channel,
                "at": reminder.at.isoformat(),
                "subject": reminder.subject,
                "text": reminder.text,
                "parts": reminder.parts,
            }
            for reminder in visit.reminders
        ],
        "not_sent": [{"step": step.step, "reason": step.reason} for step in visit.not_sent],
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def for_people(
    study: Study, site: Site, visits: Sequence[RehearsedVisit], language: str, say: _Say
) -> Iterable[str]:
    """Two tables: the visits, then what is sent for each."""
    yield f"{study.id} · {site.name[language]} ({site.code}, {site.time_zone})"
    yield ""
    heads = [N_("visit"), N_("opens"), N_("due"), N_("closes"), N_("may be finished until")]
    rows = [
        [visit.label, *(_iso(day) or "–" for day in (visit.opens, visit.due, visit.closes, visit.finish_by))]
        for visit in visits
    ]
    yield from _table([[say(head) for head in heads], *rows])
    for visit in visits:
        yield ""
        yield visit.label
        if visit.due is None:
            yield "  " + say(N_("No date yet: the day it is counted from is not known."))
        for reminder in visit.reminders:
            way = say(CHANNELS[reminder.channel])
            parts = f" ×{reminder.parts}" if reminder.parts > 1 else ""
            yield f"  {reminder.at:%Y-%m-%d %H:%M}  {reminder.label} · {way}{parts}"
            for line in (reminder.subject, *reminder.text.splitlines()) if reminder.channel != "call" else ():
                if line:
                    yield f"      {line}"
        for step in visit.not_sent:
            yield f"  {step.label}: {say(template_of(step.reason))}"


def _table(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _width(text: str) -> int:
    """Columns on a terminal: Chinese characters and full-width marks take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)

"""One row for every expected form, with its state: what every file of an export is written from.

Where a form stands is worked out by `journey`, as on the pages: an export can't disagree with them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pro_app.journey import Journey, Stop
from pro_app.records.export_rows import Change, Changes, SecondEntry, Sheet
from pro_app.records.participants import Participant
from pro_app.schedule.elements import Site, Study
from pro_app.schedule.missing import NOT_ANSWERED
from pro_app.schedule.window import VisitState, today


class FormState(StrEnum):
    """Where one form stands.

    in_window: received in time. late: received after the window. missing: over without it, or not expected
    any more; `reason` says why. open: may be answered now. not_yet_due: its window has not opened. no_date:
    its visit has no date. not_planned: received, but the study no longer asks it at that visit.
    """

    IN_WINDOW = "in_window"
    LATE = "late"
    MISSING = "missing"
    OPEN = "open"
    NOT_YET_DUE = "not_yet_due"
    NO_DATE = "no_date"
    NOT_PLANNED = "not_planned"

    @property
    def received(self) -> bool:
        return self in (FormState.IN_WINDOW, FormState.LATE, FormState.NOT_PLANNED)


REASONS = (NOT_ANSWERED, "paused", "too_ill", "withdrawn", "deceased")


def reasons_of(study: Study) -> tuple[str, ...]:
    """Why a form may be missing: what follows from a participant's status, then what staff may record."""
    return tuple(dict.fromkeys([*REASONS, *(one.id for one in study.missing_reasons)]))


@dataclass(frozen=True, slots=True)
class Form:
    """One instrument at one visit of one participant.

    `sheet`: the response that counts. `change`: the correction or move it came from. `others`: responses of
    the same form that do not count (replaced, withdrawn, kept beside), each with what ended it.
    `due`, `opens`, `closes` are days at the site; `received_on` likewise.
    """

    person: Participant
    site: Site
    timepoint: str
    instrument: str
    due: date | None
    opens: date | None
    closes: date | None
    state: FormState
    reason: str | None
    sheet: Sheet | None
    change: Change | None
    others: tuple[tuple[Sheet, Change | None], ...]

    @property
    def second_entry(self) -> SecondEntry | None:
        """How the paper that counts was typed in again; also when a correction has come out of it since."""
        if self.sheet is None or self.sheet.entered_by is None:
            return None
        typed = (self.sheet.entered_by, self.sheet.completed_on)
        before = [one for one, _ in self.others if one.standing == "replaced"]
        same = [one for one in before if (one.entered_by, one.completed_on) == typed]
        return next((one.second for one in (self.sheet, *reversed(same)) if one.second), None)

    @property
    def received_on(self) -> date | None:
        return today(self.sheet.received_at, self.site.tz) if self.sheet else None


def forms_of(way: Journey, sheets: Sequence[Sheet], changes: Changes) -> Iterator[Form]:
    """Every form of one participant in the study's order, then what came to visits no longer planned."""
    by_form: dict[tuple[str, str], list[Sheet]] = {}
    for sheet in sheets:
        by_form.setdefault((sheet.timepoint, sheet.instrument), []).append(sheet)
    for stop in way.stops:
        for name in stop.timepoint.instruments:
            came = by_form.pop((stop.timepoint.id, name), [])
            yield _planned(way, stop, name, came, changes)
    for (timepoint, name), came in by_form.items():
        yield _stray(way, timepoint, name, came, changes)


def _planned(way: Journey, stop: Stop, name: str, came: list[Sheet], changes: Changes) -> Form:
    state, reason = _stand(stop, name)
    sheet, change, others = _sorted_out(came, changes.made, changes.ended)
    visit = stop.visit
    return Form(
        way.person,
        way.site,
        stop.timepoint.id,
        name,
        visit.due,
        visit.opens,
        visit.closes,
        state,
        reason,
        sheet,
        change,
        others,
    )


def _stray(way: Journey, timepoint: str, name: str, came: list[Sheet], changes: Changes) -> Form:
    sheet, change, others = _sorted_out(came, changes.made, changes.ended)
    shown = sheet or came[-1]
    return Form(
        way.person,
        way.site,
        timepoint,
        name,
        shown.window_due,
        shown.window_opens,
        shown.window_closes,
        FormState.NOT_PLANNED,
        None,
        sheet,
        change,
        others,
    )


def _sorted_out(
    came: list[Sheet], made: Mapping[str, Change], ended: Mapping[str, Change]
) -> tuple[Sheet | None, Change | None, tuple[tuple[Sheet, Change | None], ...]]:
    """The response that counts with the change it came from, and the others with what ended them."""
    current = next((sheet for sheet in came if sheet.standing == "current"), None)
    others = tuple((sheet, ended.get(sheet.uuid)) for sheet in came if sheet is not current)
    return current, made.get(current.uuid) if current else None, others


def _stand(stop: Stop, name: str) -> tuple[FormState, str | None]:
    """The state of one form, from where its visit stands."""
    found = stop.assessment
    if name in found.done:
        return (FormState.LATE if name in found.late else FormState.IN_WINDOW), None
    if found.state.missing:
        return FormState.MISSING, stop.reason_of(name) or NOT_ANSWERED
    if found.state is VisitState.UNSCHEDULED:
        return FormState.NO_DATE, None
    if found.state is VisitState.UPCOMING:
        return FormState.NOT_YET_DUE, None
    return FormState.OPEN, None

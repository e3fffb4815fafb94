"""What each form that is not in stands for: shown before a status is saved, and exported for the analysis."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from pro_app.schedule.plan import Visit
from pro_app.schedule.status import Status
from pro_app.schedule.window import VisitState, assess

NOT_ANSWERED = "not_answered"
# Of forms that are missing for these reasons nobody could expect that they come.
NOT_EXPECTED = ("withdrawn", "deceased")


@dataclass(frozen=True, slots=True)
class MissingForm:
    """One instrument of one visit that is not in.

    `reason` is None while the form may still come; after that it is "not_answered", the participant's
    status ("paused", "too_ill", "withdrawn", "deceased") or the reason that staff put on record.
    """

    timepoint: str
    instrument: str
    state: VisitState
    reason: str | None


def missing_forms(
    visits: Iterable[Visit],
    site_tz: ZoneInfo,
    status: Status | str,
    done: Mapping[str, Mapping[str, datetime]],
    now: datetime,
    *,
    since: datetime | None = None,
    excused: Mapping[str, str] | None = None,
) -> tuple[MissingForm, ...]:
    """Every form that is not in, visit by visit; with a new `status` and `since` = `now` it is the preview.

    `done`: timepoint → instrument → when received. `excused`: timepoint → reason on record.

    A status that may end excuses what closes under it, as long as it lasts. Before it ends, the reasons that
    this function gives must be put on record (as `excused`), or those forms turn into plain misses.
    """
    on_record = excused or {}
    forms: list[MissingForm] = []
    for visit in visits:
        found = assess(
            visit,
            site_tz,
            status,
            done.get(visit.timepoint, {}),
            now,
            on_record.get(visit.timepoint),
            since=since,
        )
        reason = found.reason or NOT_ANSWERED if found.state.missing else None
        forms.extend(MissingForm(visit.timepoint, name, found.state, reason) for name in found.missing)
    return tuple(forms)

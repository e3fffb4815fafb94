"""What another surgery date would change: shown before it is saved, and said of what is already finished."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pro_app.schedule.elements import Site, Study
from pro_app.schedule.plan import Anchors, Visit, Window, plan


class Change(StrEnum):
    """What becomes of one visit."""

    SAME = "same"
    MOVES = "moves"
    APPEARS = "appears"
    VANISHES = "vanishes"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Move:
    """One visit before and after. `days`: how far its due day moves, negative is earlier; None without both.

    For a finished visit (`kept`) the window stays as it was; `days` then says how far the due day that the
    new dates would give lies from the due day it was answered for.
    """

    timepoint: str
    change: Change
    before: Visit
    after: Visit
    days: int | None


def compare(
    study: Study,
    site: Site | str,
    before: Anchors,
    after: Anchors,
    kept: Mapping[str, Window] | None = None,
) -> tuple[Move, ...]:
    """Which visits move when `before` becomes `after`, one row for each visit in the study's order.

    `kept` holds the windows of finished visits, by timepoint: those do not move.
    """
    held = kept or {}
    rows = zip(
        plan(study, before, site, held), plan(study, after, site, held), plan(study, after, site), strict=True
    )
    return tuple(_move(old, new, free) for old, new, free in rows)


def _move(old: Visit, new: Visit, free: Visit) -> Move:
    if new.kept:
        return Move(new.timepoint, Change.KEPT, old, new, distance(new, free))
    if old.due is None or new.due is None:
        change = Change.SAME if old.due == new.due else Change.APPEARS if old.due is None else Change.VANISHES
        return Move(new.timepoint, change, old, new, None)
    days = (new.due - old.due).days
    return Move(new.timepoint, Change.MOVES if days else Change.SAME, old, new, days)


def distance(kept: Visit, free: Visit) -> int | None:
    """Days from the due day a finished visit was answered for to the one the dates of today would give."""
    return None if kept.due is None or free.due is None else (free.due - kept.due).days

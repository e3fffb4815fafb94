"""The studies, the patients and small builders of these tests."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from pro_app.schedule.elements import Site, Study
from pro_app.schedule.plan import Anchors, Visit, plan
from pro_app.schedule.reminding import Decision, Facts, Past, Reason, decide
from pro_app.schedule.study import load_study
from pro_app.schedule.window import VisitState, visit_state

ROOT = Path(__file__).resolve().parents[3]
NCT_FILE = ROOT / "questionnaires" / "studies" / "nct06120426.toml"
WALKING_FILE = Path(__file__).parent / "data" / "walking.toml"

WANG = Facts("active", "zh-Hans", ("sms",))
MARY = Facts("active", "en", ("email", "sms"), ("sms",))
SURGERY = date(2026, 12, 8)
BOTH = ("bpi-sf", "qlq-c30")


@cache
def nct() -> Study:
    return load_study(NCT_FILE, BOTH)


@cache
def walking() -> Study:
    return load_study(WALKING_FILE, ("steps", "mood"))


def changzheng() -> Site:
    return nct().site("CZ")


def planned(day: date = SURGERY) -> Anchors:
    return Anchors(date(2026, 11, 1), day, None, "planned")


def visit(
    timepoint: str, anchors: Anchors | None = None, study: Study | None = None, site: str = "CZ"
) -> Visit:
    visits = plan(study or nct(), anchors or planned(), site)
    return next(one for one in visits if one.timepoint == timepoint)


def beijing(text: str) -> datetime:
    """`2026-12-08 09:00` on the clock of Beijing, as UTC."""
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


def sent(
    timepoint: str,
    step: str,
    at: datetime,
    *,
    state: str = "sent",
    channel: str = "sms",
    audience: str = "patient",
    anchors: Anchors | None = None,
) -> Past:
    opens = visit(timepoint, anchors).opens
    assert opens
    return Past(timepoint, opens, step, channel, audience, state, at)


def decided(
    now: datetime,
    facts: Facts = WANG,
    past: tuple[Past, ...] = (),
    anchors: Anchors | None = None,
    done: Mapping[str, Mapping[str, datetime]] | None = None,
    excused: Mapping[str, str] | None = None,
) -> Decision:
    """What is decided at Changzheng, with each visit's state from the one function that knows it."""
    return decide(nct(), changzheng(), facts, states(now, facts, anchors, done, excused), past, now)


def states(
    now: datetime,
    facts: Facts = WANG,
    anchors: Anchors | None = None,
    done: Mapping[str, Mapping[str, datetime]] | None = None,
    excused: Mapping[str, str] | None = None,
) -> list[tuple[Visit, VisitState]]:
    tz = changzheng().tz
    return [
        (
            one,
            visit_state(
                one,
                tz,
                facts.status,
                (done or {}).get(one.timepoint, {}),
                now,
                (excused or {}).get(one.timepoint),
            ),
        )
        for one in plan(nct(), anchors or planned(), changzheng())
    ]


# Two weeks after 8 December 2026: opens Saturday 19, closes Friday 25 December.
OPENS = beijing("2026-12-19 09:00")
FIRST = sent("2w", "opens", OPENS)
PLUS_2 = sent("2w", "plus-2d", beijing("2026-12-21 09:00"))
PLUS_5 = sent("2w", "plus-5d", beijing("2026-12-24 09:00"))


def steps(decision: Decision) -> list[str]:
    return [intent.step for intent in decision.intents]


def reasons(decision: Decision) -> dict[str, Reason]:
    return {held.step: held.reason for held in decision.held}

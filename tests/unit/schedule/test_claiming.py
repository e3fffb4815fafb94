"""Asked again inside the claim: a moment before a message leaves, everything is judged anew."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pro_app.schedule.plan import Anchors
from pro_app.schedule.reminding import Facts, Past, Reason, decide, obstacle, right_to_contact
from pro_app.schedule.status import Status
from tests.unit.schedule.cast import (
    BOTH,
    MARY,
    OPENS,
    WANG,
    beijing,
    changzheng,
    nct,
    planned,
    sent,
    states,
    visit,
)

DUE = sent("2w", "opens", OPENS, state="due")


def asked_again(
    delivery: Past,
    now: datetime,
    facts: Facts = WANG,
    others: tuple[Past, ...] = (),
    anchors: Anchors | None = None,
    done: dict[str, dict[str, datetime]] | None = None,
) -> Reason | None:
    held = obstacle(nct(), changzheng(), facts, states(now, facts, anchors, done), delivery, others, now)
    return held.reason if held else None


def test_nothing_stands_in_the_way_of_a_fresh_decision() -> None:
    assert asked_again(DUE, OPENS) is None


@pytest.mark.parametrize("status", [one for one in Status if one != Status.ACTIVE])
def test_whoever_withdrew_died_fell_ill_or_paused_since_the_decision_is_not_written_to(
    status: Status,
) -> None:
    assert asked_again(DUE, OPENS, facts=replace(WANG, status=status)) == Reason(f"held_{status}")


def test_what_was_answered_since_the_decision_is_not_reminded_of() -> None:
    done = {"2w": dict.fromkeys(BOTH, OPENS)}
    assert asked_again(DUE, OPENS + timedelta(minutes=1), done=done) == Reason.FINISHED


@pytest.mark.parametrize(
    "anchors",
    [
        planned(date(2026, 12, 7)),
        planned(date(2026, 12, 9)),
        planned(date(2027, 3, 1)),
        Anchors(None, date(2026, 12, 8), None, "cancelled"),
        Anchors(None, date(2026, 12, 8), None, "unknown"),
    ],
)
def test_nothing_decided_for_an_old_date_is_sent_after_the_operation_moved(anchors: Anchors) -> None:
    assert asked_again(DUE, OPENS, anchors=anchors) == Reason.MOVED


def test_the_status_is_said_even_when_the_date_has_moved_too() -> None:
    withdrawn = replace(WANG, status="withdrawn")
    assert asked_again(DUE, OPENS, facts=withdrawn, anchors=planned(date(2027, 3, 1))) == Reason.WITHDRAWN


def test_a_step_the_study_no_longer_has_is_not_sent() -> None:
    assert asked_again(replace(DUE, step="gone"), OPENS) == Reason.MOVED


def test_a_row_that_waited_until_a_newer_step_is_due_is_not_sent() -> None:
    assert asked_again(DUE, beijing("2026-12-21 09:00")) == Reason.SUPERSEDED


def test_a_row_whose_address_is_gone_is_not_sent() -> None:
    assert asked_again(DUE, OPENS, facts=replace(WANG, channels=("email",))) == Reason.NO_ADDRESS


def test_a_row_claimed_at_night_waits() -> None:
    night = beijing("2026-12-19 20:00")
    held = obstacle(nct(), changzheng(), WANG, states(night), DUE, (), night)
    assert held and (held.reason, held.until) == (Reason.QUIET_HOURS, beijing("2026-12-20 08:00"))


def test_rows_that_only_wait_do_not_hold_up_each_other_but_one_sent_today_does() -> None:
    other = replace(DUE, timepoint="1m", opens_on=date(2026, 12, 15), at=OPENS)
    assert asked_again(DUE, OPENS, others=(other,)) is None
    assert asked_again(DUE, OPENS, others=(replace(other, state="claimed"),)) == Reason.CAP_DAY


def test_a_call_may_be_put_on_the_list_at_any_hour() -> None:
    call = sent("2w", "call-list", OPENS, state="due", channel="call", audience="call_list")
    assert asked_again(call, beijing("2026-12-25 22:00")) is None


def test_the_right_to_contact_can_be_asked_by_itself() -> None:
    assert right_to_contact("active", True) is None
    assert right_to_contact("active", False) == Reason.NO_CONSENT
    assert right_to_contact("deceased", True) == Reason.DECEASED


@settings(max_examples=150, deadline=None)
@given(
    st.dates(date(2026, 1, 1), date(2028, 6, 1)),
    st.lists(st.integers(0, 400 * 24 * 60), min_size=1, max_size=25),
    st.sampled_from([WANG, MARY]),
)
def test_whenever_the_clock_ticks_nobody_is_written_to_too_often_or_at_a_wrong_time(
    surgery: date, minutes: list[int], facts: Facts
) -> None:
    """Ticks at any instants, with outages of any length: each promise holds for all that was sent."""
    anchors, study, site = planned(surgery), nct(), changzheng()
    begin = datetime(surgery.year, surgery.month, surgery.day, tzinfo=UTC) - timedelta(days=10)
    past: list[Past] = []
    for minute in sorted(minutes):
        now = begin + timedelta(minutes=minute)
        decision = decide(study, site, facts, states(now, facts, anchors), past, now)
        for intent in decision.intents:
            row = Past(
                intent.timepoint, intent.opens_on, intent.step, intent.channel, intent.audience, "due", now
            )
            assert obstacle(study, site, facts, states(now, facts, anchors), row, past, now) is None
            past.append(replace(row, state="sent"))
    keys = [(row.timepoint, row.opens_on, row.step, row.audience) for row in past]
    assert len(keys) == len(set(keys))
    messages = [row for row in past if row.channel != "call"]
    for row in messages:
        local = row.at.astimezone(site.tz)
        assert 8 <= local.hour < 20
        assert local.date() not in study.holiday_on
        own = visit(row.timepoint, anchors)
        assert own.opens and own.closes and own.opens <= local.date() <= own.closes
    for audience in ("patient", "family"):
        days = [row.at.astimezone(site.tz).date() for row in messages if row.audience == audience]
        assert len(days) == len(set(days))

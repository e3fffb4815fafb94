"""Whom to write to now: the right person, at the right hour, and never one message too many."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from pro_app.schedule.outreach import ContactHours, OnHoliday
from pro_app.schedule.plan import Anchors
from pro_app.schedule.reminding import Decision, Reason, decide
from tests.unit.schedule.cast import (
    BOTH,
    FIRST,
    MARY,
    OPENS,
    PLUS_2,
    PLUS_5,
    WANG,
    beijing,
    changzheng,
    decided,
    nct,
    planned,
    reasons,
    sent,
    states,
    steps,
)


def test_nothing_is_sent_before_the_first_step_is_due() -> None:
    decision = decided(OPENS - timedelta(seconds=1))
    assert decision == Decision((), ())


def test_the_first_step_goes_out_when_the_visit_opens() -> None:
    (intent,) = decided(OPENS).intents
    assert (intent.timepoint, intent.opens_on, intent.step) == ("2w", date(2026, 12, 19), "opens")
    assert (intent.audience, intent.channel, intent.language) == ("patient", "sms", "zh-Hans")
    assert (intent.message, intent.at) == ("invitation", OPENS)


def test_what_was_sent_is_neither_sent_again_nor_talked_about() -> None:
    assert decided(OPENS + timedelta(hours=3), past=(FIRST,)) == Decision((), ())


def test_each_step_follows_on_its_day() -> None:
    assert steps(decided(beijing("2026-12-21 09:00"), past=(FIRST,))) == ["plus-2d"]
    assert steps(decided(beijing("2026-12-24 09:00"), past=(FIRST, PLUS_2))) == ["plus-5d"]
    assert steps(decided(beijing("2026-12-25 09:00"), past=(FIRST, PLUS_2, PLUS_5))) == ["last-day"]


def test_after_three_days_down_a_person_gets_one_message_and_the_rows_say_what_was_passed_over() -> None:
    decision = decided(beijing("2026-12-22 10:00"))
    assert steps(decision) == ["plus-2d"]
    assert reasons(decision) == {"opens": Reason.SUPERSEDED}


def test_a_patient_enrolled_late_gets_one_message_for_the_open_visit_and_none_for_those_before() -> None:
    # The operation was 10 months ago: four visits are over, the last one has been open for days.
    anchors = planned(date(2026, 2, 8))
    decision = decided(beijing("2027-01-20 10:00"), anchors=anchors)
    assert [(intent.timepoint, intent.step) for intent in decision.intents] == [("12m", "plus-5d")]
    assert {held.timepoint for held in decision.held} == {"12m"}


@pytest.mark.parametrize("step", ["plus-2d", "plus-5d", "last-day"])
def test_a_finished_visit_is_not_reminded_of(step: str) -> None:
    now = {"plus-2d": "2026-12-21 09:00", "plus-5d": "2026-12-24 09:00", "last-day": "2026-12-25 09:00"}[step]
    done = {"2w": {name: beijing("2026-12-20 12:00") for name in BOTH}}
    decision = decided(beijing(now), past=(FIRST,), done=done)
    assert steps(decision) == []
    assert reasons(decision)[step] == Reason.FINISHED


def test_half_a_visit_is_still_reminded_of() -> None:
    done = {"2w": {"bpi-sf": beijing("2026-12-20 12:00")}}
    assert steps(decided(beijing("2026-12-21 09:00"), past=(FIRST,), done=done)) == ["plus-2d"]


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("paused", Reason.PAUSED),
        ("too_ill", Reason.TOO_ILL),
        ("withdrawn", Reason.WITHDRAWN),
        ("deceased", Reason.DECEASED),
    ],
)
def test_one_switch_stops_messages_to_patient_family_and_call_list(status: str, reason: Reason) -> None:
    facts = replace(MARY, status=status)
    decision = decided(beijing("2026-12-25 14:00"), facts=facts)
    assert steps(decision) == []
    assert set(reasons(decision).values()) == {reason}
    assert {held.audience for held in decision.held} == {"patient", "family", "call_list"}


def test_who_has_not_agreed_is_not_written_to() -> None:
    decision = decided(OPENS, facts=replace(WANG, may_contact=False))
    assert (steps(decision), reasons(decision)) == ([], {"opens": Reason.NO_CONSENT})


def test_a_visit_with_a_recorded_reason_is_left_in_peace() -> None:
    decision = decided(OPENS, excused={"2w": "refused"})
    assert (steps(decision), reasons(decision)) == ([], {"opens": Reason.EXCUSED})


def test_a_step_that_an_outage_swallowed_is_written_down_when_the_window_has_closed() -> None:
    decision = decided(beijing("2026-12-26 09:00"))
    assert steps(decision) == []
    assert set(reasons(decision).values()) == {Reason.CLOSED}
    # Two days after the last form could come in there is nothing left to say.
    assert decided(beijing("2026-12-28 09:00")) == Decision((), ())


def test_in_grace_nobody_is_written_to_since_every_text_names_a_day_that_has_passed() -> None:
    now = beijing("2026-12-26 09:00")
    rows = [(one, state if one.timepoint != "2w" else type(state)("grace")) for one, state in states(now)]
    decision = decide(nct(), changzheng(), WANG, rows, (), now)
    assert (steps(decision), reasons(decision)["last-day"]) == ([], Reason.CLOSED)


def test_a_visit_that_is_not_open_after_all_is_not_reminded_of() -> None:
    rows = [(one, type(state)("upcoming")) for one, state in states(OPENS)]
    assert reasons(decide(nct(), changzheng(), WANG, rows, (), OPENS)) == {"opens": Reason.NOT_OPEN}


@pytest.mark.parametrize(
    ("now", "sends", "until"),
    [
        ("2026-12-21 09:00", True, None),
        ("2026-12-21 19:59:59", True, None),
        ("2026-12-21 20:00", False, "2026-12-22 08:00"),
        ("2026-12-21 23:30", False, "2026-12-22 08:00"),
        ("2026-12-22 00:30", False, "2026-12-22 08:00"),
        ("2026-12-22 07:59:59", False, "2026-12-22 08:00"),
        ("2026-12-22 08:00", True, None),
    ],
)
def test_messages_leave_from_eight_to_eight_on_the_clock_of_the_site(
    now: str, sends: bool, until: str | None
) -> None:
    decision = decided(beijing(now), past=(FIRST,))
    assert steps(decision) == (["plus-2d"] if sends else [])
    held = [one for one in decision.held if one.step == "plus-2d"]
    assert [one.reason for one in held] == ([] if sends else [Reason.QUIET_HOURS])
    assert [one.until for one in held] == ([beijing(until)] if until else [])


def test_what_waits_past_the_end_of_the_visit_has_no_hour_to_wait_for() -> None:
    decision = decided(beijing("2026-12-25 21:00"), past=(FIRST, PLUS_2, PLUS_5))
    (held,) = [one for one in decision.held if one.step == "last-day"]
    assert (held.reason, held.until) == (Reason.QUIET_HOURS, None)


def test_the_first_instant_after_the_visit_is_after_the_visit() -> None:
    always = replace(changzheng(), hours=ContactHours(time(0), time(22)))
    now = beijing("2026-12-25 23:00")
    decision = decide(nct(), always, WANG, states(now), (FIRST, PLUS_2, PLUS_5), now)
    assert [held.until for held in decision.held if held.step == "last-day"] == [None]


# Spring Festival 2027 is kept from 5 to 11 February.
def test_a_step_that_falls_on_a_holiday_goes_out_on_the_first_day_after() -> None:
    # One month after 8 January: opens 1 February, +2 on 3, +5 on 6 February.
    anchors = planned(date(2027, 1, 8))
    opened = sent("1m", "opens", beijing("2027-02-01 09:00"), anchors=anchors)
    second = sent("1m", "plus-2d", beijing("2027-02-03 09:00"), anchors=anchors)
    past = (opened, second)
    for day in range(5, 12):
        assert decided(beijing(f"2027-02-{day:02} 09:00"), past=past, anchors=anchors) == Decision((), ())
    (intent,) = decided(beijing("2027-02-12 09:00"), past=past, anchors=anchors).intents
    assert (intent.step, intent.at) == ("plus-5d", beijing("2027-02-12 09:00"))


def test_a_last_day_on_a_holiday_is_announced_before_it() -> None:
    # Two weeks after 22 January: 2 to 8 February; the last day lies in the holiday.
    anchors = planned(date(2027, 1, 22))
    opened = sent("2w", "opens", beijing("2027-02-02 09:00"), anchors=anchors)
    (intent,) = decided(beijing("2027-02-04 09:00"), past=(opened,), anchors=anchors).intents
    assert intent.step == "last-day"


def test_what_an_outage_left_over_waits_until_the_holiday_is_over() -> None:
    anchors = planned(date(2027, 1, 8))
    decision = decided(beijing("2027-02-07 10:00"), anchors=anchors)
    assert steps(decision) == []
    (waiting,) = [held for held in decision.held if held.reason == Reason.HOLIDAY]
    assert (waiting.step, waiting.until) == ("plus-2d", beijing("2027-02-12 08:00"))


def test_a_step_that_the_study_sends_on_holidays_goes_out_on_a_holiday() -> None:
    keep = nct().step("plus-2d")
    study = replace(nct(), reminders=(replace(keep, on_holiday=OnHoliday.SEND),))
    anchors = planned(date(2027, 1, 22))
    # Two weeks: open from 2 to 8 February; an outage until the 6th, a holiday.
    now = beijing("2027-02-06 09:00")
    assert steps(decide(study, changzheng(), WANG, states(now, anchors=anchors), (), now)) == ["plus-2d"]
    night = beijing("2027-02-06 21:00")
    (held,) = decide(study, changzheng(), WANG, states(night, anchors=anchors), (), night).held
    assert (held.reason, held.until) == (Reason.QUIET_HOURS, beijing("2027-02-07 08:00"))


def test_when_the_whole_window_is_a_holiday_only_the_call_list_hears_of_it() -> None:
    anchors = planned(date(2027, 1, 25))
    for day in range(5, 12):
        assert steps(decided(beijing(f"2027-02-{day:02} 12:00"), MARY, anchors=anchors)) == []
    assert steps(decided(beijing("2027-02-11 13:00"), MARY, anchors=anchors)) == ["call-list"]


def test_two_open_visits_share_the_cap_of_the_day_and_the_one_that_closes_first_goes_first() -> None:
    tight = replace(nct(), cap=replace(nct().cap, per_day=1))
    rows = states(OPENS)
    # A second visit is open over the same days and closes a day later.
    baseline, state = rows[1]
    assert baseline.closes
    other = replace(baseline, timepoint="extra", closes=baseline.closes + timedelta(days=1))
    decision = decide(tight, changzheng(), WANG, [(other, state), *rows], (), OPENS)
    assert [intent.timepoint for intent in decision.intents] == ["2w"]
    (held,) = decision.held
    assert (held.timepoint, held.reason, held.until) == ("extra", Reason.CAP_DAY, beijing("2026-12-20 08:00"))
    loose = replace(nct(), cap=replace(nct().cap, per_day=2))
    assert len(decide(loose, changzheng(), WANG, [(other, state), *rows], (), OPENS).intents) == 2


def test_a_message_of_yesterday_does_not_fill_the_cap_of_today() -> None:
    late = sent("2w", "opens", beijing("2026-12-20 19:59"))
    assert steps(decided(beijing("2026-12-21 09:00"), past=(late,))) == ["plus-2d"]
    just_now = sent("2w", "opens", beijing("2026-12-21 00:01"))
    assert reasons(decided(beijing("2026-12-21 09:00"), past=(just_now,))) == {"plus-2d": Reason.CAP_DAY}


def test_a_visit_has_its_full_number_of_messages_and_no_more() -> None:
    tight = replace(nct(), cap=replace(nct().cap, per_visit=2))
    now = beijing("2026-12-24 09:00")
    decision = decide(tight, changzheng(), WANG, states(now), (FIRST, PLUS_2), now)
    assert (steps(decision), reasons(decision)) == ([], {"plus-5d": Reason.CAP_VISIT})


def test_failed_messages_and_decisions_against_do_not_fill_a_cap_and_old_dates_count_for_the_old_date() -> (
    None
):
    tight = replace(nct(), cap=replace(nct().cap, per_visit=1))
    now = beijing("2026-12-21 09:00")
    for harmless in (
        replace(FIRST, state="failed"),
        replace(FIRST, state="not_sent"),
        replace(FIRST, opens_on=date(2026, 11, 1), at=beijing("2026-11-01 09:00")),
        replace(FIRST, audience="family"),
    ):
        assert steps(decide(tight, changzheng(), WANG, states(now), (harmless,), now)) == ["plus-2d"]
    for counted in ("due", "claimed", "sent", "delivered", "unknown"):
        past = (replace(FIRST, state=counted),)
        assert steps(decide(tight, changzheng(), WANG, states(now), past, now)) == []


def test_a_cancelled_operation_leaves_nothing_to_say() -> None:
    cancelled = Anchors(date(2026, 11, 1), date(2026, 12, 8), None, "cancelled")
    assert decided(OPENS, anchors=cancelled) == Decision((), ())


def test_only_time_lifts_the_reasons_that_wait() -> None:
    waiting = {reason for reason in Reason if reason.waits}
    assert waiting == {Reason.CAP_DAY, Reason.PATIENT_FIRST, Reason.HOLIDAY, Reason.QUIET_HOURS}

"""Which channel, which language, and when family and nurses come in."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from pro_app.schedule.plan import Anchors, plan
from pro_app.schedule.reminding import Decision, Facts, Past, Reason, decide
from pro_app.schedule.window import visit_state
from tests.unit.schedule.cast import (
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
    reasons,
    sent,
    states,
    steps,
    walking,
)


def test_the_preferred_channel_is_used_and_the_other_only_when_it_fails() -> None:
    (first,) = decided(OPENS, facts=MARY).intents
    assert (first.channel, first.language) == ("email", "en")
    for state in ("due", "claimed", "sent", "delivered", "unknown"):
        past = (sent("2w", "opens", OPENS, state=state, channel="email"),)
        assert steps(decided(OPENS + timedelta(hours=1), facts=MARY, past=past)) == []
    for state in ("failed", "address_refused"):
        past = (sent("2w", "opens", OPENS, state=state, channel="email"),)
        (second,) = decided(OPENS + timedelta(hours=1), facts=MARY, past=past).intents
        assert (second.step, second.channel) == ("opens", "sms")


def test_when_every_way_has_failed_the_row_says_so() -> None:
    past = (sent("2w", "opens", OPENS, state="failed"),)
    assert reasons(decided(OPENS, past=past)) == {"opens": Reason.ALL_FAILED}
    # The address was refused, so the caller does not offer it any more.
    nobody = replace(WANG, channels=())
    assert reasons(decided(OPENS, facts=nobody, past=past)) == {"opens": Reason.ALL_FAILED}


def test_without_a_phone_or_mailbox_the_row_says_so() -> None:
    decision = decided(OPENS, facts=replace(WANG, channels=()))
    assert (steps(decision), reasons(decision)) == ([], {"opens": Reason.NO_ADDRESS})


def test_a_language_that_the_study_does_not_write_in_gets_the_first_one() -> None:
    (intent,) = decided(OPENS, facts=replace(WANG, language="zh-Hant")).intents
    assert intent.language == "zh-Hans"


def test_family_and_call_list_come_after_the_patient() -> None:
    past = (FIRST, PLUS_2, PLUS_5)
    now = beijing("2026-12-24 10:00")
    (family,) = decided(now, facts=MARY, past=past).intents
    assert (family.step, family.audience, family.channel, family.message) == (
        "family",
        "family",
        "sms",
        "family",
    )
    last = sent("2w", "last-day", beijing("2026-12-25 09:00"))
    asked = sent("2w", "family", now, audience="family")
    (call,) = decided(beijing("2026-12-25 13:00"), facts=MARY, past=(*past, last, asked)).intents
    assert (call.step, call.channel, call.message) == ("call-list", "call", "")


def test_family_waits_while_the_patient_has_had_no_day_to_answer() -> None:
    # Enrolled late, on the day before the last: the patient is asked today, the family not yet.
    now = beijing("2026-12-24 11:00")
    decision = decided(now, facts=MARY)
    assert steps(decision) == ["plus-5d"]
    (held,) = [one for one in decision.held if one.audience == "family"]
    assert (held.reason, held.until) == (Reason.PATIENT_FIRST, beijing("2026-12-25 08:00"))
    patient = sent("2w", "plus-5d", now, channel="email")
    assert "family" in steps(decided(beijing("2026-12-25 08:00"), facts=MARY, past=(patient,)))


def test_a_decision_against_writing_to_the_patient_is_no_day_to_answer() -> None:
    held = replace(sent("2w", "plus-2d", beijing("2026-12-21 22:00"), channel="email"), state="not_sent")
    decision = decided(beijing("2026-12-24 11:00"), facts=MARY, past=(held,))
    assert reasons(decision)["family"] == Reason.PATIENT_FIRST


def test_a_patient_whom_no_message_reaches_is_no_reason_to_wait() -> None:
    now = beijing("2026-12-24 11:00")
    unreachable = replace(MARY, channels=())
    assert steps(decided(now, facts=unreachable)) == ["family"]
    bounced = sent("2w", "plus-2d", beijing("2026-12-21 09:00"), state="failed", channel="email")
    assert "family" in steps(decided(now, facts=MARY, past=(bounced,)))


def test_a_call_on_the_last_day_cannot_wait_for_tomorrow_and_knows_no_hours_or_caps() -> None:
    assert "call-list" in steps(decided(beijing("2026-12-25 13:00")))
    assert "call-list" in steps(decided(beijing("2026-12-25 23:00")))


def test_a_call_on_an_earlier_day_waits_for_the_patient_as_the_family_does() -> None:
    early = next(step for step in nct().reminders if step.id == "call-list")
    moment = replace(early.moment, base="opens")
    study = replace(
        nct(), reminders=tuple(replace(s, moment=moment) if s is early else s for s in nct().reminders)
    )
    now = beijing("2026-12-19 13:00")
    decision = decide(study, changzheng(), WANG, states(now), (), now)
    assert reasons(decision)["call-list"] == Reason.PATIENT_FIRST


def test_where_the_patient_is_not_written_to_at_all_nobody_waits_for_it() -> None:
    study = replace(nct(), reminders=tuple(one for one in nct().reminders if one.audience != "patient"))
    now = beijing("2026-12-24 10:00")
    decision = decide(study, changzheng(), MARY, states(now, MARY), (), now)
    assert steps(decision) == ["family"]


def test_a_study_whose_steps_use_every_channel_uses_every_channel_as_one_message() -> None:
    study, site = walking(), walking().site("BER")
    anchors = Anchors(date(2026, 9, 1), None, date(2026, 9, 8), "done")
    # Six weeks after 8 September: due 20 October; the first step leaves at ten the day before, summer time.
    now = datetime(2026, 10, 19, 8, 0, tzinfo=UTC)
    rows = [(one, visit_state(one, site.tz, "active", {}, now)) for one in plan(study, anchors, site)]
    facts = Facts("active", "de", ("email", "sms"))
    decision = decide(study, site, facts, rows, (), now)
    assert [(intent.step, intent.channel) for intent in decision.intents] == [
        ("first", "email"),
        ("first", "sms"),
    ]
    one = Past("week-6", date(2026, 10, 18), "first", "email", "patient", "sent", now)
    (rest,) = decide(study, site, facts, rows, (one,), now).intents
    assert rest.channel == "sms"
    both = (one, replace(one, channel="sms"))
    assert decide(study, site, facts, rows, both, now) == Decision((), ())

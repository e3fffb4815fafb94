"""The dry run shows what the clock would do, for it asks the same function."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from pro_app.schedule.plan import Anchors
from pro_app.schedule.reasons import Reason
from pro_app.schedule.rehearsal import RehearsedVisit, rehearse
from tests.unit.schedule.cast import beijing, changzheng, nct, planned, walking

ADDRESS = "https://fu.example.org"


def run(anchors: Anchors, language: str = "zh-Hans", **options: object) -> dict[str, RehearsedVisit]:
    visits = rehearse(nct(), changzheng(), anchors, language, ADDRESS, **options)  # type: ignore[arg-type]
    return {visit.timepoint: visit for visit in visits}


def test_every_visit_has_its_days_its_times_and_its_texts() -> None:
    visit = run(planned(date(2026, 12, 8)))["2w"]
    assert (visit.label, visit.opens, visit.due, visit.closes) == (
        "术后 2 周随访",
        date(2026, 12, 19),
        date(2026, 12, 22),
        date(2026, 12, 25),
    )
    assert [(one.step, one.channel, one.at.isoformat()) for one in visit.reminders] == [
        ("opens", "sms", "2026-12-19T09:00:00+08:00"),
        ("plus-2d", "sms", "2026-12-21T09:00:00+08:00"),
        ("plus-5d", "sms", "2026-12-24T09:00:00+08:00"),
        ("family", "sms", "2026-12-24T10:00:00+08:00"),
        ("last-day", "sms", "2026-12-25T09:00:00+08:00"),
        ("call-list", "call", "2026-12-25T13:00:00+08:00"),
    ]
    assert visit.reminders[0].text == (
        "随访提醒：您的随访已开放，请在12月25日前完成。打开 fu.example.org 输入代码 XXXXXX 即可。"
    )
    assert visit.reminders[0].parts == 1
    assert (visit.reminders[-1].text, visit.reminders[-1].parts) == ("电话随访名单", 0)
    assert visit.not_sent == ()


def test_a_patient_with_a_mailbox_only_gets_the_e_mail_in_their_language() -> None:
    first = run(planned(), "en", channels=("email",))["2w"].reminders[0]
    assert (first.channel, first.subject, first.parts) == (
        "email",
        "Follow-up notice: please finish by 25 December 2026",
        0,
    )
    assert f"{ADDRESS}/v/XXXXXX" in first.text


def test_without_a_family_contact_that_step_says_why_it_is_not_sent() -> None:
    visit = run(planned(), family_channels=())["2w"]
    assert [(one.step, one.reason) for one in visit.not_sent] == [("family", Reason.NO_ADDRESS)]


def test_no_message_falls_into_spring_festival() -> None:
    for visit in run(planned(date(2027, 1, 8))).values():
        for reminder in visit.reminders:
            if reminder.channel != "call":
                assert not date(2027, 2, 5) <= reminder.at.date() <= date(2027, 2, 11)
    month = run(planned(date(2027, 1, 8)))["1m"]
    assert [(one.step, one.at.day) for one in month.reminders][:3] == [
        ("opens", 1),
        ("plus-2d", 3),
        ("plus-5d", 12),
    ]


def test_a_window_that_lies_in_the_holiday_says_so_before_it_happens() -> None:
    visit = run(planned(date(2027, 1, 25)))["2w"]
    assert [one.step for one in visit.reminders] == ["call-list"]
    assert {one.reason for one in visit.not_sent} == {Reason.NO_ROOM}


def test_a_late_enrolment_is_not_flooded() -> None:
    anchors = Anchors(date(2027, 2, 27), date(2027, 1, 25), None, "planned")
    visits = run(anchors)
    assert visits["baseline"].reminders == visits["2w"].reminders == ()
    assert {one.reason for one in visits["baseline"].not_sent} == {Reason.CLOSED}
    month = visits["1m"]
    assert [(one.step, f"{one.at:%m-%d %H:%M}") for one in month.reminders] == [
        ("plus-5d", "02-27 08:00"),
        ("family", "03-03 10:00"),
        ("last-day", "03-04 09:00"),
        ("call-list", "03-04 13:00"),
    ]
    assert [(one.step, one.reason) for one in month.not_sent] == [
        ("opens", Reason.SUPERSEDED),
        ("plus-2d", Reason.SUPERSEDED),
    ]


def test_it_may_begin_now_as_the_enrolment_page_does() -> None:
    visit = run(planned(), start=beijing("2026-12-24 21:30"))["2w"]
    assert [(one.step, f"{one.at:%m-%d %H:%M}") for one in visit.reminders] == [
        ("plus-5d", "12-25 08:00"),
        ("call-list", "12-25 13:00"),
    ]
    # The message that waited for the morning is the one message of that day.
    assert [one.reason for one in visit.not_sent if one.step == "last-day"] == [Reason.CAP_DAY]


def test_a_step_held_over_night_is_shown_at_the_hour_it_leaves() -> None:
    visit = run(planned(), start=beijing("2026-12-21 22:00"))["2w"]
    first = visit.reminders[0]
    assert (first.step, f"{first.at:%m-%d %H:%M}") == ("plus-2d", "12-22 08:00")


def test_without_an_operation_there_is_nothing_to_show() -> None:
    visits = run(Anchors(date(2026, 12, 1), None, None, "unknown"))
    assert {(visit.due, visit.reminders, visit.not_sent) for visit in visits.values()} == {(None, (), ())}


def test_another_study_on_another_clock_works_from_its_file_alone() -> None:
    study = walking()
    anchors = Anchors(date(2026, 9, 7), None, date(2026, 9, 12), "done")
    screening, week6 = rehearse(study, study.site("BER"), anchors, "de", ADDRESS)
    berlin = ZoneInfo("Europe/Berlin")
    # Screening has no room for a step on the day before its only due day.
    assert [(one.step, one.reason) for one in screening.not_sent] == [("first", Reason.NO_ROOM)]
    # Week 6 is due on 24 October and closes on the 26th, after the clocks went back.
    assert [(one.step, one.channel, one.at) for one in week6.reminders] == [
        ("first", "sms", datetime(2026, 10, 23, 10, 0, tzinfo=berlin)),
        ("first", "email", datetime(2026, 10, 23, 10, 0, tzinfo=berlin)),
        ("second", "email", datetime(2026, 10, 26, 17, 30, tzinfo=berlin)),
    ]
    assert [one.at.utcoffset() for one in week6.reminders][::2] == [
        ZoneInfo("Europe/Berlin").utcoffset(datetime(2026, 10, 23)),
        ZoneInfo("Europe/Berlin").utcoffset(datetime(2026, 10, 26)),
    ]


@pytest.mark.parametrize("code", ["BER", "URC"])
def test_every_site_keeps_its_own_hours(code: str) -> None:
    study = walking()
    site = study.site(code)
    late = datetime(2026, 10, 20, 22, 0, tzinfo=site.tz)
    anchors = Anchors(date(2026, 9, 1), None, date(2026, 9, 8), "done")
    week6 = rehearse(study, site, anchors, "en", ADDRESS, start=late)[1]
    assert week6.reminders[0].at == datetime(
        2026, 10, 21, *{"BER": (9, 0), "URC": (9, 30)}[code], tzinfo=site.tz
    )

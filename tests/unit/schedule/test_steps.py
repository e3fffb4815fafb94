"""When a step is due: inside the window, off the holidays, on the clock of the site."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from pro_app.schedule.outreach import Audience, Moment, OnHoliday, Step
from pro_app.schedule.plan import Visit
from pro_app.schedule.steps import due_steps, next_contact, step_at
from tests.unit.schedule.cast import beijing, changzheng, nct, visit, walking

# A visit around Spring Festival 2027 (5 to 11 February): open from 1 to 20 February, due on 8.
VISIT = Visit("2w", date(2027, 2, 8), date(2027, 2, 1), date(2027, 2, 20), date(2027, 2, 20), ("bpi-sf",))


def step(base: str, days: int, on_holiday: str = "later", audience: str = "patient") -> Step:
    like = nct().step("opens")
    moment = Moment(base, days, time(9))
    return replace(like, moment=moment, on_holiday=OnHoliday(on_holiday), audience=Audience(audience))


@pytest.mark.parametrize(
    ("base", "days", "on_holiday", "opens", "closes", "expected"),
    [
        ("opens", 0, "later", 1, 20, 1),
        ("due", 4, "later", 1, 20, 12),
        ("closes", -1, "later", 1, 20, 19),
        # On a holiday: to the next working day, or back to the last one, or there all the same.
        ("due", 0, "later", 1, 20, 12),
        ("due", 0, "earlier", 1, 20, 4),
        ("due", 0, "send", 1, 20, 8),
        ("opens", 4, "later", 1, 20, 12),
        ("opens", 4, "earlier", 1, 20, 4),
        ("opens", 10, "later", 1, 20, 12),
        # No working day left on that side: the other way.
        ("due", 0, "later", 1, 11, 4),
        ("due", 0, "later", 1, 12, 12),
        ("due", 0, "earlier", 5, 20, 12),
        ("due", 0, "earlier", 4, 20, 4),
        # The whole window is a holiday.
        ("due", 0, "later", 5, 11, None),
        ("due", 0, "earlier", 5, 11, None),
        ("due", 0, "send", 5, 11, 8),
        # Outside the window.
        ("opens", -1, "send", 2, 20, None),
        ("opens", 19, "send", 1, 20, 20),
        ("opens", 20, "send", 1, 20, None),
    ],
)
def test_the_day_of_a_step(
    base: str, days: int, on_holiday: str, opens: int, closes: int, expected: int | None
) -> None:
    around = replace(VISIT, opens=date(2027, 2, opens), closes=date(2027, 2, closes))
    at = step_at(nct(), changzheng(), around, step(base, days, on_holiday))
    assert at == (None if expected is None else beijing(f"2027-02-{expected:02} 09:00"))


def test_the_call_list_is_for_staff_and_keeps_its_day() -> None:
    assert step_at(nct(), changzheng(), VISIT, step("due", 0, audience="call_list")) == beijing(
        "2027-02-08 09:00"
    )


def test_a_visit_without_days_has_no_steps() -> None:
    nowhere = Visit("2w", None, None, None, None, ())
    assert step_at(nct(), changzheng(), nowhere, step("opens", 0)) is None


@pytest.mark.parametrize(
    ("day", "hour_in_greenwich"), [(date(2026, 3, 28), 9), (date(2026, 3, 29), 8), (date(2026, 10, 25), 9)]
)
def test_ten_in_the_morning_in_berlin_is_ten_on_its_clock_in_summer_and_winter(
    day: date, hour_in_greenwich: int
) -> None:
    one = replace(VISIT, due=day, opens=day, closes=day)
    ten = replace(step("due", 0), moment=Moment("due", 0, time(10)))
    at = step_at(walking(), walking().site("BER"), one, ten)
    assert at == datetime.combine(day, time(hour_in_greenwich), tzinfo=UTC)


def test_the_newest_due_step_comes_last_and_at_one_instant_the_files_order_decides() -> None:
    def order(now: datetime) -> list[str]:
        one = visit("2w")
        return [step.id for step, _ in due_steps(nct(), changzheng(), one, Audience.PATIENT, now)]

    assert order(beijing("2026-12-19 08:59:59")) == []
    assert order(beijing("2026-12-19 09:00")) == ["opens"]
    assert order(beijing("2026-12-26 00:00")) == ["opens", "plus-2d", "plus-5d", "last-day"]
    steps = nct().reminders
    late_first = replace(nct(), reminders=(steps[4], steps[0], replace(steps[1], moment=steps[0].moment)))
    found = due_steps(late_first, changzheng(), visit("2w"), Audience.PATIENT, beijing("2026-12-26 00:00"))
    assert [step.id for step, _ in found] == ["opens", "plus-2d", "last-day"]


@pytest.mark.parametrize(
    ("after", "ignoring", "expected"),
    [
        ("2027-02-04 07:59", False, "2027-02-04 08:00"),
        ("2027-02-04 08:00", False, "2027-02-04 08:00"),
        ("2027-02-04 12:34:56", False, "2027-02-04 12:34:56"),
        ("2027-02-04 20:00", False, "2027-02-12 08:00"),
        ("2027-02-04 20:00", True, "2027-02-05 08:00"),
        ("2027-02-07 12:00", False, "2027-02-12 08:00"),
        ("2027-02-07 12:00", True, "2027-02-07 12:00"),
    ],
)
def test_the_next_hour_in_which_a_message_may_leave(after: str, ignoring: bool, expected: str) -> None:
    found = next_contact(nct(), changzheng(), beijing(after), ignore_holidays=ignoring)
    assert found == beijing(expected)
    assert found - beijing(after) >= timedelta(0)

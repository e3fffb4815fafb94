"""A study file is read whole or refused with every fault at its line."""

import tomllib
from dataclasses import fields, is_dataclass
from datetime import date, time
from pathlib import Path

import pytest

from pro_app.schedule.elements import Anchor, Offset
from pro_app.schedule.outreach import OnHoliday, ProviderTemplate
from pro_app.schedule.study import load_holidays, load_study
from tests.unit.schedule.cast import BOTH, NCT_FILE, WALKING_FILE, nct, walking

WALKING = WALKING_FILE.read_text(encoding="utf-8")
HOLIDAYS = WALKING_FILE.with_name("holidays.toml").read_text(encoding="utf-8")
INSTRUMENTS = ("steps", "mood")


def test_the_first_study_says_what_the_record_of_the_trial_says() -> None:
    study = nct()
    assert study.id == "NCT06120426"
    assert len(study.sites) == 10
    assert study.sites[0].name["en"] == "Shanghai Changzheng Hospital"
    assert {site.time_zone for site in study.sites} == {"Asia/Shanghai"}
    assert len(study.arms) == 2
    assert [one.id for one in study.timepoints] == ["baseline", "2w", "1m", "3m", "6m", "12m"]
    assert [(one.offset.months, one.offset.days) for one in study.timepoints] == [
        (0, -1),
        (0, 14),
        (1, 0),
        (3, 0),
        (6, 0),
        (12, 0),
    ]
    assert [(one.before, one.after) for one in study.timepoints] == [
        (7, 0),
        (3, 3),
        (7, 7),
        (14, 14),
        (14, 14),
        (30, 30),
    ]
    assert {one.instruments for one in study.timepoints} == {BOTH}


def test_every_window_of_the_first_study_is_marked_as_an_assumption() -> None:
    assert all(timepoint.assumption for timepoint in nct().timepoints)


def test_the_first_study_reminds_as_agreed_and_raises_the_agreed_alerts() -> None:
    study = nct()
    assert [step.id for step in study.reminders] == [
        "opens",
        "plus-2d",
        "plus-5d",
        "family",
        "last-day",
        "call-list",
    ]
    assert (study.hours.start, study.hours.end) == (time(8), time(20))
    assert [(rule.kind, rule.instrument, rule.scales, rule.value) for rule in study.alerts] == [
        ("at_least", "bpi-sf", ("WORST",), 7.0),
        ("rise", "bpi-sf", ("WORST",), 2.0),
        ("threshold", "qlq-c30", (), None),
    ]
    assert [destination.adapter for destination in study.registries] == ["fhir"]


@pytest.mark.parametrize("day", [date(2026, 2, 17), date(2027, 2, 6), date(2028, 1, 26)])
def test_the_week_of_spring_festival_is_a_holiday_from_its_eve(day: date) -> None:
    days = nct().holiday_on
    week = [day.toordinal() + step for step in range(-1, 6)]
    assert all(date.fromordinal(one) in days for one in week)
    assert date.fromordinal(week[0] - 1) not in days
    assert date.fromordinal(week[-1] + 1) not in days


def test_a_second_study_with_other_visits_works_from_its_file_alone() -> None:
    study = walking()
    assert [(one.id, one.anchor, one.offset, one.grace) for one in study.timepoints] == [
        ("screening", Anchor.ENROLMENT, Offset(), 0),
        ("week-6", Anchor.SURGERY_DONE, Offset(days=42), 3),
    ]
    berlin, urumqi = study.sites
    assert (berlin.hours.start, urumqi.hours.start) == (time(9), time(9, 30))
    assert (berlin.timepoint("week-6").after, urumqi.timepoint("week-6").after) == (2, 10)
    assert urumqi.exceptions == {"week-6": "clinic day is every second Tuesday"}
    first = study.step("first")
    assert (first.every_channel, first.on_holiday, first.channels) == (
        True,
        OnHoliday.SEND,
        ("email", "sms"),
    )
    assert study.messages["hello"].sms["en"].providers == {
        "twilio": ProviderTemplate("T-1", "Walk", ("closes", "code"))
    }
    assert study.messages["hello"].sms["de"].providers == {}
    assert (study.arms, study.alerts, study.registries) == ((), (), ())


def test_a_study_without_a_holidays_file_has_none(tmp_path: Path) -> None:
    text = WALKING.replace('holidays = "holidays.toml"\n', "")
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    assert load_study(tmp_path / "study.toml", INSTRUMENTS).holiday_on == {}


def test_what_is_optional_may_be_there() -> None:
    with NCT_FILE.open("rb") as file:
        used = set(tomllib.load(file))
    assert {"arm", "alert", "registry", "holidays", "reminder"} <= used


def test_the_holidays_of_china_can_be_read_alone() -> None:
    holidays = load_holidays(NCT_FILE.with_name("holidays-cn.toml"), ("zh-Hans", "en"))
    assert [(one.first.year, (one.last - one.first).days + 1) for one in holidays] == [
        (2026, 7),
        (2027, 7),
        (2028, 7),
    ]


def test_nothing_of_a_study_can_be_changed_after_it_was_read() -> None:
    seen = [nct()]
    for one in seen:
        assert is_dataclass(one)
        for name in (field.name for field in fields(one)):
            with pytest.raises(AttributeError):
                setattr(one, name, None)


def keys_of(
    table: object, named: frozenset[str] = frozenset({"messages", "sms", "email", "providers"})
) -> set[str]:
    """Every key in a study file but languages and the names that people choose."""
    if isinstance(table, list):
        return set().union(*(keys_of(one) for one in table))
    if not isinstance(table, dict):
        return set()
    chosen = {"zh-Hans", "en", "de"}
    return set().union(
        {key for key in table if key not in chosen},
        *(
            set().union(*(keys_of(one) for one in value.values())) if key in named else keys_of(value)
            for key, value in table.items()
        ),
    )


def test_every_key_of_a_study_file_is_explained_in_its_document() -> None:
    document = (NCT_FILE.parents[2] / "docs" / "study-file.md").read_text(encoding="utf-8")
    for text in (WALKING, HOLIDAYS, NCT_FILE.read_text(encoding="utf-8")):
        keys = keys_of(tomllib.loads(text))
        assert len(keys) >= 3
        assert {key for key in keys if key not in document} == set()

"""A study file is read whole or refused with every fault at its line."""

import tomllib
from dataclasses import fields, is_dataclass
from datetime import date, time
from pathlib import Path

import pytest

from pro_app.errors import DataFileError
from pro_app.schedule.elements import Anchor, Offset
from pro_app.schedule.outreach import OnHoliday, ProviderTemplate
from pro_app.schedule.study import load_holidays, load_study
from tests.unit.schedule.cast import BOTH, NCT_FILE, WALKING_FILE, nct, walking

WALKING = WALKING_FILE.read_text(encoding="utf-8")
HOLIDAYS = WALKING_FILE.with_name("holidays.toml").read_text(encoding="utf-8")
INSTRUMENTS = ("steps", "mood")


def faults_of(folder: Path, text: str, holidays: str = HOLIDAYS) -> list[str]:
    (folder / "study.toml").write_text(text, encoding="utf-8")
    (folder / "holidays.toml").write_text(holidays, encoding="utf-8")
    with pytest.raises(DataFileError) as caught:
        load_study(folder / "study.toml", INSTRUMENTS)
    return str(caught.value.params["faults"]).splitlines()


def line_of(text: str, marker: str) -> int:
    return text[: text.index(marker)].count("\n") + 1


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


# What stands there, what somebody writes instead, what they are told, and on which line (by its text).
SLIPS = [
    ('id = "WALK-2"', 'id = ""', "id is empty; write a text", 'id = ""'),
    ('id = "WALK-2"', "id = 2", "id = 2 must be a text in quotes", "id = 2"),
    ('id = "WALK-2"\n', "", "'id' is missing; it must be a text in quotes", "# A second"),
    (', de = "Gehen nach Hüftoperation" }', " }", "'de' is missing; it must be a text in quotes", "title ="),
    (
        'languages = ["en", "de"]',
        'languages = ["en", "xx-yy", "de"]',
        "'xx-yy' is not a language code such as zh-Hans or en",
        "languages =",
    ),
    ('modes = ["clinic_tablet"]', "modes = []", "modes is an empty list; name at least one", "modes ="),
    ('modes = ["clinic_tablet"]', "modes = [1]", "modes must be a list of texts in quotes", "modes ="),
    (
        'modes = ["clinic_tablet"]',
        'modes = ["clinic_tablet", "clinic_tablet"]',
        "modes names 'clinic_tablet' twice",
        "modes =",
    ),
    (
        'modes = ["clinic_tablet"]',
        'modes = ["tablet"]',
        "modes names 'tablet', known are: own_phone, clinic_tablet, interview, paper"
        "; did you mean 'clinic_tablet'?",
        "modes =",
    ),
    (
        'wrong_person_guard = "none"',
        'wrong_person_guard = "phone"',
        "wrong_person_guard = 'phone' must be one of: none, birth_year, phone_last4",
        "wrong_person_guard",
    ),
    (
        'wrong_person_guard = "none"',
        'wrong_person_gaurd = "none"',
        "unknown key 'wrong_person_gaurd'; did you mean 'wrong_person_guard'?",
        "wrong_person_gaurd",
    ),
    (
        'start = "09:00"',
        'start = "9:00"',
        "start = '9:00' must be a time of day such as \"09:00\"",
        'start = "9:00"',
    ),
    ('start = "09:00"', 'start = "24:00"', "start = '24:00' must be a time of day", 'start = "24:00"'),
    ('end = "18:00"', 'end = "08:00"', "end = 08:00 must be later than start = 09:00", 'end = "08:00"'),
    ('end = "18:00"', 'end = "09:00"', "end = 09:00 must be later than start = 09:00", 'end = "09:00"'),
    ("per_visit = 2", "per_visit = 0", "per_visit = 0 must be a whole number from 1 to 20", "per_visit"),
    (
        "per_visit = 2",
        "per_visit = true",
        "per_visit = True must be a whole number from 1 to 20",
        "per_visit",
    ),
    ('code = "URC"', 'code = "BER"', "code = 'BER' is there twice", 'code = "BER"\nname = { en = "Urumqi"'),
    (
        'time_zone = "Europe/Berlin"',
        'time_zone = "Europe/Wien"',
        "time_zone = 'Europe/Wien' must be an IANA name such as Asia/Shanghai",
        "Europe/Wien",
    ),
    (
        'time_zone = "Europe/Berlin"',
        'time_zone = "../zone"',
        "time_zone = '../zone' must be an IANA name",
        "../zone",
    ),
    (
        'timepoint = "week-6"\nbefore = 1',
        'timepoint = "week-7"\nbefore = 1',
        "timepoint = 'week-7' must be one of: screening, week-6; did you mean 'week-6'?",
        'timepoint = "week-7"',
    ),
    (
        'why = "clinic day is every second Tuesday"',
        'why = "x"\n[[site.exception]]\ntimepoint = "week-6"\nwhy = "y"',
        "timepoint = 'week-6' has two exceptions at this site",
        'timepoint = "week-6"\nwhy = "y"',
    ),
    (
        'why = "clinic day is every second Tuesday"\n',
        "",
        "'why' is missing; it must be",
        "[[site.exception]]",
    ),
    (
        "before = 1\nafter = 10",
        'offset = "six weeks"',
        'offset = \'six weeks\' must be days, weeks or months such as "-1d", "2w", "1m"',
        'offset = "six weeks"',
    ),
    (
        'id = "screening"',
        'id = "Screening!"',
        "id = 'Screening!' must be 1-20 of a-z, 0-9, - and _",
        "Screening!",
    ),
    (
        'id = "screening"',
        'id = "week-6"',
        "id = 'week-6' is there twice",
        'id = "week-6"\nlabel = { en = "Week 6"',
    ),
    ('anchor = "enrolment"', 'anchor = "enrollment"', "must be one of: enrolment,", 'anchor = "enrollment"'),
    ("before = 0", "before = 500", "before = 500 must be a whole number from 0 to 400", "before = 500"),
    ("before = 0", "before = 1.5", "before = 1.5 must be a whole number from 0 to 400", "before = 1.5"),
    (
        'instruments = ["steps"]',
        'instruments = ["qlq-c30"]',
        "instruments names 'qlq-c30', known are: mood, steps",
        'instruments = ["qlq-c30"]',
    ),
    ("grace = 3", 'grace = 3\nassumption = "yes"', "assumption = 'yes' must be true or false", "assumption"),
    (
        'at = "due-1d"',
        'at = "due - 1 day"',
        "at = 'due - 1 day' must be opens, due or closes with days, such as \"opens+2d\"",
        'at = "due - 1 day"',
    ),
    (
        'time = "10:00"',
        'time = "09:15"',
        "time = 09:15 is outside contact hours 09:30-19:00",
        'time = "09:15"',
    ),
    (
        'time = "17:30"',
        'time = "18:00"',
        "time = 18:00 is outside contact hours 09:00-18:00",
        'time = "18:00"',
    ),
    ('id = "second"', 'id = "first"', "id = 'first' is there twice", 'id = "first"\nlabel = { en = "Second"'),
    (
        'channels = ["email"]',
        'channels = ["wechat"]',
        "channels names 'wechat', known are: sms, email",
        'channels = ["wechat"]',
    ),
    (
        'on_holiday = "earlier"',
        'on_holiday = "skip"',
        "on_holiday = 'skip' must be one of: later, earlier, send",
        'on_holiday = "skip"',
    ),
    (
        'on_holiday = "earlier"\nmessage = "hello"',
        'on_holiday = "earlier"\nmessage = "hullo"',
        "message = 'hullo' is not among [messages]: hello",
        'message = "hullo"',
    ),
    (
        'on_holiday = "earlier"\nmessage = "hello"',
        'on_holiday = "earlier"',
        "'message' is missing; it must be a text in quotes",
        '[[reminder]]\nid = "second"',
    ),
    (
        '[messages.hello.sms.de]\ntext = "Bis {closes}: {address}, Code {code}"\n',
        "",
        "[messages.hello] has no sms text in de",
        'message = "hello"',
    ),
    (
        "[messages.hello.sms.de]\n",
        "[messages.hello.sms.fr]\n",
        "unknown key 'fr'",
        "[messages.hello.sms.fr]",
    ),
    (
        "[messages.hello.email.en]",
        "[messages.Hello.email.en]",
        "message name 'Hello' must be 1-20 of a-z, 0-9, - and _",
        "[messages.Hello.email.en]",
    ),
    (
        'body = "Until {closes}: {link}"',
        'body = "Dear {name}, until {closes}: {link}"',
        "body has {name}; a message may hold {address}, {closes}, {code}, {link}, {phone}, {site}",
        "Dear {name}",
    ),
    (
        'body = "Until {closes}: {link}"',
        'body = "Until {closes!r}: {link}"',
        "body has {closes}; a message may hold",
        "{closes!r}",
    ),
    (
        'body = "Until {closes}: {link}"',
        'body = "Until {closes: {link}"',
        "body has a brace that does not close",
        "{closes: ",
    ),
    (
        'body = "Until {closes}: {link}"',
        'body = "Until {closes}"',
        "body lacks {link}: without it nobody can open the form",
        'body = "Until {closes}"',
    ),
    ('body = "Until {closes}: {link}"', 'body = " "', "body is empty; write a text", 'body = " "'),
    (
        'text = "Until {closes}: {address}, code {code}"',
        'text = "Until {closes}: {link}, {address}, code {code}"',
        "text has {link}; a message may hold {address}, {closes}, {code}, {phone}, {site}",
        'text = "Until {closes}: {link}',
    ),
    (
        'text = "Bis {closes}: {address}, Code {code}"',
        'text = "问卷调查 {closes}: {address}, Code {code}"',
        "text has 问卷调查, which SMS providers refuse; write 随访提醒",
        "问卷调查",
    ),
    (
        'variables = ["closes", "code"]',
        'variables = ["closes"]',
        "the text has {code} but variables do not",
        'variables = ["closes"]',
    ),
    (
        'variables = ["closes", "code"]',
        'variables = ["closes", "code", "site"]',
        "variables have 'site' but the text has no {site}",
        'variables = ["closes", "code", "site"]',
    ),
    (
        'variables = ["closes", "code"]',
        'variables = ["closes", "code", "address"]',
        "variables names 'address', known are: code, closes, site, phone",
        'variables = ["closes", "code", "address"]',
    ),
    ('template = "T-1"', "", "'template' is missing", "[messages.hello.sms.en.providers.twilio]"),
    ('version = "3"', "version = 3", "version = 3 must be a text in quotes", "version = 3"),
    ('phone = "112"', "", "'phone' is missing; it must be a text in quotes", "[emergency]"),
    ("[emergency]", "[emergencies]", "unknown key 'emergencies'; did you mean 'emergency'?", "[emergencies]"),
    (
        "[cap]\nper_visit = 2\nper_day = 1\n",
        "cap = 3\n",
        "unknown key 'cap'",
        "cap = 3",
    ),
    (
        'holidays = "holidays.toml"',
        'holidays = "none.toml"',
        "none.toml: the file does not exist",
        "none.toml",
    ),
]


@pytest.mark.parametrize(("there", "instead", "told", "marker"), SLIPS)
def test_a_slip_is_told_at_its_line(tmp_path: Path, there: str, instead: str, told: str, marker: str) -> None:
    assert there in WALKING
    text = WALKING.replace(there, instead, 1)
    found = faults_of(tmp_path, text)
    assert any(
        fault.startswith(f"study.toml:{line_of(text, marker)}: ") and told in fault for fault in found
    ), "\n".join(found)


def test_a_site_may_not_close_before_a_step_leaves(tmp_path: Path) -> None:
    text = WALKING.replace('start = "09:30"', 'start = "10:30"')
    (fault,) = faults_of(tmp_path, text)
    assert (
        fault == f"study.toml:{line_of(text, 'time = ')}: time = 10:00 is outside contact hours 10:30-19:00"
    )


ADDITIONS = [
    ("[[arm]]\nid = 'a'\nlabel = { en = 'A', de = 'A' }\n" * 2, 4, "id = 'a' is there twice"),
    ("[[registry]]\nid = 'r'\nadapter = 'fhir'\n" * 2, 4, "id = 'r' is there twice"),
    ("[[registry]]\nid = 'r'\n", 0, "'adapter' is missing"),
    (
        "[[alert]]\nid = 'x'\nlabel = { en = 'X', de = 'X' }\nkind = 'below'\ninstrument = 'mood'\n"
        "scales = ['M']\nvalue = 1\nescalate_hours = 1\n",
        3,
        "kind = 'below' must be one of: at_least, rise, threshold",
    ),
    (
        "[[alert]]\nid = 'x'\nlabel = { en = 'X', de = 'X' }\nkind = 'at_least'\ninstrument = 'mood'\n"
        "scales = ['M']\nvalue = 'seven'\nescalate_hours = 1\n",
        6,
        "value = 'seven' must be a number",
    ),
    (
        "[[alert]]\nid = 'x'\nlabel = { en = 'X', de = 'X' }\nkind = 'rise'\ninstrument = 'mood'\n"
        "value = 2\nescalate_hours = 0\n",
        6,
        "escalate_hours = 0 must be a whole number from 1 to 720",
    ),
    (
        "[[alert]]\nid = 'x'\nlabel = { en = 'X', de = 'X' }\nkind = 'threshold'\ninstrument = 'mod'\n"
        "escalate_hours = 5\n",
        4,
        "instrument = 'mod' must be one of: mood, steps; did you mean 'mood'?",
    ),
]


@pytest.mark.parametrize(("added", "line", "told"), ADDITIONS)
def test_a_slip_in_what_is_optional_is_told_at_its_line(
    tmp_path: Path, added: str, line: int, told: str
) -> None:
    number = WALKING.count("\n") + 1 + line
    assert any(
        fault.startswith(f"study.toml:{number}: ") and told in fault
        for fault in faults_of(tmp_path, WALKING + added)
    )


def test_a_table_where_a_list_of_tables_should_be_is_told_and_a_list_of_words_too(tmp_path: Path) -> None:
    single = WALKING.replace('[[reminder]]\nid = "first"', '[reminder]\nid = "first"').split("[[reminder]]")
    text = single[0] + single[1][single[1].index("[messages") :]
    assert any("one or more [[reminder]] tables" in fault for fault in faults_of(tmp_path, text))
    words = WALKING.replace('holidays = "holidays.toml"', 'holidays = "holidays.toml"\narm = ["a", "b"]')
    found = faults_of(tmp_path, words)
    assert found == [f"study.toml:{line_of(words, 'arm =')}: arm must be one or more [[arm]] tables"] * 2


def test_every_fault_of_a_file_is_told_at_once_in_the_order_of_its_lines(tmp_path: Path) -> None:
    text = (
        WALKING.replace('offset = "6w"', 'offset = "six"')
        .replace("Europe/Berlin", "Europe/Nowhere")
        .replace('adapter = "x"', "")
        .replace("per_day = 1", "per_day = 9")
    )
    found = faults_of(tmp_path, text)
    assert len(found) == 3
    lines = [int(fault.split(":")[1]) for fault in found]
    assert lines == sorted(lines)


@pytest.mark.parametrize(
    ("there", "instead"),
    [
        ('languages = ["en", "de"]', "languages = 'en'"),
        ('start = "09:00"', 'start = "nine"'),
        ('time = "10:00"', 'time = "ten"'),
        ('body = "Until {closes}: {link}"', 'body = " "'),
        ('text = "Until {closes}: {address}, code {code}"', 'text = "Until {closes"'),
    ],
)
def test_one_slip_is_one_fault_and_not_fifty(tmp_path: Path, there: str, instead: str) -> None:
    (fault,) = faults_of(tmp_path, WALKING.replace(there, instead, 1))
    assert instead.split(" = ")[0] in fault


def test_a_site_with_an_exception_in_a_study_without_visits_is_told_both(tmp_path: Path) -> None:
    start, end = WALKING.index("[[timepoint]]"), WALKING.index("[[reminder]]")
    found = faults_of(tmp_path, WALKING[:start] + WALKING[end:])
    assert any(
        "'timepoint' is missing; it must be one or more [[timepoint]] tables" in fault for fault in found
    )
    assert any("timepoint = 'week-6' must be one of" in fault for fault in found)


def test_an_empty_file_is_told_everything_it_lacks(tmp_path: Path) -> None:
    found = faults_of(tmp_path, "")
    for key in ("id", "title", "languages", "modes", "site", "timepoint", "contact_hours", "cap", "privacy"):
        assert any(fault.startswith(f"study.toml:1: '{key}' is missing") for fault in found), key


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        (HOLIDAYS.replace("last = 2026-10-01", "last = 2026-09-30"), 4, "last = 2026-09-30 is before first"),
        (HOLIDAYS.replace("last = 2026-10-01", "last = 2026-12-01"), 4, "is longer than 31 days"),
        (
            HOLIDAYS.replace("first = 2026-10-01", 'first = "1 October"'),
            3,
            "must be a date such as 2027-02-06",
        ),
        (HOLIDAYS.replace("first = 2026-10-01", "first = 2026-10-01T00:00:00"), 3, "must be a date such as"),
        (HOLIDAYS.replace(', de = "Gründertag"', ""), 2, "'de' is missing"),
        ("", 1, "'holiday' is missing; it must be one or more [[holiday]] tables"),
        ("x 1", 1, "not valid TOML"),
    ],
)
def test_a_fault_of_the_holidays_file_is_told_with_its_own_line_beside_the_studys(
    tmp_path: Path, text: str, line: int, told: str
) -> None:
    found = faults_of(tmp_path, WALKING.replace("per_day = 1", "per_day = 9"), text)
    mine = [fault for fault in found if "holidays.toml" in fault]
    assert mine[0].startswith(f"study.toml:{line_of(WALKING, 'holidays =')}: holidays.toml:{line}:")
    assert told in mine[0]
    assert any("per_day = 9" in fault for fault in found)


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

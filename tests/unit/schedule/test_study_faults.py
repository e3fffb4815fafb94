"""A study file with a slip is refused, and every slip is told at its line."""

from pathlib import Path

import pytest

from pro_app.errors import DataFileError
from pro_app.schedule.study import load_study
from tests.unit.schedule.cast import WALKING_FILE
from tests.unit.schedule.slips import SLIPS

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

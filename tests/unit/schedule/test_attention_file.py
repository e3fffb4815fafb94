"""A slip in the alerts or in the reasons of missing forms is told at its line."""

from pathlib import Path

import pytest

from pro_app.errors import DataFileError
from pro_app.schedule.study import load_study
from tests.unit.schedule.cast import BOTH, NCT_FILE, WALKING_FILE, nct

WALKING = WALKING_FILE.read_text(encoding="utf-8")
SCALES = {"steps": {"TOTAL": False}, "mood": {"LOW": True, "HIGH": False}}
ALERT = """
[[alert]]
id = 'x'
label = {{ en = 'X', de = 'X' }}
kind = '{kind}'
instrument = '{of}'
{more}escalate_hours = 1
"""
REASON = "\n[[missing_reason]]\nid = '{id}'\nlabel = {{ en = 'A', de = 'A' }}\n"


def faults_of(folder: Path, added: str) -> list[str]:
    (folder / "study.toml").write_text(WALKING + added, encoding="utf-8")
    (folder / "holidays.toml").write_text(WALKING_FILE.with_name("holidays.toml").read_text())
    with pytest.raises(DataFileError) as caught:
        load_study(folder / "study.toml", ("steps", "mood"), SCALES)
    return str(caught.value.params["faults"]).splitlines()


@pytest.mark.parametrize(
    ("added", "line", "told"),
    [
        (
            ALERT.format(kind="at_least", of="steps", more="scales = ['TOTALS']\nvalue = 7\n"),
            7,
            "steps has no scale 'TOTALS'; it has: TOTAL",
        ),
        (
            ALERT.format(kind="threshold", of="mood", more="scales = ['HIGH']\n"),
            7,
            "HIGH has no threshold in mood; LOW have",
        ),
        (ALERT.format(kind="threshold", of="steps", more=""), 6, "steps has no scale with a threshold"),
        (
            ALERT.format(kind="rise", of="steps", more="scales = ['TOTAL']\nvalue = 0\n"),
            8,
            "value = 0 must be more than 0",
        ),
        (REASON.format(id="a") * 2, 7, "id = 'a' is there twice"),
        (REASON.format(id="not_answered"), 3, "says that there is no reason"),
        (REASON.format(id="a") + "notes = true\n", 5, "unknown key 'notes'; did you mean 'note'?"),
    ],
)
def test_each_slip_is_told_at_its_line(tmp_path: Path, added: str, line: int, told: str) -> None:
    number = WALKING.count("\n") + line
    (fault,) = faults_of(tmp_path, added)
    assert fault.startswith(f"study.toml:{number}: "), fault
    assert told in fault


def test_the_first_study_names_its_reasons_in_both_languages() -> None:
    reasons = {reason.id: reason for reason in load_study(NCT_FILE, BOTH).missing_reasons}
    assert {"too_ill", "refused", "not_reached", "withdrawn", "deceased", "paused", "other"} <= reasons.keys()
    assert [name for name, reason in reasons.items() if reason.note] == ["other"]
    assert all(set(reason.label) == {"zh-Hans", "en"} for reason in reasons.values())
    assert {rule.kind for rule in nct().alerts} == {"at_least", "rise", "threshold"}

"""`pro-app plan`: what a hospital reads before anything is sent, and what a program reads."""

import json
import re
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from pro_app.cli.plan import plan
from pro_app.config import ROOT
from pro_app.errors import ProAppError
from tests.unit.schedule.cast import WALKING_FILE

STUDY_FILE = ROOT / "questionnaires/studies/nct06120426.toml"


@pytest.fixture(autouse=True)
def bare_shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PRO_APP_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("PRO_APP_BASE_URL", "https://fu.example.org")
    monkeypatch.delenv("PRO_APP_STUDY_FILE", raising=False)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(plan, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def refused(*arguments: str) -> ProAppError:
    with pytest.raises(ProAppError) as caught:
        CliRunner().invoke(plan, arguments, catch_exceptions=False)
    return caught.value


def test_for_programs_it_is_a_list_with_days_times_and_texts() -> None:
    visits = json.loads(run("--surgery", "2026-12-08", "--language", "zh-Hans", "--json"))
    assert [(one["timepoint"], one["due"], one["opens"], one["closes"]) for one in visits] == [
        ("baseline", "2026-12-07", "2026-11-30", "2026-12-07"),
        ("2w", "2026-12-22", "2026-12-19", "2026-12-25"),
        ("1m", "2027-01-08", "2027-01-01", "2027-01-15"),
        ("3m", "2027-03-08", "2027-02-22", "2027-03-22"),
        ("6m", "2027-06-08", "2027-05-25", "2027-06-22"),
        ("12m", "2027-12-08", "2027-11-08", "2028-01-07"),
    ]
    first = visits[0]["reminders"][0]
    assert (first["step"], first["audience"], first["channel"], first["at"]) == (
        "opens",
        "patient",
        "sms",
        "2026-11-30T09:00:00+08:00",
    )
    assert "fu.example.org" in first["text"]
    assert "随访" in first["text"]
    for visit in visits:
        for reminder in visit["reminders"]:
            assert datetime.fromisoformat(reminder["at"]).utcoffset() is not None
            assert reminder["text"]


def test_for_people_every_date_time_and_text_is_there() -> None:
    shown = run("--surgery", "2026-12-08", "--language", "en")
    assert "Shanghai Changzheng Hospital (CZ, Asia/Shanghai)" in shown
    assert "2 weeks after surgery" in shown
    assert "2026-12-19  2026-12-22  2026-12-25" in shown
    assert "2026-12-19 09:00  Visit opens" in shown
    assert "your follow-up is open until 25 Dec. Go to fu.example.org and enter the code XXXXXX." in shown
    assert "2026-12-25 13:00  Call list · call list" in shown


def test_the_columns_stand_under_each_other_in_chinese_too() -> None:
    rows = run("--surgery", "2026-12-08", "--language", "zh-Hans").splitlines()[3:9]

    def columns(text: str) -> int:
        return sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)

    assert len({columns(row[: row.index("202")]) for row in rows}) == 1


def test_an_e_mail_is_shown_with_subject_and_body() -> None:
    shown = run("--surgery", "2026-12-08", "--language", "en", "--channel", "email")
    assert "      Follow-up notice: please finish by 7 December 2026\n      Hello,\n" in shown
    assert "https://fu.example.org/v/XXXXXX" in shown


def test_steps_that_are_not_sent_say_why() -> None:
    shown = run("--surgery", "2027-01-25", "--enrolled", "2027-02-27", "--language", "en", "--site", "HC")
    assert "Henan Cancer Hospital" in shown
    assert "Last day: Not sent: the visit's window has closed." in shown
    assert "Visit opens: Not sent: a newer reminder took its place." in shown


def test_visits_that_hang_on_surgery_have_no_date_without_one() -> None:
    shown = run("--enrolled", "2026-12-01", "--language", "en")
    assert re.search(r"12 months after surgery( +–){4}\n", shown)
    assert "No date yet: the day it is counted from is not known." in shown
    assert json.loads(run("--enrolled", "2026-12-01", "--json"))[0]["due"] is None


def test_another_study_file_is_read_against_the_instruments_there_are(tmp_path: Path) -> None:
    text = WALKING_FILE.read_text(encoding="utf-8")
    text = text.replace('["steps", "mood"]', '["bpi-sf"]').replace('["steps"]', '["bpi-sf"]')
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    (tmp_path / "holidays.toml").write_bytes(WALKING_FILE.with_name("holidays.toml").read_bytes())
    shown = run("--enrolled", "2026-12-01", "--study", str(tmp_path / "study.toml"), "--language", "de")
    assert "WALK-2 · Berlin (BER, Europe/Berlin)" in shown
    assert refused("--enrolled", "2026-12-01", "--study", str(WALKING_FILE)).code == "data_file"
    assert refused("--enrolled", "2026-12-01", "--study", str(tmp_path / "none.toml")).code == "data_file"


def test_an_alert_about_a_scale_that_nobody_computes_is_refused(tmp_path: Path) -> None:
    text = STUDY_FILE.read_text(encoding="utf-8")
    (tmp_path / "study.toml").write_text(text.replace('scales = ["WORST"]', 'scales = ["WROST"]', 1), "utf-8")
    (tmp_path / "holidays-cn.toml").write_bytes(STUDY_FILE.with_name("holidays-cn.toml").read_bytes())
    fault = refused("--surgery", "2026-12-08", "--study", str(tmp_path / "study.toml"))
    assert "bpi-sf has no scale 'WROST'" in str(fault)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), "plan_day_missing"),
        (("--surgery", "2026-13-08"), "plan_day_unreadable"),
        (("--surgery", "8 December"), "plan_day_unreadable"),
        (("--surgery", "2026-02-29"), "plan_day_unreadable"),
        (("--surgery", "0026-12-08"), "plan_day_unreadable"),
        (("--surgery", "9999-12-31"), "plan_day_unreadable"),
        (("--surgery", "2026-12-08", "--enrolled", "x"), "plan_day_unreadable"),
        (("--surgery", "2026-12-08", "--site", "XX"), "study_no_site"),
        (("--surgery", "2026-12-08", "--language", "fr"), "study_no_language"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(arguments: tuple[str, ...], code: str) -> None:
    assert refused(*arguments).code == code


def test_a_dry_run_leaves_nothing_behind(tmp_path: Path) -> None:
    run("--surgery", "2026-12-08")
    assert not (tmp_path / "data").exists()

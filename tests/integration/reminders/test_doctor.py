"""Before messages leave: what the doctor finds missing, with the line of the study file."""

import re
from pathlib import Path

import pytest

from pro_app.cli import doctor_messages
from pro_app.cli.findings import Finding
from pro_app.config import ROOT, read_settings
from pro_app.wiring import build

STUDIES = ROOT / "questionnaires" / "studies"
ALIBABA = {
    "PRO_APP_SMS_PROVIDERS": "aliyun",
    "PRO_APP_SMS_ALIYUN_KEY_ID": "k",
    "PRO_APP_SMS_ALIYUN_SECRET": "s",
}
TOKEN = "a-secret-of-24-letters-or-more"


def approved() -> str:
    """The study with ids as a provider gives them out."""
    text = (STUDIES / "nct06120426.toml").read_text(encoding="utf-8")
    return re.sub(r'template = "SMS_0000000(\d)"', r'template = "SMS_48151623\1"', text)


def findings(tmp_path: Path, text: str, **variables: str) -> list[Finding]:
    study = tmp_path / "study.toml"
    study.write_text(text, encoding="utf-8")
    (tmp_path / "holidays-cn.toml").write_bytes((STUDIES / "holidays-cn.toml").read_bytes())
    environ = {"PRO_APP_DATA_DIR": str(tmp_path), "PRO_APP_STUDY_FILE": str(study), **ALIBABA, **variables}
    service = build(read_settings(environ))
    service.store.close()
    return [one for check in doctor_messages.CHECKS for one in check(service)]


def about_templates(found: list[Finding]) -> list[str]:
    return [one.says for one in found if one.check.startswith("template")]


def test_with_every_template_approved_there_is_nothing_to_mend(tmp_path: Path) -> None:
    found = findings(tmp_path, approved())

    assert all(one.good for one in found)
    assert about_templates(found) == ["8 with id, signature and variables (aliyun)"]


@pytest.mark.parametrize(
    ("there", "instead", "told"),
    [
        (
            'template = "SMS_481516232"',
            'template = "SMS_00000002"',
            "zh-Hans, aliyun, for plus-2d, plus-5d: the template",
        ),
        (
            "[messages.reminder.sms.en.providers.aliyun]",
            "[messages.reminder.sms.en.providers.alyun]",
            "en, aliyun, for plus-2d, plus-5d: there is no template of aliyun; "
            "add [messages.reminder.sms.en.providers.aliyun]",
        ),
    ],
)
def test_what_a_template_lacks_is_told_with_its_line(
    tmp_path: Path, there: str, instead: str, told: str
) -> None:
    text = approved()
    assert there in text

    (says,) = about_templates(findings(tmp_path, text.replace(there, instead)))

    assert told in says
    line = int(re.match(r"study\.toml:(\d+): ", says)[1])  # type: ignore[index]
    near = "\n".join(text.replace(there, instead).splitlines()[line - 5 : line])
    assert instead in near or "[messages.reminder.sms.en" in near


def test_the_placeholders_of_the_first_study_are_all_named(tmp_path: Path) -> None:
    text = (STUDIES / "nct06120426.toml").read_text(encoding="utf-8")

    told = about_templates(findings(tmp_path, text))

    assert len(told) == 8
    assert all("placeholder" in one for one in told)


def test_how_word_comes_back_is_told_without_the_secret(tmp_path: Path) -> None:
    mail = {
        "PRO_APP_SMTP_URL": "smtp://127.0.0.1:1",
        "PRO_APP_BOUNCES_URL": "maildir:///var/mail/returned",
        "PRO_APP_SMS_ALIYUN_CALLBACK_TOKEN": TOKEN,
        "PRO_APP_BASE_URL": "https://follow.example.cn",
    }
    told = {one.check: one.says for one in findings(tmp_path, approved(), **mail)}

    assert told["returned mail"] == "returned mail is read"
    assert told["reports aliyun"].startswith("at https://follow.example.cn/callbacks/aliyun/…")
    assert TOKEN not in str(told)


def test_what_is_not_set_up_is_said(tmp_path: Path) -> None:
    found = {
        one.check: one.says for one in findings(tmp_path, approved(), PRO_APP_SMTP_URL="smtp://127.0.0.1:1")
    }

    assert "nobody reads returned mail" in found["returned mail"]
    assert "only asked" in found["reports aliyun"]

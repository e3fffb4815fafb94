"""What goes out in words: both languages, nothing that names a person or an illness, short enough."""

import re
from datetime import date

import pytest

from pro_app.ports import SmsTemplate
from pro_app.schedule.elements import UnknownName
from pro_app.schedule.message import Fill, compose, long_day, short_day, sms_parts
from tests.unit.schedule.cast import changzheng, nct, walking

FILL = Fill("ACDE37", date(2026, 12, 25), "https://fu.example.org", "https://fu.example.org/v/abc.2w.mac")
MESSAGES = ("invitation", "reminder", "last-day", "family")


def test_a_text_message_has_the_constant_address_the_code_and_no_personal_link() -> None:
    composed = compose(nct(), changzheng(), "invitation", "sms", "zh-Hans", FILL)
    assert composed.text == (
        "随访提醒：您的随访已开放，请在12月25日前完成。打开 fu.example.org 输入代码 ACDE37 即可。"
    )
    assert composed.subject == ""


def test_each_provider_gets_its_template_with_the_variables_in_its_order() -> None:
    composed = compose(nct(), changzheng(), "invitation", "sms", "zh-Hans", FILL)
    assert set(composed.templates) == {"aliyun", "tencent"}
    assert composed.templates["aliyun"] == SmsTemplate(
        "SMS_00000000", "长征医院随访", (("closes", "12月25日"), ("code", "ACDE37"))
    )


@pytest.mark.parametrize("month", range(1, 13))
@pytest.mark.parametrize("language", ["zh-Hans", "en"])
def test_a_variable_never_has_more_than_six_characters(month: int, language: str) -> None:
    assert len(short_day(date(2026, month, 28), language)) <= 6


def test_a_site_may_sign_with_its_own_name() -> None:
    study = walking()
    berlin = compose(study, study.site("BER"), "hello", "sms", "en", FILL).templates["twilio"]
    urumqi = compose(study, study.site("URC"), "hello", "sms", "en", FILL).templates["twilio"]
    assert (berlin.signature, urumqi.signature) == ("Klinik", "Walk")


def test_an_e_mail_has_the_personal_link_the_full_date_and_whom_to_call() -> None:
    chinese = compose(nct(), changzheng(), "last-day", "email", "zh-Hans", FILL)
    english = compose(nct(), changzheng(), "last-day", "email", "en", FILL)
    assert chinese.subject == "随访提醒：2026年12月25日结束"
    assert english.subject == "Follow-up notice: ends on 25 December 2026"
    for composed in (chinese, english):
        assert FILL.link in composed.text
        assert FILL.address in composed.text
        assert changzheng().contact_phone in composed.text
        assert "{" not in composed.text


@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize("channel", ["sms", "email"])
def test_no_message_tells_of_an_illness_a_study_or_a_survey(message: str, channel: str) -> None:
    told = re.compile(
        r"问卷|调查|肿瘤|癌|手术|术后|脊柱|疼|痛|试验|研究|NCT"
        r"|survey|questionnaire|cancer|tumou?r|surg|spin|\bpain|trial|\bstudy",
        re.IGNORECASE,
    )
    for language in nct().languages:
        composed = compose(nct(), changzheng(), message, channel, language, FILL)
        assert not told.search(composed.subject + composed.text), composed
        assert "随访提醒" in composed.text + composed.subject or language == "en"


@pytest.mark.parametrize("message", MESSAGES)
def test_every_chinese_text_message_is_billed_as_one(message: str) -> None:
    composed = compose(nct(), changzheng(), message, "sms", "zh-Hans", FILL)
    signatures = [template.signature for template in composed.templates.values()]
    assert {sms_parts(composed.text, signature) for signature in signatures} == {1}


@pytest.mark.parametrize(
    ("text", "signature", "parts"),
    [
        ("一" * 70, "", 1),
        ("一" * 71, "", 2),
        ("一" * 134, "", 2),
        ("一" * 135, "", 3),
        ("一" * 66, "医院", 1),
        ("一" * 67, "医院", 2),
        ("a" * 160, "", 1),
        ("a" * 161, "", 2),
        ("a" * 306, "", 2),
        ("a" * 307, "", 3),
        ("", "", 1),
    ],
)
def test_a_text_message_is_billed_as_the_networks_do(text: str, signature: str, parts: int) -> None:
    assert sms_parts(text, signature) == parts


@pytest.mark.parametrize(
    ("language", "short", "full"),
    [
        ("zh-Hans", "12月5日", "2026年12月5日"),
        ("en", "5 Dec", "5 December 2026"),
        ("de", "5. Dez.", "5. Dezember 2026"),
    ],
)
def test_days_are_written_as_people_write_them(language: str, short: str, full: str) -> None:
    day = date(2026, 12, 5)
    assert (short_day(day, language), long_day(day, language)) == (short, full)


def test_a_text_the_study_does_not_have_is_named() -> None:
    for message, channel, language in (
        ("none", "sms", "en"),
        ("hello", "sms", "fr"),
        ("hello", "email", "fr"),
    ):
        with pytest.raises(UnknownName) as caught:
            compose(walking(), walking().site("BER"), message, channel, language, FILL)
        assert str(caught.value.params["name"]).startswith(message)

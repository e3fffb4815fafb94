"""The check finds what a person overlooks in a filled-in template."""

from dataclasses import replace

import pytest

from pro_app.instruments import scripts
from pro_app.instruments.template import FilledIn
from pro_app.instruments.wording_check import Finding, check
from tests.unit.instruments.builders import filled_in, shipped


def _found(filled: FilledIn) -> list[Finding]:
    return check(shipped().instrument(filled.instrument), filled)


def _serious(filled: FilledIn) -> list[tuple[str, str]]:
    return [(finding.key, finding.what) for finding in _found(filled) if finding.serious]


def test_a_good_file_has_no_findings() -> None:
    assert _found(filled_in("qlq-c30", "zh-Hans")) == []


def test_a_missing_question_is_found() -> None:
    assert _serious(filled_in("qlq-c30", "en", items__q7__question=None)) == [
        ("items.q7.question", "is missing")
    ]
    blank = filled_in("qlq-c30", "en", items__q7__question="  ")
    assert ("items.q7.question", "is missing") in _serious(blank)


@pytest.mark.parametrize("key", ["answers.four.5", "items.q31.question", "items.q29.4", "regions.front-head"])
def test_a_label_or_item_that_does_not_fit_is_found(key: str) -> None:
    filled = filled_in("qlq-c30", "en", **{key.replace(".", "__"): "Something"})
    assert _serious(filled) == [(key, "is no text of qlq-c30: check the item and the code")]


def test_two_answers_with_one_label_are_found() -> None:
    found = _serious(filled_in("qlq-c30", "en", answers__four__3="Slightly"))
    assert found[0] == ("answers.four.3", "has the same label as answer 2: Slightly")
    assert len(found) == 28
    own = _serious(filled_in("qlq-c30", "en", items__q5__3="Slightly"))
    assert own == [("items.q5.3", "has the same label as answer 2: Slightly")]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (" Did it hurt?", "begins or ends with a space or an empty line"),
        ("Did it hurt?\n", "begins or ends with a space or an empty line"),
        ("Did it  hurt?", "has two spaces in a row"),
        ("Did it\u00a0hurt?", "has invisible signs or line breaks: no-break space"),
        ("Did\tit hurt?", "has invisible signs or line breaks: sign u+0009"),
        ("Did it\nhurt?", "has invisible signs or line breaks: sign u+000a"),
        ("Did it hu\u200brt?", "has invisible signs or line breaks: zero width space"),
        ("Did it hurt, fiance\u0301?", "has letters composed of parts; save it in Unicode form NFC"),
    ],
)
def test_stray_signs_are_found(text: str, what: str) -> None:
    assert ("items.q9.question", what) in _serious(filled_in("qlq-c30", "en", items__q9__question=text))


def test_scripts_that_do_not_belong_together_are_found() -> None:
    # The o is a Cyrillic one.
    found = _serious(filled_in("qlq-c30", "en", items__q9__question="Did anything at all h\u043ert?"))
    assert found == [("items.q9.question", "mixes scripts: Cyrl, Latn")]


def test_a_text_in_another_script_is_the_wrong_language() -> None:
    found = _serious(filled_in("qlq-c30", "en", items__q9__question="痛吗？"))
    assert found == [("items.q9.question", "has no letter of en: is it the wrong language?")]
    found = _serious(filled_in("qlq-c30", "zh-Hans", items__q9__question="Did anything hurt?"))
    assert found == [("items.q9.question", "has no letter of zh-Hans: is it the wrong language?")]


def test_latin_letters_in_chinese_are_only_noted() -> None:
    findings = _found(filled_in("qlq-c30", "zh-Hans", items__q9__question="您拍过 CT 吗？"))
    assert [(finding.serious, finding.what) for finding in findings] == [
        (False, "has Latin letters among others; a name, or a slip?")
    ]


def test_a_few_characters_of_the_other_chinese_are_noted_and_many_are_a_fault() -> None:
    findings = _found(filled_in("qlq-c30", "zh-Hant", items__q9__question="您身上有地方头痛嗎？"))
    assert [(finding.serious, finding.what) for finding in findings] == [
        (False, "has characters that only simplified Chinese commonly uses: 头")
    ]
    wrong = replace(filled_in("qlq-c30", "zh-Hans"), language="zh-Hant")
    assert ("language", "is zh-Hant, but much of it is simplified Chinese") in _serious(wrong)
    wrong = replace(filled_in("qlq-c30", "zh-Hant"), language="zh-Hans")
    assert ("language", "is zh-Hans, but much of it is traditional Chinese") in _serious(wrong)


def test_chinese_that_names_no_script_is_not_judged() -> None:
    assert _serious(replace(filled_in("qlq-c30", "zh-Hant"), language="zh")) == []


def test_english_under_the_name_of_german_is_found() -> None:
    wrong = replace(filled_in("qlq-c30", "en"), language="de")
    assert _serious(wrong) == [("language", "is de, but the texts look like en")]


def test_a_language_nobody_told_us_about_is_taken_as_it_is() -> None:
    assert _serious(replace(filled_in("qlq-c30", "zh-Hans"), language="ii")) == []


def test_a_file_for_another_version_or_instrument_is_found() -> None:
    filled = replace(filled_in("bpi-sf", "en"), version="7d")
    assert _serious(filled) == [("version", "is '7d', but this is '24h'")]


def test_a_doubled_row_is_found() -> None:
    filled = replace(filled_in("bpi-sf", "en"), twice=("title",))
    assert _serious(filled) == [("title", "is there twice")]


def test_a_long_label_is_noted() -> None:
    findings = _found(filled_in("bpi-sf", "en", answers__yes_no__1="Yes, " * 12 + "yes"))
    assert [(finding.serious, finding.what[:16]) for finding in findings] == [(False, "is 63 signs long")]
    findings = _found(filled_in("bpi-sf", "en", items__bpi1__question="Well " * 81 + "now?"))
    assert [finding.serious for finding in findings] == [False]


def test_our_demonstration_wording_does_not_come_back_as_the_owners() -> None:
    ours = [shipped().pack("bpi-sf", "en")]
    findings = check(shipped().instrument("bpi-sf"), filled_in("bpi-sf", "en"), ours)
    assert [finding.what for finding in findings] == ["and 14 more are our demonstration wording (en)"]
    changed = {
        f"items__{item}__question": f"Pain, {item}?" for item in shipped().instrument("bpi-sf").item_ids[:8]
    }
    assert check(shipped().instrument("bpi-sf"), filled_in("bpi-sf", "en", **changed), ours) == []


def test_findings_come_in_the_order_of_the_rows() -> None:
    filled = filled_in("bpi-sf", "en", title=" Pain", items__bpi9g__question="Pain  here?")
    assert [finding.row for finding in _found(filled)] == sorted(finding.row for finding in _found(filled))
    assert len(_found(filled)) == 2


def test_scripts_are_told_apart_by_their_letters() -> None:
    assert scripts.scripts_in("Ab 9 痛, カ ѫ ⴰ") == {"Latn": 2, "Hani": 1, "Kana": 1, "Cyrl": 1, "Zyyy": 1}


def test_a_tag_that_names_a_script_is_believed() -> None:
    assert scripts.expected("sr-Latn") == {"Latn"}
    assert scripts.expected("zh-Hant-TW") == {"Hani"}
    assert scripts.expected("ja") == {"Hani", "Hira", "Kana"}
    assert scripts.expected("qaa") is None


def test_a_language_is_guessed_only_when_it_is_clear() -> None:
    assert scripts.likely_language(["Ja", "Nein"]) is None
    assert (
        scripts.likely_language(["Haben Sie in Ihrer Woche die Treppe und der Weg", "wie waren die"]) == "de"
    )

"""Language codes in any spelling come out the usual way, and what is none is refused."""

import pytest

from pro_app.instruments.language import NotALanguage, direction, normal, script


@pytest.mark.parametrize(
    ("given", "usual"),
    [
        ("zh-hans", "zh-Hans"),
        ("ZH-HANT-tw", "zh-Hant-TW"),
        ("EN", "en"),
        ("pt-br", "pt-BR"),
        ("es-419", "es-419"),
        ("sr-latn-rs", "sr-Latn-RS"),
        ("de-1996", "de-1996"),
        ("zh-yue-Hant", "zh-yue-Hant"),
        ("en-u-ca-gregory", "en-u-ca-gregory"),
        ("de-x-easy", "de-x-easy"),
    ],
)
def test_a_language_code_is_written_the_usual_way(given: str, usual: str) -> None:
    assert normal(given) == usual
    assert normal(usual) == usual


@pytest.mark.parametrize(
    "given", ["", "e", "english", "zh_Hans", "zh-", "中文", "zh-Hans-", "en/../x", "de-"]
)
def test_what_is_no_language_code_is_refused(given: str) -> None:
    with pytest.raises(NotALanguage) as caught:
        normal(given)
    assert caught.value.params == {"language": given}


def test_the_script_that_a_code_names() -> None:
    assert script("zh-Hant-TW") == "Hant"
    assert script("zh-yue-Hant") == "Hant"
    assert script("en-GB") is None


def test_some_languages_are_written_from_right_to_left() -> None:
    assert [direction(tag) for tag in ("ar", "ur-PK", "ug", "az-Arab")] == ["rtl"] * 4
    assert [direction(tag) for tag in ("en", "zh-Hans", "ar-Latn", "az")] == ["ltr"] * 4

"""Screens as text show what a person would see."""

from pathlib import Path

from pro_app.instruments.catalogue import load_catalogue
from pro_app.instruments.screen_text import screens
from tests.unit.instruments.builders import WORDING, folder, shipped


def _screens(name: str, language: str) -> list[str]:
    return list(screens(shipped().instrument(name), shipped().pack(name, language)))


def test_every_screen_is_there_with_recall_question_and_answers() -> None:
    found = _screens("qlq-c30", "en")
    assert len(found) == 31
    assert found[0].startswith("Quality-of-life questionnaire\n")
    assert "Think of the last seven days" not in found[5]
    assert (
        "--- 9/30 ---\n  Think of the last seven days\n  [q9] 9. Did anything hurt?\n      (1) No" in found[9]
    )
    assert "1  2  3  4  5  6  7\n      1 = As bad as can be · 7 = As good as can be" in found[30]


def test_the_other_kinds_of_question_are_shown_in_their_way() -> None:
    found = _screens("bpi-sf", "zh-Hans")
    assert "(1) 有\n      (0) 没有" in found[1]
    assert "front: 面部和额头 | 颈前" in found[2]
    assert "______ (at most 1000 signs)" in found[7]
    assert "0%  10%" in found[8]
    assert "100% = 疼痛全消" in found[8]


def test_questions_of_one_screen_are_shown_together_and_no_intro_is_no_screen(tmp_path: Path) -> None:
    catalogue = load_catalogue(folder(tmp_path, wording=WORDING.replace('intro = "Hello."\n', "")))
    found = list(screens(catalogue.instrument("tiny"), catalogue.pack("tiny", "en")))
    assert len(found) == 3
    assert "[t2] 2." in found[1]
    assert "[t3] 3." in found[1]

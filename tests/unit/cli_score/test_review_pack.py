"""`pro-app review-pack`: every screen, in every language, in one file."""

import json
import os
import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pypdf import PdfReader

from pro_app.cli.review_pack import review_pack
from pro_app.cli.review_pages import review_book
from pro_app.config import ROOT
from pro_app.exports import paper
from pro_app.schedule.study import load_study
from tests.unit.instruments.builders import shipped

STUDY = ROOT / "questionnaires" / "studies" / "nct06120426.toml"


def _run(tmp_path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(review_pack, [*arguments, "--data-dir", str(tmp_path / "instance")])


def _book(html: str) -> dict[str, list[dict[str, object]]]:
    found = re.search(r'<script type="application/json" id="book">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    return json.loads(found[1])  # type: ignore[no-any-return]


def test_the_book_holds_every_screen_in_every_language_with_its_items() -> None:
    packs = list(shipped().active_packs("bpi-sf"))
    html = review_book(
        shipped(),
        load_study(STUDY, tuple(shipped().instruments)),
        packs,
        translations=ROOT / "translations",
        made_on=date(2026, 11, 22),
    )
    book = _book(html)
    assert [pack["language"] for pack in book["packs"]] == ["en", "zh-Hans", "zh-Hant"]
    for pack, shown in zip(packs, book["packs"], strict=True):
        assert shown["hash"] == pack.hash
        assert [screen["items"] for screen in shown["screens"]] == [  # type: ignore[attr-defined]
            [item] for item in shipped().instrument("bpi-sf").item_ids
        ]
        assert [len(screen["views"]) for screen in shown["screens"]] == [1, 3, *[1] * 13]  # type: ignore[attr-defined]
        page = str(shown["page"])
        assert all(words.question in page for words in pack.items.values())
        assert "<link" not in page
        assert "<style>" in page
        # What scripts the page has stay out: the book shows it, it does not run it.
        assert "<script" not in page
    assert html.count("Demonstration wording, not for data collection") == 3
    assert "2026-11-22" in html


@pytest.mark.browser
def test_the_pdf_shows_every_question_at_both_sizes(tmp_path: Path) -> None:
    if not any(map(shutil.which, paper.BROWSERS)):
        pytest.skip("there is no Chromium on the PATH")
    out = tmp_path / "review.pdf"
    done = _run(tmp_path, "phq-9", "--language", "en", "--language", "zh-Hans", "--out", str(out))
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{out}: 2 languages, 10 screens each.\n"
    pages = [page.extract_text() for page in PdfReader(out).pages]
    assert len(pages) == 1 + 2 * 10
    for number, item in enumerate(shipped().instrument("phq-9").item_ids, 1):
        text = " ".join(pages[number].split())
        question = shipped().pack("phq-9", "en").items[item].question
        assert text.startswith(f"{item} · screen {number} / 10 PHQ-9 2001 · en")
        assert text.replace("- ", "").count(question.split()[-1]) >= 2


def test_without_chromium_there_is_html_and_a_sentence_how_to_print_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = _run(tmp_path, "phq-9", "--language", "en", "--out", str(tmp_path / "review.pdf"))
    assert done.exit_code == 0
    assert "There is no Chromium on this machine" in done.stderr
    assert len(_book((tmp_path / "review.html").read_text(encoding="utf-8"))["packs"]) == 1


def test_html_can_be_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    digest = shipped().pack("phq-9", "zh-Hant").hash
    done = _run(tmp_path, "phq-9", "--html", "--pack", digest[:12])
    assert (done.exit_code, done.stderr) == (0, "")
    assert _book(Path("phq-9-review.html").read_text(encoding="utf-8"))["packs"][0]["language"] == "zh-Hant"


def _browser(folder: Path, script: str) -> None:
    path = folder / "chromium"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_a_browser_that_prints_nothing_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _browser(tmp_path, "echo no display >&2; exit 3")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    done = _run(tmp_path, "phq-9", "--language", "en", "--out", str(tmp_path / "r.pdf"))
    assert done.exit_code == 1
    assert "chromium printed nothing (no display); use --html and print that." in done.stderr


def test_a_browser_that_never_answers_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _browser(tmp_path, "exec sleep 60")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(paper, "SECONDS_TO_PRINT", 0.2)
    done = _run(tmp_path, "phq-9", "--language", "en", "--out", str(tmp_path / "r.pdf"))
    assert done.exit_code == 1
    assert "no answer within 0.2 s" in done.stderr


def test_root_prints_without_the_sandbox_and_others_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _browser(tmp_path, 'echo "$@" >&2; exit 1')
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    for user, there in ((0, True), (1000, False)):
        monkeypatch.setattr(os, "geteuid", lambda user=user: user)
        done = _run(tmp_path, "phq-9", "--language", "en", "--out", str(tmp_path / "r.pdf"))
        assert ("--no-sandbox" in done.stderr) is there


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["sf-36"], "There is no instrument sf-36"),
        (["bpi-sf", "--language", "fr"], "There is no wording of bpi-sf in fr."),
        (["bpi-sf", "--pack", "zz"], "zz is not the beginning of exactly one pack of bpi-sf."),
        (["bpi-sf", "--study", "nowhere.toml"], "the file does not exist"),
    ],
)
def test_what_is_not_there_is_said(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    done = _run(tmp_path, *arguments)
    assert done.exit_code == 1
    assert sentence in done.stderr


def test_an_instrument_without_any_wording_is_said(tmp_path: Path) -> None:
    from tests.unit.instruments.builders import folder

    root = folder(tmp_path)
    (root / "tiny" / "wording.en.toml").unlink()
    done = _run(tmp_path, "tiny", "--questionnaires", str(root))
    assert "There is no wording of tiny yet" in done.stderr

"""`pro-app wording`, from the empty template to the pack that patients see."""

import csv
import io
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pro_app.cli.wording import wording
from tests.unit.instruments.builders import folder

TEXTS = {
    "title": "小问卷",
    "recall.week": "最近一周",
    "answers.two.1": "一只",
    "answers.two.2": "两只",
    "answers.yes.1": "有",
    "answers.yes.0": "没有",
    "items.t1.question": "您有猫吗？",
    "items.t2.question": "几只猫？",
    "items.t3.question": "几只狗？",
    "items.t4.question": "它们叫什么？",
}


class Site:
    """A hospital at its command line."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.questionnaires = folder(root)

    def run(self, word: str, *arguments: str) -> Result:
        places = ["--questionnaires", str(self.questionnaires)] if word != "activate" else []
        places += (
            ["--data-dir", str(self.root / "instance")] if word in ("install", "list", "activate") else []
        )
        return CliRunner().invoke(wording, [word, *arguments, *places])

    def filled(self, name: str = "filled.csv", **changes: str) -> str:
        assert self.run("template", "tiny", "zh-hans", "--out", str(self.root), "--force").exit_code == 0
        rows = list(csv.reader(io.StringIO((self.root / "tiny.zh-Hans.csv").read_text(encoding="utf-8-sig"))))
        texts = {**TEXTS, **{key.replace("__", "."): text for key, text in changes.items()}}
        rows = rows[:4] + [[*row[:3], texts.get(row[0], "")] for row in rows[4:]]
        with (self.root / name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
        return str(self.root / name)

    def install(self, file: str, *more: str, owner: str = "v 1.0", language: str = "zh-Hans") -> Result:
        licence = ["--licence", "LIC-2026-7", "--owner-version", owner, "--language", language]
        return self.run("install", file, *licence, *more)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_a_template_is_written_as_csv_and_as_xlsx(site: Site) -> None:
    done = site.run("template", "tiny", "ZH-hans", "--out", str(site.root / "new"))
    assert done.exit_code == 0
    assert sorted(path.name for path in (site.root / "new").iterdir()) == [
        "tiny.zh-Hans.csv",
        "tiny.zh-Hans.xlsx",
    ]


def test_a_template_is_not_written_over_what_somebody_filled_in(site: Site) -> None:
    site.run("template", "tiny", "fr", "--out", str(site.root))
    done = site.run("template", "tiny", "fr", "--out", str(site.root))
    assert done.exit_code == 1
    assert "tiny.fr.csv and tiny.fr.xlsx would be written over" in done.stderr


def test_a_template_for_no_language_or_no_instrument_is_refused(site: Site) -> None:
    assert "english is not a language code" in site.run("template", "tiny", "english").stderr
    assert "There is no instrument huge; there are: tiny." in site.run("template", "huge", "en").stderr


def test_the_check_shows_every_screen_and_says_that_all_is_well(site: Site) -> None:
    done = site.run("check", site.filled())
    assert done.exit_code == 0
    assert "[t2] 2. 几只猫？" in done.stdout
    assert "(2) 两只" in done.stdout
    assert done.stdout.endswith("filled.csv can be installed.\n")


def test_the_check_lists_faults_with_their_rows(site: Site) -> None:
    done = site.run(
        "check", site.filled(items__t1__question=" 您有猫吗？", answers__two__2=""), "--no-screens"
    )
    assert done.exit_code == 1
    assert "row 12: fault: answers.two.2 is missing" in done.stderr
    assert "fault: items.t1.question begins or ends with a space" in done.stderr
    assert "Error: filled.csv can't be installed yet." in done.stderr
    assert done.stdout == ""


def test_a_file_that_is_not_there_or_no_template_is_one_sentence(site: Site) -> None:
    assert "No such file or directory" in site.run("check", str(site.root / "nothing.csv")).stderr
    (site.root / "odd.csv").write_text("a,b\n", encoding="utf-8")
    assert (
        "odd.csv is not a filled-in wording template" in site.run("check", str(site.root / "odd.csv")).stderr
    )


def test_an_installed_pack_is_listed_as_active_where_it_is(site: Site) -> None:
    done = site.install(site.filled())
    assert done.exit_code == 0, done.output
    digest = done.stdout.split()[2].rstrip(".")
    lines = site.run("list").stdout.splitlines()
    assert len(lines) == 2
    assert "tiny       en         active" in lines[0]
    assert "demonstration, not for data collection" in lines[0]
    assert f"zh-Hans    active  {digest[:12]}  v 1.0, licence LIC-2026-7, installed 20" in lines[1]


def test_two_packs_stand_side_by_side_until_the_second_is_activated(site: Site) -> None:
    site.install(site.filled())
    done = site.install(site.filled(title="另一份小问卷"), "--beside", owner="v 1.1")
    assert "Nobody sees it until" in done.stdout
    digest = done.stdout.split()[2].rstrip(".")
    before = site.run("list").stdout.splitlines()
    assert [line.split()[2] == "active" for line in before] == [True, True, False]
    assert site.run("activate", digest[:8]).exit_code == 0
    after = site.run("list").stdout.splitlines()
    assert [line.split()[2] == "active" for line in after] == [True, False, True]


@pytest.mark.parametrize(
    ("language", "owner", "sentence"),
    [
        ("zh-Hant", "v1", "--language is zh-Hant, but filled.csv says zh-Hans."),
        ("chinese", "v1", "chinese is not a language code"),
        ("zh-Hans", " ", "--owner-version is empty; it is stored with every answer."),
    ],
)
def test_an_installation_says_what_is_wrong_with_it(
    site: Site, language: str, owner: str, sentence: str
) -> None:
    done = site.install(site.filled(), owner=owner, language=language)
    assert done.exit_code == 1
    assert sentence in done.stderr


def test_a_faulty_file_is_not_installed(site: Site) -> None:
    done = site.install(site.filled(title=""))
    assert done.exit_code == 1
    assert "filled.csv can't be installed: 1 faults, see above." in done.stderr
    assert not (site.root / "instance").exists()


def test_our_demonstration_wording_can_not_be_installed_as_licensed(site: Site) -> None:
    ours = {
        "items__t1__question": "Do you have a cat?",
        "items__t2__question": "How many cats?",
        "items__t3__question": "How many dogs?",
    }
    assert "are our demonstration wording (en)" in site.install(site.filled(**ours)).stderr


def test_the_same_file_is_installed_once_and_an_unknown_hash_is_not_activated(site: Site) -> None:
    site.install(site.filled())
    assert "This very wording is installed already" in site.install(site.filled()).stderr
    assert "is not the beginning of exactly one installed pack" in site.run("activate", "zz").stderr


def test_a_changed_pack_stops_the_list_with_a_sentence(site: Site) -> None:
    site.install(site.filled())
    pack = next(
        path for path in (site.root / "instance" / "wording").glob("*.json") if path.name != "packs.json"
    )
    pack.write_bytes(pack.read_bytes() + b" ")
    done = site.run("list")
    assert done.exit_code == 1
    assert "the wording was changed after it was installed" in done.stderr

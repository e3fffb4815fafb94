"""The catalogue: what there is, what is shown, and every fault of every file at once."""

from pathlib import Path

import pytest

from pro_app.errors import DataFileError
from pro_app.instruments.catalogue import (
    NoWording,
    UnknownInstrument,
    UnknownPack,
    load_catalogue,
    load_instrument,
)
from tests.unit.instruments.builders import DEFINITION, WORDING, folder, shipped


def test_an_instrument_and_its_words_are_found(tmp_path: Path) -> None:
    catalogue = load_catalogue(folder(tmp_path))
    pack = catalogue.pack("tiny", "en")
    assert catalogue.instrument("tiny").name == "Tiny"
    assert catalogue.languages("tiny") == ("en",)
    assert catalogue.active_packs("tiny") == (pack,)
    assert catalogue.pack_by_hash(pack.hash) is pack
    assert (pack.title, pack.intro, pack.recall, pack.direction) == (
        "Tiny",
        "Hello.",
        {"week": "In the last week"},
        "ltr",
    )
    assert pack.items["t2"].labels == {1: "One", 2: "Two"}
    assert pack.items["t2"].hint == "Count the kittens."
    assert pack.items["t3"].labels == {1: "One", 2: "A pair"}
    assert pack.items["t1"].labels == {1: "Yes", 0: "No"}
    assert pack.id == f"tiny.en.{pack.hash[:12]}"
    assert pack.demonstration


def test_demonstration_wording_is_no_licensed_wording() -> None:
    assert shipped().licensed_languages(["qlq-c30", "bpi-sf"]) == ()
    assert shipped().licensed_languages([]) == ()


def test_what_is_not_there_is_said() -> None:
    with pytest.raises(UnknownInstrument) as instrument:
        shipped().instrument("sf-36")
    assert instrument.value.params == {"instrument": "sf-36", "known": "bpi-sf, phq-9, qlq-c30"}
    with pytest.raises(NoWording) as wording:
        shipped().pack("bpi-sf", "fr")
    assert wording.value.params == {"instrument": "bpi-sf", "language": "fr"}
    with pytest.raises(UnknownPack):
        shipped().pack_by_hash("0" * 64)


def test_one_definition_can_be_read_alone(tmp_path: Path) -> None:
    root = folder(tmp_path)
    assert load_instrument(root, "tiny").id == "tiny"
    for name in ("other", "../questionnaires/tiny", "", "."):
        with pytest.raises(UnknownInstrument):
            load_instrument(root, name)


def test_the_faults_of_all_files_come_together(tmp_path: Path) -> None:
    root = folder(tmp_path, wording=WORDING.replace('title = "Tiny"', 'title = " "'))
    broken = root / "broken"
    broken.mkdir()
    (broken / "definition.toml").write_text("id = 5", encoding="utf-8")
    packs = tmp_path / "wording"
    packs.mkdir()
    (packs / "stray.json").write_text("{}", encoding="utf-8")
    with pytest.raises(DataFileError) as caught:
        load_catalogue(root, packs)
    faults = str(caught.value.params["faults"]).splitlines()
    assert "broken/definition.toml:1: id is 5, but a text is needed" in faults
    assert "tiny/wording.en.toml:5: title is ' ', but a text without spaces around it is needed" in faults
    assert any(line.startswith("wording/stray.json: nobody installed this file") for line in faults)
    assert caught.value.params["count"] == len(faults)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('2 = "Two"', "", "answers.two.2 is missing"),
        ('2 = "Two"', '2 = "Two"\n3 = "Three"', "answers.two.3 is no text of tiny"),
        ('version = "1"', 'version = "2"', "version is '2', but the definition says '1'"),
        ('language = "en"', 'language = "english"', "language 'english' is no BCP 47 code"),
        ('language = "en"', "", "language is missing: a text is needed"),
        ('title = "Tiny"', "title = 5", "title is 5, but a text without spaces around it is needed"),
        ('t4.question = "What are their names?"', "", "items.t4.question is missing"),
    ],
)
def test_a_fault_in_the_wording_is_told_with_its_line(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert old in WORDING
    with pytest.raises(DataFileError) as caught:
        load_catalogue(folder(tmp_path, wording=WORDING.replace(old, new)))
    assert any(
        line.startswith("tiny/wording.en.toml:") and fault in line
        for line in str(caught.value.params["faults"]).splitlines()
    )


def test_a_folder_without_definitions_is_no_catalogue(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match=r"there is no definition\.toml"):
        load_catalogue(tmp_path)


def test_a_folder_of_packs_need_not_exist(tmp_path: Path) -> None:
    assert load_catalogue(folder(tmp_path), tmp_path / "nowhere").languages("tiny") == ("en",)


def test_the_hash_follows_the_words_and_not_the_comments(tmp_path: Path) -> None:
    one = load_catalogue(folder(tmp_path / "1")).pack("tiny", "en")
    two = load_catalogue(folder(tmp_path / "2", wording="# A comment.\n" + WORDING)).pack("tiny", "en")
    three = load_catalogue(folder(tmp_path / "3", wording=WORDING.replace("A pair", "Two dogs"))).pack(
        "tiny", "en"
    )
    assert one.hash == two.hash
    assert one.hash != three.hash
    assert DEFINITION.count("[[items]]") == len(one.items)

"""Reading definitions: what they say is there, and every fault is told with its line."""

from pathlib import Path

import pytest

from pro_app.errors import DataFileError
from pro_app.instruments.definition import ShownIf
from pro_app.instruments.definition_file import load_definition
from tests.unit.instruments.builders import DEFINITION, folder, tiny


def _faults(root: Path, definition: str) -> list[str]:
    with pytest.raises(DataFileError) as caught:
        load_definition(folder(root, definition) / "tiny" / "definition.toml")
    return str(caught.value.params["faults"]).splitlines()


def _line(text: str) -> int:
    return next(number for number, line in enumerate(DEFINITION.splitlines(), 1) if text in line)


def test_a_definition_holds_items_recall_screens_and_rules(tmp_path: Path) -> None:
    found = tiny(tmp_path)
    assert found.item_ids == ("t1", "t2", "t3", "t4")
    assert found.item("t2").recall == "week"
    assert found.recall["week"].hours == 168
    assert found.item("t2").shown_if == ShownIf("t1", (True,))
    assert found.item("t4").max_length == 20
    assert found.item("t4").optional
    assert [screen.items for screen in found.screens] == [("t1",), ("t2", "t3"), ("t4",)]
    assert found.scoring.answers == {"t2": (1, 2), "t3": (1, 2)}
    assert found.scoring.scale("T").range == (2, 4)
    assert found.scoring.citation == "Us 2026."
    with pytest.raises(KeyError):
        found.item("t9")


def test_a_skip_rule_on_codes_keeps_the_codes(tmp_path: Path) -> None:
    text = DEFINITION.replace('id = "t3"\n', 'id = "t3"\nshown_if = { item = "t2", values = [1, 2] }\n')
    found = load_definition(folder(tmp_path, text) / "tiny" / "definition.toml")
    assert found.item("t3").shown_if == ShownIf("t2", (1, 2))


def test_all_faults_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    text = (
        DEFINITION.replace("codes = [1, 2]", "codes = [1, 1]")
        .replace("hours = 168", 'hours = "long"')
        .replace('recall = "week"', 'recall = "month"')
        .replace('better = "low"', 'better = "middle"')
    )
    faults = _faults(tmp_path, text)
    assert f"definition.toml:{_line('hours')}: hours is 'long', but a whole number is needed" in faults
    assert f"definition.toml:{_line('codes = [1, 2]')}: a code is listed twice" in faults
    assert f"definition.toml:{_line('recall =')}: recall 'month' is not defined" in faults
    assert f"definition.toml:{_line('better')}: better is 'middle', but one of high, low is needed" in faults


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('id = "tiny"', 'id = "other"', "id is 'other', but the folder is 'tiny'"),
        ('name = "Tiny"', "", "name is missing: a text is needed"),
        ('name = "Tiny"', 'name = " "', "name is ' ', but a text is needed"),
        ('name = "Tiny"', 'name = "Tiny"\ncolour = "red"', "colour is not known here"),
        ('name = "Tiny"', 'name = "Tiny"\nitem = 3', "item is not known here"),
        ('id = "t3"', 'id = "t1"', "item t1 is defined twice"),
        ('answers = "words"', 'answers = "poem"', "answers 'poem' is not defined"),
        ("optional = true", 'optional = "yes"', "optional is 'yes', but true or false is needed"),
        ("values = [1] }", "values = [7] }", "shown_if: [7] are no codes of t1"),
        ('item = "t1", values', 'item = "t3", values', "shown_if names 't3', which is no earlier item"),
        ('items = ["t2", "t3"]\n\n', 'items = ["t3", "t2"]\n\n', "the items of a screen must be neighbours"),
        ('items = ["t2", "t3"]\n\n', "items = []\n\n", "the items of a screen must be neighbours"),
        ('kind = "text"', 'kind = "poem"', "kind is 'poem', but one of choice, nrs"),
        ("codes = [1, 0]", "codes = [1, 2]", "a yes_no answer has the codes 1 and 0"),
        ("codes = [1, 2]", "codes = [-1, 2]", "a code is negative"),
        ("codes = [1, 2]", 'codes = [1, "2"]', "codes is [1, '2'], but a list of whole numbers is needed"),
        ("codes = [1, 2]", "codes = [1]", "the items of a scale need at least two codes"),
        ("codes = [1, 2]", "", "codes is missing: a list of whole numbers is needed"),
        ('kind = "text"', 'kind = "body"', "an item shows the body diagram, but [regions] is missing"),
        ('citation = "us"', 'citation = "them"', "citation 'them' is not in [sources]"),
        ('method = "sum"', 'method = "product"', "method is 'product', but one of mean, sum, linear"),
        ("minimum = 1", "minimum = 3", "minimum is 3, but the scale has 2 parts"),
        ("minimum = 1", "minimum = true", "minimum is True, but a whole number is needed"),
        (
            'items = ["t2", "t3"]\nmin',
            'items = ["t2", "t4"]\nmin',
            "items names 't4', which is not there or has no",
        ),
        ('items = ["t2", "t3"]\nmin', 'items = ["t2", "t2"]\nmin', "items names something twice"),
        ('items = ["t2", "t3"]\nmin', "items = []\nmin", "items is empty"),
        (
            '[answers.two]\nkind = "choice"\ncodes = [1, 2]',
            "[answers]\ntwo = 5",
            "two is 5, but a table is needed",
        ),
        ('[sources]\nus = "Us 2026."', "sources = { us = 5 }", "us is 5, but a text is needed"),
    ],
)
def test_a_fault_is_told(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert old in DEFINITION
    assert any(fault in line for line in _faults(tmp_path, DEFINITION.replace(old, new, 1)))


MORE = """
[[scoring.scales]]
name = "U"
method = "mean_of_scales"
scales = ["T"]
reversed_scales = ["T"]
minimum = 1
better = "high"
source = "us"
bands = [
  { code = "few", low = 0, high = 2, source = "us" },
  { code = "many", low = 3, high = 9, source = "us" },
]

[[thresholds]]
scale = "T"
value = 2.5
side = "above"
source = "us"
note = "Cats only."

[[changes]]
scales = ["T", "U"]
direction = "decline"
size = "large"
low = 2
unit = "points"
source = "us"
"""


def test_derived_scales_thresholds_and_changes_are_read_with_their_source(tmp_path: Path) -> None:
    found = load_definition(folder(tmp_path, DEFINITION + MORE) / "tiny" / "definition.toml")
    assert found.scoring.scale("U").parts == ("T",)
    assert [band.code for band in found.scoring.scale("U").bands] == ["few", "many"]
    threshold, (one, other) = found.thresholds[0], found.changes
    assert (threshold.value, threshold.side, threshold.source, threshold.note) == (
        2.5,
        "above",
        "Us 2026.",
        "Cats only.",
    )
    assert (one.scale, other.scale, one.low, one.over, one.source) == ("T", "U", 2.0, False, "Us 2026.")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('scales = ["T"]\nrev', 'scales = ["V"]\nrev', "scales names 'V', which is not there"),
        (
            'reversed_scales = ["T"]',
            'reversed_scales = ["V"]',
            "reversed_scales names 'V', which is not among scales",
        ),
        ('name = "U"', 'name = "T"', "scale T is defined twice"),
        ("low = 3, high = 9", "low = 2, high = 9", "bands must not overlap"),
        ("low = 3, high = 9", "low = 9, high = 3", "bands must not overlap, and end after they begin"),
        ('scale = "T"', 'scale = "V"', "there is no scale 'V'"),
        ('scales = ["T", "U"]', 'scales = ["V"]', "there is no scale 'V'"),
        ("value = 2.5", 'value = "2.5"', "value is '2.5', but a number is needed"),
        ('source = "us"\nnote', 'source = "me"\nnote', "source 'me' is not in [sources]"),
        ("[[changes]]", "[changes]", "changes is {"),
    ],
)
def test_a_fault_in_the_later_parts_is_told(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert old in MORE
    assert any(fault in line for line in _faults(tmp_path, DEFINITION + MORE.replace(old, new, 1)))


def test_items_with_different_codes_make_no_scale(tmp_path: Path) -> None:
    text = DEFINITION.replace(
        "[answers.words]", '[answers.three]\nkind = "choice"\ncodes = [1, 2, 3]\n\n[answers.words]'
    )
    text = text.replace('id = "t3"\nanswers = "two"', 'id = "t3"\nanswers = "three"')
    assert any("same lowest and highest code" in line for line in _faults(tmp_path, text))


def test_a_region_is_named_once(tmp_path: Path) -> None:
    text = DEFINITION.replace(
        "[recall.week]", '[regions]\nfront = ["front-head", "front-head"]\n\n[recall.week]'
    )
    assert any("region front-head is named twice" in line for line in _faults(tmp_path, text))


def test_an_empty_file_has_all_the_faults_of_an_empty_file(tmp_path: Path) -> None:
    faults = _faults(tmp_path, "")
    assert [line.split(": ", 1)[1] for line in faults if "there are no items" in line]
    assert any("[scoring] has no scales" in line for line in faults)


def test_a_file_that_is_no_toml_or_not_there_is_told(tmp_path: Path) -> None:
    assert "not valid TOML" in _faults(tmp_path, "id = ")[0]
    with pytest.raises(DataFileError, match="does not exist"):
        load_definition(tmp_path / "nowhere" / "definition.toml")

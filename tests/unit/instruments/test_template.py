"""The template goes out as CSV and XLSX, and comes back filled in."""

import csv
import io
from pathlib import Path

import pytest
from openpyxl import load_workbook

from pro_app.instruments.template import NotATemplate, csv_template, read_filled_in, xlsx_template
from pro_app.instruments.wording import slots
from tests.unit.instruments.builders import shipped

BPI = shipped().instrument("bpi-sf")
TEXTS = shipped().pack("bpi-sf", "zh-Hans").texts


def _csv_rows() -> list[list[str]]:
    return list(csv.reader(io.StringIO(csv_template(BPI, "zh-Hans").decode("utf-8-sig"), newline="")))


def _written(tmp_path: Path, rows: list[list[str]], *, delimiter: str = ",", bom: bool = True) -> Path:
    path = tmp_path / "filled.csv"
    with path.open("w", encoding="utf-8-sig" if bom else "utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


def _filled() -> list[list[str]]:
    rows = _csv_rows()
    return rows[:4] + [[*row[:3], TEXTS.get(row[0], "")] for row in rows[4:]]


def test_the_template_asks_for_every_text_and_holds_none_of_ours() -> None:
    rows = _csv_rows()
    assert rows[0] == ["key", "needed", "about", "text"]
    assert [row[3] for row in rows[1:4]] == ["bpi-sf", "24h", "zh-Hans"]
    assert [row[0] for row in rows[4:]] == [slot.key for slot in slots(BPI)]
    assert {row[3] for row in rows[4:]} == {""}
    assert {"items.bpi9g.question", "answers.yes_no.0", "answers.relief.high", "regions.back-sacrum"} <= {
        row[0] for row in rows if row[1] == "yes"
    }


def test_the_csv_opens_in_a_spreadsheet_with_its_chinese_right() -> None:
    assert csv_template(BPI, "zh-Hans").startswith(b"\xef\xbb\xbf")


def test_both_kinds_of_template_have_the_same_rows() -> None:
    sheet = load_workbook(io.BytesIO(xlsx_template(BPI, "zh-Hans"))).active
    assert sheet is not None
    rows = [["" if value is None else value for value in row] for row in sheet.iter_rows(values_only=True)]
    assert rows == _csv_rows()


@pytest.mark.parametrize("bom", [True, False])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_filled_in_csv_is_read(tmp_path: Path, delimiter: str, bom: bool) -> None:
    found = read_filled_in(_written(tmp_path, _filled(), delimiter=delimiter, bom=bom))
    assert (found.instrument, found.version, found.language) == ("bpi-sf", "24h", "zh-Hans")
    assert found.texts == TEXTS
    assert found.twice == ()
    assert found.rows["instrument"] == 2
    assert found.rows["title"] == 5


def test_a_filled_in_xlsx_is_read_and_numbers_in_it_are_text(tmp_path: Path) -> None:
    book = load_workbook(io.BytesIO(xlsx_template(BPI, "zh-Hans")))
    sheet = book.active
    assert sheet is not None
    for row in sheet.iter_rows(min_row=5):
        row[3].value = TEXTS.get(str(row[0].value)) or (7 if row[0].value == "copyright" else None)
    path = tmp_path / "filled.XLSX"
    book.save(path)
    assert read_filled_in(path).texts == {**TEXTS, "copyright": "7"}


def test_texts_are_read_untouched_and_doubled_keys_are_noticed(tmp_path: Path) -> None:
    rows = [["text", "key"], ["bpi-sf", "instrument"], ["24h", "version"], ["en", "language"]]
    rows += [[" spaces ", "title"], ["again", "title"], [], ["", "intro"], ["short"]]
    found = read_filled_in(_written(tmp_path, rows))
    assert found.texts == {"title": " spaces "}
    assert found.twice == ("title",)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "its first row must have the columns key and text"),
        (b"a,b\n1,2\n", "its first row must have the columns key and text"),
        (b"key,text\ntitle,x\n", "the row instrument is missing or empty"),
        (b"key,text\ninstrument,x\nversion,1\nlanguage,\n", "the row language is missing or empty"),
        ("key,text\ntitle,疼痛".encode("gb18030"), "it is not UTF-8 text; save it as CSV UTF-8"),
        (b'key,text\ntitle,"never closed\n', "it is not valid CSV"),
    ],
)
def test_a_file_that_is_no_template_is_refused_with_the_reason(
    tmp_path: Path, content: bytes, why: str
) -> None:
    path = tmp_path / "odd.csv"
    path.write_bytes(content)
    with pytest.raises(NotATemplate) as caught:
        read_filled_in(path)
    assert str(caught.value.params["why"]).startswith(why)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a zip", b"key,text"])
def test_a_file_that_is_no_spreadsheet_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.xlsx"
    path.write_bytes(content)
    with pytest.raises(NotATemplate, match=r"wording_not_a_template|can't be read as a spreadsheet"):
        read_filled_in(path)

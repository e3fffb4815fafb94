"""Every format, read by somebody else's program, holds what the wide CSV holds."""

import json
import math
import warnings
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas
import pyreadstat
import pytest

from tests.integration.exports.conftest import Shared
from tests.integration.exports.reading_back import Row, manifest, rows
from tests.integration.exports.ward import CHINESE, Ward

INSTRUMENTS = ("qlq-c30", "bpi-sf")


@pytest.fixture
def ward(shared: Shared) -> Ward:
    """One kind of database is enough here: `test_every_format` reads the same files from both."""
    return shared.ward


@pytest.fixture
def folder(shared: Shared) -> Path:
    return shared.folder


def cell(row: Row, name: str) -> Any:
    """What the CSV says: a float, or text, or None for blank."""
    text = row[name]
    if text == "":
        return None
    try:
        return float(text)
    except ValueError:
        return text


def same_number(theirs: Any, ours: Any) -> bool:
    return (theirs is None or math.isnan(theirs)) if ours is None else theirs == ours


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_spss_reads_the_same_answers_reasons_and_days(folder: Path, name: str) -> None:
    data, about = pyreadstat.read_sav(folder / f"{name}.sav", user_missing=True)
    wide = rows(folder, f"{name}.csv")
    assert len(data) == len(wide) == about.number_rows
    reasons = {"skipped": -97, "not_reached": -98, "not_shown": -99}
    reasons |= {"none_answered": -97, "too_few_answered": -98, "scale_missing": -99}
    tagged = [
        column.removesuffix(end)
        for column in wide[0]
        for end in ("_missing", "_reason")
        if column.endswith(end)
    ]
    tagged = [column for column in tagged if column in data.columns]
    assert len(tagged) > 15
    for theirs, ours in zip(data.to_dict("records"), wide, strict=True):
        for column in tagged:
            why = ours.get(f"{column}_missing") or ours.get(f"{column}_reason")
            assert same_number(theirs[column], float(reasons[why]) if why else cell(ours, column)), column
        assert theirs["study_number"] == ours["study_number"]
        assert about.variable_value_labels["timepoint"][theirs["timepoint"]]
        due = theirs["due"]
        assert (due.isoformat() if isinstance(due, date) else "") == ours["due"]
        moment = theirs["received_at"]
        assert (
            moment.isoformat()[:19] if isinstance(moment, datetime) and ours["received_at"] else ""
        ) == ours["received_at"][:19]
    codes = about.variable_value_labels["state"]
    assert "时间窗内收到" in codes.values()
    assert [codes[row] for row in data["state"]].count("时间窗内收到") == sum(
        row["state"] == "in_window" for row in wide
    )


def test_spss_counts_reasons_as_missing_unless_asked(folder: Path) -> None:
    data, _ = pyreadstat.read_sav(folder / "qlq-c30.sav")
    wide = rows(folder, "qlq-c30.csv")
    assert data["q3"].notna().sum() == sum(row["q3"] != "" for row in wide)


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_stata_reads_the_same_with_its_own_missing_letters(folder: Path, name: str) -> None:
    _, about = pyreadstat.read_dta(folder / f"{name}.dta", user_missing=True)
    data = pandas.read_stata(
        folder / f"{name}.dta", convert_categoricals=False, convert_missing=True, convert_dates=False
    )
    wide = rows(folder, f"{name}.csv")
    letters = {"": ".", "skipped": ".a", "not_reached": ".b", "not_shown": ".c"}
    letters |= {"none_answered": ".d", "too_few_answered": ".e", "scale_missing": ".f"}
    compared = 0
    for column in data.columns:
        ends = [end for end in ("_missing", "_reason") if f"{column}{end}" in wide[0]]
        if not ends:
            continue
        for theirs, ours in zip(data[column], wide, strict=True):
            expected = cell(ours, column)
            if expected is None:
                assert str(theirs) == letters[ours[f"{column}{ends[0]}"]], column
            else:
                assert theirs == expected, column
            compared += 1
    assert compared > 200
    by_pandas = pandas.read_stata(folder / f"{name}.dta", convert_categoricals=False)
    assert list(by_pandas["study_number"]) == [row["study_number"] for row in wide]
    assert [str(day.date()) if not pandas.isna(day) else "" for day in by_pandas["closes"]] == [
        row["closes"] for row in wide
    ]
    assert "时间窗内收到" in about.variable_value_labels["state"].values()


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_sas_reads_the_same_numbers_to_the_last_bit(folder: Path, name: str, ward: Ward) -> None:
    data, _ = pyreadstat.read_xport(folder / f"{name}.xpt")
    wide = rows(folder, f"{name}.csv")
    for scale in ward.catalogue.instrument(name).scoring.scales:
        column = scale.codes.get("sas", scale.name).upper()[:8]
        for theirs, ours in zip(data[column], wide, strict=True):
            assert same_number(theirs, cell(ours, scale.name)), (scale.name, theirs)
    by_pandas = pandas.read_sas(folder / f"{name}.xpt", encoding="latin1")
    assert list(by_pandas["SUBJECT"]) == [row["study_number"] for row in wide]
    assert list(by_pandas["STATE"]) == [row["state"] for row in wide]
    assert [day.isoformat() if isinstance(day, date) else "" for day in data["DUE"]] == [
        r["due"] for r in wide
    ]


def test_excel_holds_the_same_cells_and_a_codebook(folder: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a workbook that its reader must mend is not right
        book = openpyxl.load_workbook(folder / "export.xlsx")
    assert set(book.sheetnames) == {*INSTRUMENTS, "codebook"}
    for name in INSTRUMENTS:
        header, *lines = book[name].iter_rows(values_only=True)
        wide = rows(folder, f"{name}.csv")
        assert list(header) == list(wide[0])
        for line, ours in zip(lines, wide, strict=True):
            for column, value in zip(header, line, strict=True):
                assert _as_csv(value, ours[column]) == ours[column], column
    assert all(one.data_type != "f" for sheet in book for line in sheet.iter_rows() for one in line)
    described = {(line[0], line[1]) for line in book["codebook"].iter_rows(values_only=True)}
    assert {(name, column) for name in INSTRUMENTS for column in rows(folder, f"{name}.csv")[0]} <= described


def _as_csv(value: Any, ours: str) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return (
            value.date().isoformat() if len(ours) == 10 else ours if _near(value, ours) else value.isoformat()
        )
    return repr(float(value)).removesuffix(".0") if isinstance(value, int | float) else str(value)


def _near(value: datetime, text: str) -> bool:
    """A spreadsheet keeps instants as fractions of a day: good to a millisecond."""
    other = datetime.fromisoformat(text.removesuffix("Z"))
    return abs((value - other).total_seconds()) < 0.01


def test_the_sdtm_domain_has_every_item_scale_and_missing_form(folder: Path) -> None:
    domain = rows(folder, "qs.csv")
    received = [row for name in INSTRUMENTS for row in rows(folder, f"{name}.csv") if row["response"]]
    missing = [
        row for name in INSTRUMENTS for row in rows(folder, f"{name}.csv") if row["state"] == "missing"
    ]
    by_key = {(row["QSREFID"], row["QSSPID"]): row for row in domain if row["QSREFID"]}
    for row in received:
        if row["instrument"] == "qlq-c30":
            for number in range(1, 31):
                line = by_key[row["response"], f"q{number}"]
                assert line["QSTESTCD"] == f"EOR{100 + number:04}"
                assert (line["QSSTRESN"], line["QSREASND"]) == (row[f"q{number}"], row[f"q{number}_missing"])
            assert by_key[row["response"], "QL2"]["QSTESTCD"] == "EOR0131"
            assert by_key[row["response"], "QL2"]["QSSTRESN"] == row["QL2"]
    assert sum(row["QSTESTCD"] == "QSALL" for row in domain) == len(missing)
    assert {row["QSSTAT"] for row in domain if row["QSTESTCD"] == "QSALL"} == {"NOT DONE"}
    keys = [(row["USUBJID"], row["QSSEQ"]) for row in domain]
    assert len(set(keys)) == len(keys)
    transported, _ = pyreadstat.read_xport(folder / "qs.xpt")
    assert len(transported) == len(domain)
    assert list(transported["QSTESTCD"]) == [row["QSTESTCD"] for row in domain]
    assert [_blank(value) for value in transported["QSSTRESN"]] == [cell(row, "QSSTRESN") for row in domain]
    assert all(len(row["QSTESTCD"]) <= 8 and len(row["QSTEST"]) <= 40 for row in domain)


def _blank(value: float) -> float | None:
    return None if math.isnan(value) else value


def test_fhir_lines_are_the_resources_the_registry_gets(folder: Path) -> None:
    observations = [
        json.loads(line) for line in (folder / "Observation.ndjson").read_text("utf-8").splitlines()
    ]
    responses = [
        json.loads(line) for line in (folder / "QuestionnaireResponse.ndjson").read_text("utf-8").splitlines()
    ]
    people = [json.loads(line) for line in (folder / "Patient.ndjson").read_text("utf-8").splitlines()]
    received = [row for name in INSTRUMENTS for row in rows(folder, f"{name}.csv") if row["response"]]
    assert len(responses) == len(received) == 5
    assert len(people) == 2
    assert len({one["id"] for one in observations}) == len(observations)
    assert sum(one["status"] == "amended" for one in responses) == 1
    values = sorted(one["valueQuantity"]["value"] for one in observations if "valueQuantity" in one)
    scales = [
        float(row[name.removesuffix("_reason")])
        for row in received
        for name in row
        if name.endswith("_reason") and row[name.removesuffix("_reason")]
    ]
    assert values == sorted(scales)


def test_labels_are_in_the_chosen_language_and_only_our_own_wording_is_carried(
    folder: Path, ward: Ward
) -> None:
    described = {(row["file"], row["column"]): row for row in rows(folder, "codebook.csv")}
    pack = ward.catalogue.pack("qlq-c30", "zh-Hans")
    assert pack.demonstration
    assert pack.items["q1"].question in described["qlq-c30", "q1"]["label"]
    assert "总体健康" in described["qlq-c30", "QL2"]["label"]


def test_the_manifest_lists_every_file_with_its_hash_and_rows(folder: Path) -> None:
    import hashlib

    about = manifest(folder)
    files = {one["name"]: one for one in about["files"]}  # type: ignore[attr-defined]
    assert set(files) == {path.name for path in folder.iterdir()} - {"manifest.json"}
    for name, one in files.items():
        content = (folder / name).read_bytes()
        assert one["sha256"] == hashlib.sha256(content).hexdigest()
        assert one["bytes"] == len(content)
    assert files["qlq-c30.csv"]["rows"] == 12
    assert about["counts"]["forms"] == 24  # type: ignore[index]


def test_the_same_data_gives_the_same_bytes(ward: Ward, tmp_path: Path) -> None:
    for name in ("one", "two"):
        ward.export(tmp_path / name, "all", words=CHINESE)
    for path in sorted((tmp_path / "one").iterdir()):
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name

"""The export as a stranger reads it: CSV files with the standard library, nothing of the program's own."""

import csv
import json
from pathlib import Path

Row = dict[str, str]


def rows(folder: Path, name: str) -> list[Row]:
    """The rows of a file by column name; it must begin with the mark that tells Excel it is UTF-8."""
    raw = (folder / name).read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(raw.decode("utf-8-sig").splitlines(), strict=True))


def form(folder: Path, instrument: str, number: str, timepoint: str) -> Row:
    """The one row of a wide file for this form."""
    found = [
        row
        for row in rows(folder, f"{instrument}.csv")
        if (row["study_number"], row["timepoint"]) == (number, timepoint)
    ]
    assert len(found) == 1
    return found[0]


def manifest(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "manifest.json").read_text("utf-8"))
    return found

"""The codebook: what every column of every file means, with all its codes. Who has it needs nobody to ask."""

import csv
from collections.abc import Iterator, Sequence

from pro_app.exports.aside import Aside
from pro_app.exports.cells import safe
from pro_app.exports.columns import TAGS, Column

NAMES = ("file", "column", "kind", "label", "codes", "missing", "short", "spss_stata_missing")


def lines(file: str, columns: Sequence[Column]) -> Iterator[list[str]]:
    """One line for each column of a file, in its order. Codes read `1=no; 2=a little`."""
    for one in columns:
        codes = _listed(one.values or one.codes)
        missing = _listed(one.tags)
        inside = "; ".join(f"{TAGS[tag][1]} or .{TAGS[tag][0]}={tag}" for tag in one.tags)
        yield [file, one.name, one.kind, safe(one.label), safe(codes), safe(missing), one.short, inside]
    for one in columns:
        if one.tags:
            yield [file, one.tag_column, "code", safe(one.tag_label), safe(_listed(one.tags)), "", "", ""]


def write(aside: Aside, tables: Sequence[tuple[str, Sequence[Column]]]) -> None:
    """`codebook.csv` for all files of the export."""
    name = "codebook.csv"
    out = csv.writer(aside.text(name, mark=True), lineterminator="\r\n")
    out.writerow(NAMES)
    rows = [line for file, columns in tables for line in lines(file, columns)]
    out.writerows(rows)
    aside.rows[name] = len(rows)


def _listed(codes: object) -> str:
    assert hasattr(codes, "items")
    return "; ".join(f"{code}={label}" for code, label in codes.items())

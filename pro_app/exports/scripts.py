"""The scripts that load the CSV files in R and in Python, written for exactly the files beside them."""

from collections.abc import Sequence

from pro_app.exports.aside import Aside
from pro_app.exports.columns import Table

_R = """# Loads the CSV files of this folder into data frames. Needs nothing but R 3.6 or later.
# In R: setwd to this folder, then source("load.R")

read_export <- function(file, days, moments, texts, factors) {
  data <- read.csv(file, fileEncoding = "UTF-8-BOM", na.strings = "", colClasses = "character",
                   check.names = FALSE)
  for (name in names(data)) {
    if (name %in% days) {
      data[[name]] <- as.Date(data[[name]])
    } else if (name %in% moments) {
      data[[name]] <- as.POSIXct(sub("Z$", "", data[[name]]), format = "%%Y-%%m-%%dT%%H:%%M:%%OS", tz = "UTC")
    } else if (name %in% names(factors)) {
      data[[name]] <- factor(data[[name]], levels = factors[[name]])
    } else if (!(name %in% texts)) {
      data[[name]] <- as.numeric(data[[name]])
    }
  }
  data
}

%(tables)s
"""

_PY = '''"""Loads the CSV files of this folder into pandas data frames.

In a shell: python load.py. In Python: from load import tables.
"""

from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve().parent
FILES = {
%(tables)s
}


def read(name):
    """One file with days, instants, ordered codes and numbers as what they are; blank cells are missing."""
    about = FILES[name]
    data = pd.read_csv(HERE / name, encoding="utf-8-sig", dtype=str, keep_default_na=False, na_values=[""])
    for column in data.columns:
        if column in about["days"]:
            data[column] = pd.to_datetime(data[column], format="%%Y-%%m-%%d")
        elif column in about["moments"]:
            data[column] = pd.to_datetime(data[column], format="ISO8601", utc=True)
        elif column in about["factors"]:
            data[column] = pd.Categorical(data[column], categories=about["factors"][column])
        elif column not in about["texts"]:
            data[column] = pd.to_numeric(data[column])
    return data


tables = {name: read(name) for name in FILES}

if __name__ == "__main__":
    for name, data in tables.items():
        print(f"{name}: {len(data)} rows, {len(data.columns)} columns")
        print(data.groupby(["timepoint", "state"], observed=True).size().unstack(fill_value=0))
        print()
'''


def write(aside: Aside, tables: Sequence[Table]) -> None:
    """`load.R` and `load.py`."""
    r_parts, py_parts = [], []
    for table in tables:
        name = f"{table.instrument.id}.csv"
        by_kind = {kind: [one.name for one in table.columns if one.kind == kind] for kind in _KINDS}
        factors = {one.name: list(one.codes) for one in table.columns if one.kind == "code"}
        factors |= {one.tag_column: list(one.tags) for one in table.columns if one.tags}
        r_lists = ", ".join(f"`{column}` = {_c(codes)}" for column, codes in factors.items())
        days, moments, texts = (by_kind[kind] for kind in _KINDS)
        r_parts.append(
            f"{table.instrument.id.replace('-', '_')} <- read_export({_quoted(name)},\n"
            f"  days = {_c(days)},\n  moments = {_c(moments)},\n"
            f"  texts = {_c(texts)},\n  factors = list({r_lists}))"
        )
        about = {"days": days, "moments": moments, "texts": texts, "factors": factors}
        py_parts.append(f"    {name!r}: {about!r},")
    aside.text("load.R").write(_R.replace("%%", "%").replace("%(tables)s", "\n\n".join(r_parts)))
    aside.text("load.py").write(_PY.replace("%%", "%").replace("%(tables)s", "\n".join(py_parts)))


_KINDS = ("day", "moment", "text")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _c(texts: Sequence[str]) -> str:
    return f"c({', '.join(map(_quoted, texts))})" if texts else "character(0)"

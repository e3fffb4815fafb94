"""The files that each format consists of."""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from pro_app.exports import codebook, scripts
from pro_app.exports.aside import Aside
from pro_app.exports.columns import Cell, Column, Table, about_columns, wide_table
from pro_app.exports.csv_files import HISTORY, LONG, LongCsv, WideCsv, long_columns
from pro_app.exports.edition import Edition
from pro_app.exports.fhir import Fhir, Resources
from pro_app.exports.formats import FORMATS, NoFhir, UnknownFormat
from pro_app.exports.forms import Form
from pro_app.exports.odm import Odm
from pro_app.exports.qs import COLUMNS as QS_COLUMNS
from pro_app.exports.qs import Qs
from pro_app.exports.sas import Xpt
from pro_app.exports.spss import Sav
from pro_app.exports.stata import Dta
from pro_app.exports.xlsx import Workbook

_WIDE = ("csv-wide", "xlsx", "sav", "dta", "xpt")


class FormFile(Protocol):
    """What is written form by form."""

    def take(self, form: Form) -> None: ...

    def close(self) -> None: ...


class TableFile(Protocol):
    """What is written row by row of one instrument's wide table."""

    def take(self, cells: Sequence[Cell]) -> None: ...

    def close(self) -> None: ...


class Shelf:
    """All files of one export; a form goes to each of them, its wide row is made once."""

    def __init__(
        self, aside: Aside, edition: Edition, formats: Collection[str], resources: Resources | None
    ) -> None:
        for name in formats:
            if name not in FORMATS:
                raise UnknownFormat(format=name, known=", ".join((*FORMATS, "all")))
        if "ndjson" in formats and resources is None:
            raise NoFhir()
        self._tables = {one.id: wide_table(edition, one) for one in edition.instruments}
        self._book = Workbook(aside, "export.xlsx") if "xlsx" in formats else None
        self._rows: dict[str, list[TableFile]] = {
            name: self._wide(aside, edition, formats, table) for name, table in self._tables.items()
        }
        self._forms: list[FormFile] = []
        if "csv-long" in formats:
            self._forms.append(LongCsv(aside, edition))
        if "qs" in formats:
            self._forms.append(Qs(aside, edition))
        if "odm" in formats:
            self._forms.append(Odm(aside, edition))
        if "ndjson" in formats and resources:
            self._forms.append(Fhir(aside, edition, resources))
        if "csv-wide" in formats:
            scripts.write(aside, list(self._tables.values()))
        codebook.write(aside, self._described(edition, formats))

    def take(self, form: Form) -> None:
        if files := self._rows[form.instrument]:
            cells = self._tables[form.instrument].row(form)
            for file in files:
                file.take(cells)
        for one in self._forms:
            one.take(form)

    def close(self) -> None:
        """Write what stands at the end of files."""
        for files in self._rows.values():
            for file in files:
                file.close()
        if self._book:
            self._book.close()
        for one in self._forms:
            one.close()

    def _wide(
        self, aside: Aside, edition: Edition, formats: Collection[str], table: Table
    ) -> list[TableFile]:
        name, title = table.instrument.id, f"{edition.study.id} {table.instrument.name}"
        stamp, columns = edition.stamp, table.columns
        makers: dict[str, Callable[[], TableFile]] = {
            "csv-wide": lambda: WideCsv(aside, table),
            "sav": lambda: Sav(aside, f"{name}.sav", columns, title, stamp),
            "dta": lambda: Dta(aside, f"{name}.dta", columns, title, stamp),
            "xpt": lambda: Xpt(aside, f"{name}.xpt", columns, title, stamp, _member(name)),
        }
        files = [make() for kind, make in makers.items() if kind in formats]
        return [*files, self._book.table(name, columns)] if self._book else files

    def _described(self, edition: Edition, formats: Collection[str]) -> list[tuple[str, Sequence[Column]]]:
        """Every table with columns of its own, for the codebook."""
        found: list[tuple[str, Sequence[Column]]] = []
        if set(formats) & set(_WIDE):
            found += [(name, table.columns) for name, table in self._tables.items()]
        if "csv-long" in formats:
            found.append(("forms.csv", about_columns(edition)))
            found += [(name, long_columns(edition, LONG)) for name in ("long.csv", "history-long.csv")]
            found.append(("history.csv", long_columns(edition, HISTORY)))
        if "qs" in formats:
            found.append(("qs", QS_COLUMNS))
        return found


def _member(name: str) -> str:
    """The name of a data set in SAS: up to 8 letters and digits."""
    return "".join(sign for sign in name.upper() if sign.isalnum())[:8]

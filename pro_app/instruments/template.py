"""The form in which a site hands over licensed wording: a table to fill in, as CSV or XLSX.

Four columns: `key` and `needed` and `about` say what goes where, `text` is for the site. The
first rows name instrument, version and language, so that a file says by itself what it is.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font, PatternFill

from pro_app.errors import ProAppError
from pro_app.instruments.definition import Instrument
from pro_app.instruments.wording import slots

COLUMNS = ("key", "needed", "about", "text")
HEAD = ("instrument", "version", "language")


class NotATemplate(ProAppError):
    """The file is no filled-in template; params: file, why."""

    code = "wording_not_a_template"


@dataclass(frozen=True, slots=True)
class FilledIn:
    """What a filled-in template says.

    texts: by key, untouched, without empty ones. rows: the row of each key, as a spreadsheet
      counts. twice: keys that are there more than once.
    """

    instrument: str
    version: str
    language: str
    texts: Mapping[str, str]
    rows: Mapping[str, int]
    twice: tuple[str, ...]


def template_rows(instrument: Instrument, language: str) -> Iterator[tuple[str, str, str, str]]:
    """The rows below the header; the text column is empty but for the first three."""
    head = (instrument.id, instrument.version, language)
    for key, value in zip(HEAD, head, strict=True):
        yield key, "leave", "says what this file is", value
    for slot in slots(instrument):
        yield slot.key, "yes" if slot.required else "no", slot.about, ""


def csv_template(instrument: Instrument, language: str) -> bytes:
    """The template as CSV; UTF-8 with a byte order mark, so that spreadsheets show Chinese right."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(template_rows(instrument, language))
    return out.getvalue().encode("utf-8-sig")


def xlsx_template(instrument: Instrument, language: str) -> bytes:
    """The template as a spreadsheet: cells as text, needed ones coloured, the header in place."""
    book = Workbook()
    sheet = book.active
    sheet.title = f"{instrument.id} {language}"
    sheet.append(COLUMNS)
    sheet.freeze_panes = "A2"
    for column, width in zip("ABCD", (30, 10, 46, 80), strict=True):
        sheet.column_dimensions[column].width = width
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    needed = PatternFill("solid", fgColor="FDF1DC")
    for number, row in enumerate(template_rows(instrument, language), 2):
        sheet.append(row)
        cell = sheet.cell(number, 4)
        cell.number_format = "@"
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        if row[1] == "yes":
            cell.fill = needed
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read_filled_in(path: Path) -> FilledIn:
    """Read a filled-in template; the ending says which kind it is.

    Raises `NotATemplate` when the file is not one, and OSError when it can't be opened.
    """
    content = path.read_bytes()
    rows = _xlsx_rows(path, content) if path.suffix.lower() == ".xlsx" else _csv_rows(path, content)
    header = next(rows, [])
    if not {"key", "text"} <= set(header):
        raise NotATemplate(file=path.name, why="its first row must have the columns key and text")
    key_at, text_at = header.index("key"), header.index("text")
    texts: dict[str, str] = {}
    places: dict[str, int] = {}
    twice: list[str] = []
    for number, row in enumerate(rows, 2):
        cells = [*row, *[""] * len(header)]
        key, text = cells[key_at].strip(), cells[text_at]
        if key in places:
            twice.append(key)
        elif key:
            places[key] = number
            if text:
                texts[key] = text
    head = {name: texts.pop(name, "").strip() for name in HEAD}
    missing = [name for name in HEAD if not head[name]]
    if missing:
        raise NotATemplate(file=path.name, why=f"the row {missing[0]} is missing or empty")
    return FilledIn(**head, texts=texts, rows=places, twice=tuple(twice))


def _csv_rows(path: Path, content: bytes) -> Iterator[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise NotATemplate(file=path.name, why="it is not UTF-8 text; save it as CSV UTF-8") from fault
    lines = text.splitlines()
    delimiter = ";" if lines and lines[0].count(";") > lines[0].count(",") else ","
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except csv.Error as fault:
        raise NotATemplate(file=path.name, why=f"it is not valid CSV ({fault})") from fault


def _xlsx_rows(path: Path, content: bytes) -> Iterator[list[str]]:
    try:
        sheet = load_workbook(io.BytesIO(content), read_only=True, data_only=True).worksheets[0]
    except Exception as fault:  # openpyxl raises whatever its XML and zip readers raise
        raise NotATemplate(file=path.name, why="it can't be read as a spreadsheet (xlsx)") from fault
    for row in sheet.iter_rows(values_only=True):
        yield ["" if value is None else str(value) for value in row]

"""Excel workbooks, written as a stream: one sheet for each table, and the codebook.

A workbook is a few small XML files in a ZIP. They are written by ourselves because a library that takes one
cell at a time needs minutes for what must be done in seconds, and puts the time of day into the file.
Every text is a text (never a formula), days and instants are real ones.
"""

import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import IO, BinaryIO, cast
from xml.sax.saxutils import escape

from pro_app.errors import ProAppError
from pro_app.exports import codebook
from pro_app.exports.aside import Aside
from pro_app.exports.cells import Known
from pro_app.exports.columns import Cell, Column

MOST_ROWS = 1_048_576
_FIRST_DAY = date(1899, 12, 30)
_FIRST_MOMENT = datetime(1899, 12, 30, tzinfo=UTC)
_ALWAYS = (1980, 1, 1, 0, 0, 0)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_BATCH = 500
_BOLD, _DAY, _MOMENT = 1, 2, 3


class TooManyRows(ProAppError):
    """More rows than a sheet can have."""

    code = "export_too_many_rows"


class Sheet:
    """One sheet while it is being filled; its rows lie in a file of their own until the end."""

    def __init__(self, title: str, names: Sequence[str], rows: BinaryIO) -> None:
        self.title, self.rows, self.count = title, rows, 1
        self._waiting = [_row(_texts(names, _BOLD))]

    def add(self, cells: str) -> None:
        """A row of cells that are XML already. Raises `TooManyRows`."""
        if self.count >= MOST_ROWS:
            raise TooManyRows()
        self._waiting.append(_row(cells))
        self.count += 1
        if len(self._waiting) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        self.rows.write("".join(self._waiting).encode())
        self._waiting.clear()


class Workbook:
    """`<name>.xlsx`. Sheets are filled side by side; `close` puts them together."""

    def __init__(self, aside: Aside, name: str) -> None:
        self._aside, self._name = aside, name
        self._sheets: list[Sheet] = []
        self._codebook: list[list[str]] = []

    def table(self, title: str, columns: Sequence[Column]) -> "TableSheet":
        """A sheet for a table; its columns go into the codebook."""
        names = [one.name for one in columns] + [one.tag_column for one in columns if one.tags]
        self._codebook += codebook.lines(title, columns)
        return TableSheet(self._sheet(title, names), columns)

    def _sheet(self, title: str, names: Sequence[str]) -> Sheet:
        scratch = self._aside.scratch()
        sheet = Sheet(title, names, scratch)
        self._sheets.append(sheet)
        return sheet

    def close(self) -> None:
        """Write the codebook and put all parts into the ZIP, each with the same fixed time."""
        book = self._sheet("codebook", codebook.NAMES)
        for line in self._codebook:
            book.add(_texts(line))
        self._aside.rows[self._name] = sum(sheet.count - 1 for sheet in self._sheets[:-1])
        with zipfile.ZipFile(
            self._aside.binary(self._name), "w", zipfile.ZIP_DEFLATED, compresslevel=3
        ) as box:
            for path, text in _frame([sheet.title for sheet in self._sheets]):
                box.writestr(_entry(path), _XML + text)
            for number, sheet in enumerate(self._sheets, 1):
                sheet.flush()
                with box.open(_entry(f"xl/worksheets/sheet{number}.xml"), "w", force_zip64=True) as part:
                    _copy(sheet, part)


class TableSheet:
    """Rows of a table as rows of a sheet."""

    def __init__(self, sheet: Sheet, columns: Sequence[Column]) -> None:
        self._sheet = sheet
        self._spell = [_speller(column) for column in columns]
        self._tagged = [place for place, column in enumerate(columns) if column.tags]

    def take(self, cells: Sequence[Cell]) -> None:
        xml = [spell(cell) for spell, cell in zip(self._spell, cells, strict=True)]
        xml += [_text(cell) if isinstance(cell := cells[place], str) else "<c/>" for place in self._tagged]
        self._sheet.add("".join(xml))

    def close(self) -> None:
        """The workbook closes its sheets."""


def _row(cells: str) -> str:
    return f"<row>{cells}</row>"


def _texts(texts: Sequence[str], style: int = 0) -> str:
    return "".join(_text(text, style) for text in texts)


def _text(text: str, style: int = 0) -> str:
    if not text:
        return "<c/>"
    shape = f' s="{style}"' if style else ""
    return f'<c t="inlineStr"{shape}><is><t xml:space="preserve">{escape(_legal(text))}</t></is></c>'


def _legal(text: str) -> str:
    """Without the control characters that XML can't hold."""
    return "".join(sign for sign in text if sign >= " " or sign in "\t\n")


def _speller(column: Column) -> Callable[[Cell], str]:
    if column.kind in ("text", "code"):
        known = {code: _text(code) for code in column.codes}
        return lambda cell: "<c/>" if cell is None else known.get(cast(str, cell)) or _text(str(cell))
    if column.kind == "day":
        return Known(_day).__getitem__
    return _moment if column.kind == "moment" else Known(_number).__getitem__


def _number(cell: Cell) -> str:
    return "<c/>" if cell is None or isinstance(cell, str) else f"<c><v>{cell}</v></c>"


def _day(cell: Cell) -> str:
    if not isinstance(cell, date):
        return "<c/>"
    return f'<c s="{_DAY}"><v>{(cell - _FIRST_DAY).days}</v></c>'


def _moment(cell: Cell) -> str:
    if not isinstance(cell, datetime):
        return "<c/>"
    return f'<c s="{_MOMENT}"><v>{(cell - _FIRST_MOMENT).total_seconds() / 86400!r}</v></c>'


def _entry(path: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, _ALWAYS)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _copy(sheet: Sheet, part: IO[bytes]) -> None:
    frozen = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    view = f'<sheetViews><sheetView workbookViewId="0">{frozen}</sheetView></sheetViews>'
    part.write(f'{_XML}<worksheet xmlns="{_MAIN}">{view}<sheetData>'.encode())
    sheet.rows.seek(0)
    while chunk := sheet.rows.read(1 << 20):
        part.write(chunk)
    part.write(b"</sheetData></worksheet>")


def _frame(titles: Sequence[str]) -> list[tuple[str, str]]:
    """Everything in the ZIP but the sheets."""
    numbers = range(1, len(titles) + 1)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    relations = "application/vnd.openxmlformats-package.relationships+xml"
    sheet_types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{kind}.worksheet+xml"/>'
        for n in numbers
    )
    listed = "".join(
        f'<sheet name="{escape(title[:31])}" sheetId="{n}" r:id="rId{n}"/>'
        for n, title in zip(numbers, titles, strict=True)
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    last = f'<Relationship Id="rId{len(titles) + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    return [
        (
            "[Content_Types].xml",
            f'<Types xmlns="{_PACKAGE}/content-types">'
            f'<Default Extension="rels" ContentType="{relations}"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>{sheet_types}'
            f'<Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/></Types>',
        ),
        (
            "_rels/.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        ),
        (
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>',
        ),
        (
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships">{links}{last}</Relationships>',
        ),
        ("xl/styles.xml", _styles()),
    ]


def _styles() -> str:
    """Plain, bold, day, instant: the four shapes a cell can have."""
    formats = '<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    formats += '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd hh:mm:ss"/></numFmts>'
    fonts = '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    fonts += '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    fills = '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    fills += '<fill><patternFill patternType="gray125"/></fill></fills>'
    borders = '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    base = '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    styles = [(0, 0), (0, 1), (164, 0), (165, 0)]
    used = "".join(
        f'<xf numFmtId="{shape}" fontId="{font}" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        for shape, font in styles
    )
    return (
        f'<styleSheet xmlns="{_MAIN}">{formats}{fonts}{fills}{borders}{base}'
        f'<cellXfs count="{len(styles)}">{used}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )

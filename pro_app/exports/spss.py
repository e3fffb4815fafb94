"""SPSS system files (`.sav`), written as a stream by ourselves.

The layout follows the description in the PSPP developer's guide ("System File Format"): header, one record
for each variable (a text of n bytes takes n/8 of them), value labels, extension records, then the cases,
uncompressed. The number of cases stands in the header and is put in at the end.
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import BinaryIO, cast

from pro_app.exports.aside import Aside
from pro_app.exports.columns import TAGS, Cell, Column
from pro_app.exports.edition import MONTHS

_SYSMIS = -1.7976931348623157e308
_LOWEST = -1.7976931348623155e308
_FIRST_DAY = date(1582, 10, 14)
_FIRST_MOMENT = datetime(1582, 10, 14, tzinfo=UTC)
_CASES_AT = 80
_F, _A, _DATETIME, _SDATE = 5, 1, 22, 39
_LONGEST_LABEL, _LONGEST_VALUE_LABEL = 255, 120


def _fit(text: str, most: int) -> bytes:
    """At most `most` bytes of UTF-8, cut between characters."""
    return text.encode()[:most].decode(errors="ignore").encode()


def _int(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}i", *values)


class Sav:
    """One `.sav` file. Codes become numbers with value labels; reasons become user-missing values."""

    def __init__(
        self, aside: Aside, name: str, columns: Sequence[Column], title: str, stamp: datetime
    ) -> None:
        self._aside, self._name = aside, name
        self._file: BinaryIO = aside.binary(name)
        self._columns = columns
        self._units = [_units(column) for column in columns]
        self._put = [_encoder(column) for column in columns]
        self._pack = struct.Struct("<" + "".join(_code(one) for one in columns)).pack
        self._file.write(self._header(title, stamp))
        for number, column in enumerate(columns):
            self._file.write(_variable(number, column))
        self._file.write(self._value_labels())
        self._file.write(self._extensions())
        self._file.write(_int(999, 0))
        aside.rows[name] = 0

    def take(self, cells: Sequence[Cell]) -> None:
        self._file.write(self._pack(*[put(cell) for put, cell in zip(self._put, cells, strict=True)]))
        self._aside.rows[self._name] += 1

    def close(self) -> None:
        """Put the number of cases where it belongs."""
        count = self._aside.rows[self._name]
        self._file.seek(_CASES_AT)
        self._file.write(_int(count))
        self._file.seek(self._count_at)
        self._file.write(struct.pack("<q", count))
        self._file.seek(0, 2)

    def _header(self, title: str, stamp: datetime) -> bytes:
        day = f"{stamp.day:02} {MONTHS[stamp.month - 1]} {stamp.year % 100:02}"
        return b"".join(
            (
                b"$FL2",
                b"@(#) SPSS DATA FILE PRO follow-up".ljust(60),
                _int(2, sum(self._units), 0, 0, 0),
                struct.pack("<d", 100.0),
                day.encode(),
                stamp.strftime("%H:%M:%S").encode(),
                _fit(title, 64).ljust(64),
                b"\0\0\0",
            )
        )

    def _value_labels(self) -> bytes:
        found, place = [], 1
        for column, units in zip(self._columns, self._units, strict=True):
            labelled = dict(_labels(column))
            if labelled:
                entries = [
                    struct.pack("<d", value) + _padded(_fit(text, _LONGEST_VALUE_LABEL))
                    for value, text in labelled.items()
                ]
                found.append(_int(3, len(entries)) + b"".join(entries) + _int(4, 1, place))
            place += units
        return b"".join(found)

    def _extensions(self) -> bytes:
        long_names = "\t".join(f"{_short(n)}={one.name}" for n, one in enumerate(self._columns)).encode()
        shown = b"".join(
            _int(1 if one.kind in ("code", "text") else 3, min(max(one.width, 8), 40), 0)
            for one in self._columns
        )
        before = b"".join(
            (
                _int(7, 3, 4, 8, 24, 0, 0, -1, 1, 1, 2, 65001),
                _int(7, 4, 8, 3) + struct.pack("<3d", _SYSMIS, 1.7976931348623157e308, _LOWEST),
                _int(7, 11, 4, 3 * len(self._columns)) + shown,
                _int(7, 13, 1, len(long_names)) + long_names,
            )
        )
        self._count_at = self._file.tell() + len(before) + 16 + 8
        return before + _int(7, 16, 8, 2) + struct.pack("<2q", 1, 0) + _int(7, 20, 1, 5) + b"UTF-8"


def _short(number: int) -> str:
    """The name in the variable record; the long one stands in an extension."""
    return f"V{number + 1:05}"


def _units(column: Column) -> int:
    return -(-column.width // 8) if column.kind == "text" else 1


def _code(column: Column) -> str:
    return f"{_units(column) * 8}s" if column.kind == "text" else "d"


def _padded(label: bytes) -> bytes:
    """Length and label, together a multiple of 8 bytes."""
    return bytes([len(label)]) + label.ljust((len(label) + 8) // 8 * 8 - 1)


def _labels(column: Column) -> Iterator[tuple[float, str]]:
    """Label by value: codes by their place from 1, answers by themselves, reasons by their number."""
    for number, label in enumerate(column.codes.values(), 1):
        yield number, label
    for value, label in column.values.items():
        yield value, label
    for tag, label in column.tags.items():
        yield TAGS[tag][1], label


def _variable(number: int, column: Column) -> bytes:
    text = column.kind == "text"
    width = column.width if text else 0
    if text:
        shape = width << 8 | _A << 16
    else:
        shape = {
            "day": 10 << 8 | _SDATE << 16,
            "moment": 23 << 8 | _DATETIME << 16 | 2,
            "number": 8 << 8 | _F << 16 | (0 if column.whole else 4),
            "code": 8 << 8 | _F << 16,
        }[column.kind]
    label = _fit(column.label, _LONGEST_LABEL)
    missing = [float(TAGS[tag][1]) for tag in column.tags]
    record = _int(2, width, 1, len(missing), shape, shape) + _short(number).encode().ljust(8)
    record += _int(len(label)) + label.ljust(-(-len(label) // 4) * 4)
    record += struct.pack(f"<{len(missing)}d", *missing)
    more = _int(2, -1, 0, 0, 0, 0) + b" " * 8
    return record + more * (_units(column) - 1)


def _encoder(column: Column) -> Callable[[Cell], float | bytes]:
    if column.kind == "text":
        width = column.width
        size = _units(column) * 8
        return lambda cell: _fit(str(cell or ""), width).ljust(size)
    if column.kind == "code":
        numbers: dict[Cell, float] = {code: float(n) for n, code in enumerate(column.codes, 1)}
        return lambda cell: numbers.get(cell, _SYSMIS)
    if column.kind == "day":
        return _day
    if column.kind == "moment":
        return _moment
    return _number


def _number(cell: Cell) -> float:
    if cell is None:
        return _SYSMIS
    return float(TAGS[cell][1]) if isinstance(cell, str) else float(cast(float, cell))


def _day(cell: Cell) -> float:
    return (cell - _FIRST_DAY).days * 86400.0 if isinstance(cell, date) else _SYSMIS


def _moment(cell: Cell) -> float:
    return (cell - _FIRST_MOMENT).total_seconds() if isinstance(cell, datetime) else _SYSMIS

"""SAS transport files (`.xpt`, version 5), written as a stream by ourselves.

The layout is SAS's own ("The Record Layout of a Data Set in SAS Transport (XPORT) Format"): records of 80
bytes, numbers in IBM's hexadecimal floating point, names of up to 8 letters, labels of up to 40 in English,
since the format knows no encoding but ASCII. Reasons are SAS's special missing values (.A, .B, ...).
"""

import struct
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from math import frexp
from typing import BinaryIO, cast

from pro_app.exports.aside import Aside
from pro_app.exports.cells import Known
from pro_app.exports.columns import TAGS, Cell, Column
from pro_app.exports.edition import MONTHS

_FIRST_DAY = date(1960, 1, 1)
_FIRST_MOMENT = datetime(1960, 1, 1, tzinfo=UTC)
_NOTHING = b"." + bytes(7)
_MOST = 200


def _ascii(text: str, size: int) -> bytes:
    return text.encode("ascii", "replace")[:size].ljust(size)


def _header(name: str, rest: str = "0" * 30) -> bytes:
    return f"HEADER RECORD*******{name:8}HEADER RECORD!!!!!!!{rest}".encode().ljust(80)


class Xpt:
    """One `.xpt` file with one data set. Texts and codes are texts of up to 200 bytes."""

    def __init__(
        self, aside: Aside, name: str, columns: Sequence[Column], title: str, stamp: datetime, member: str
    ) -> None:
        self._aside, self._name = aside, name
        self._file: BinaryIO = aside.binary(name)
        self._put = [encoder(column) for column in columns]
        self._file.write(_front(columns, title, stamp, member))
        aside.rows[name] = 0

    def take(self, cells: Sequence[Cell]) -> None:
        self._file.write(b"".join([put(cell) for put, cell in zip(self._put, cells, strict=True)]))
        self._aside.rows[self._name] += 1

    def take_rows(self, rows: Sequence[bytes]) -> None:
        """Rows whose cells are bytes already, each as long as a row is."""
        self._file.writelines(rows)
        self._aside.rows[self._name] += len(rows)

    def close(self) -> None:
        """Fill the last record of 80 bytes."""
        self._file.write(b" " * (-self._file.tell() % 80))


def _front(columns: Sequence[Column], title: str, stamp: datetime, member: str) -> bytes:
    when = f"{stamp:%d}{MONTHS[stamp.month - 1]}{stamp:%y:%H:%M:%S}".upper().encode()
    system = b"SAS     " + b"SAS     " + b"SASLIB  " + b"9.4     " + b"PRO".ljust(8) + b" " * 24 + when
    data_set = (
        b"SAS     " + _ascii(member, 8) + b"SASDATA " + b"9.4     " + b"PRO".ljust(8) + b" " * 24 + when
    )
    described = when + b" " * 16 + _ascii(title, 40) + b" " * 8
    names, place = [], 0
    for number, column in enumerate(columns, 1):
        names.append(_name(number, column, place))
        place += _size(column)
    listed = b"".join(names)
    return b"".join(
        (
            _header("LIBRARY "),
            system,
            when.ljust(80),
            _header("MEMBER  ", "000000000000000001600000000140"),
            _header("DSCRPTR "),
            data_set,
            described,
            _header("NAMESTR ", f"000000{len(columns):04}00000000000000000000"),
            listed.ljust(-(-len(listed) // 80) * 80),
            _header("OBS     "),
        )
    )


def _is_text(column: Column) -> bool:
    return column.kind in ("text", "code")


def _size(column: Column) -> int:
    return min(max(column.width, 1), _MOST) if _is_text(column) else 8


def _name(number: int, column: Column, place: int) -> bytes:
    form, width = {"day": ("E8601DA", 10), "moment": ("E8601DT", 19)}.get(column.kind, ("", 0))
    return (
        struct.pack(">4h", 2 if _is_text(column) else 1, 0, _size(column), number)
        + _ascii(column.short, 8)
        + _ascii(column.english, 40)
        + _ascii(form, 8)
        + struct.pack(">3h", width, 0, 0)
        + b"\0\0"
        + b" " * 8
        + struct.pack(">2hi", 0, 0, place)
        + bytes(52)
    )


def encoder(column: Column) -> Callable[[Cell], bytes]:
    """Turns a cell of this column into the bytes it has in the file."""
    if _is_text(column):
        size = _size(column)
        return Known(lambda cell: _ascii(str(cell or ""), size)).__getitem__
    if column.kind == "day":
        return Known(_day).__getitem__
    return _moment if column.kind == "moment" else Known(_number).__getitem__


def _day(cell: Cell) -> bytes:
    return ibm(float((cell - _FIRST_DAY).days)) if isinstance(cell, date) else _NOTHING


def _moment(cell: Cell) -> bytes:
    return ibm((cell - _FIRST_MOMENT).total_seconds()) if isinstance(cell, datetime) else _NOTHING


def _number(cell: Cell) -> bytes:
    if cell is None:
        return _NOTHING
    if isinstance(cell, str):
        return TAGS[cell][0].upper().encode() + bytes(7)
    return ibm(float(cast(float, cell)))


def ibm(value: float) -> bytes:
    """IBM's form: a sign bit, an exponent of 16 with bias 64, a fraction of 56 bits. Exact for every float
    whose size is between 16^-65 and 16^63."""
    if value == 0:
        return bytes(8)
    fraction, exponent = frexp(abs(value))
    shift = -exponent % 4
    power = (exponent + shift) // 4
    mantissa = int(fraction * (1 << 56)) >> shift
    return struct.pack(">Q", (value < 0) << 63 | (power + 64) << 56 | mantissa)

"""Reading the data files that people write: TOML with the line of every key.

`tomllib` forgets where a value stood. People who write a study file need the line, and they
need all faults at once, so this module keeps a second, rough reading of the text that knows
where each key is, and a collector that lists every fault with its place.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from pro_app.errors import DataFileError

_NAME = r"""(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)"""
_NAMES = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
_HEADER = re.compile(rf"^\s*(\[\[?)\s*({_NAMES})\s*\]")
_KEY = re.compile(rf"^\s*({_NAMES})\s*=")
_PART = re.compile(r""""([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+)""")
# What decides where a value ends: long and short strings, comments, brackets.
_TOKEN = re.compile(
    r"""(?P<fence>\"{3}|'{3})|"(?:\\.|[^"\\])*"|'[^']*'|\#.*|(?P<open>[\[{])|(?P<close>[\]}])"""
)
_FENCE_END = {'"""': re.compile(r'(?:\\.|[^\\"]|"{1,2}(?!"))*?"{3,5}'), "'''": re.compile(r".*?'{3,5}")}
_AT = re.compile(r" \(at line (\d+), column \d+\)$")

Place = tuple[str | int, ...]


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(a or b or c for a, b, c in _PART.findall(dotted))


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """The lines that begin a table or a key, counted from 1: none from inside a long value."""
    fence: str | None = None
    depth = 0
    for number, line in enumerate(text.split("\n"), start=1):
        if fence is None and depth == 0:
            yield number, line
        at = 0
        while at < len(line):
            if fence:
                end = _FENCE_END[fence].match(line, at)
                fence, at = (None, end.end()) if end else (fence, len(line))
            elif token := _TOKEN.search(line, at):
                fence, at = token["fence"], token.end()
                depth += bool(token["open"]) - bool(token["close"])
            else:
                break


@lru_cache(maxsize=4)
def _line_index(text: str) -> dict[Place, int]:
    """Map each key's path to its line, counted from 1.

    Arrays of tables count from 0, as in the parsed data. Keys inside inline tables and lines
    inside long values have no entry of their own: `line_of` falls back to what holds them. A file without
    faults never needs it.
    """
    lines: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    table: Place = ()
    for number, line in _statements(text):
        if header := _HEADER.match(line):
            table = ()
            names = _parts(header[2])
            for depth, name in enumerate(names):
                table = (*table, name)
                if header[1] == "[[" and depth == len(names) - 1:
                    counts[table] = counts.get(table, -1) + 1
                lines.setdefault(table, number)
                if table in counts:
                    table = (*table, counts[table])
                    lines.setdefault(table, number)
            lines[table] = number
        elif key := _KEY.match(line):
            place = table
            for name in _parts(key[1]):
                place = (*place, name)
                lines.setdefault(place, number)
    return lines


@dataclass(frozen=True, slots=True)
class DataFile:
    """A parsed TOML file that knows the line of its keys and collects faults."""

    path: Path
    data: dict[str, Any]
    text: str = field(repr=False)
    faults: list[tuple[int, str]] = field(default_factory=list)

    @property
    def lines(self) -> dict[Place, int]:
        """Where each key stands; made when first asked for."""
        return _line_index(self.text)

    def line_of(self, *place: str | int) -> int:
        """The line of the key at `place`, or of the nearest table that holds it; 1 at worst."""
        lines = self.lines
        for end in range(len(place), 0, -1):
            if place[:end] in lines:
                return lines[place[:end]]
        return 1

    def fault(self, place: Place, text: str) -> None:
        """Note a fault at `place` (path of keys) and go on reading."""
        self.faults.append((self.line_of(*place), text))

    def finish(self) -> None:
        """Raise `DataFileError` with every fault noted so far, in the order of the lines."""
        if self.faults:
            rows = [f"{self.path.name}:{line}: {text}" for line, text in sorted(self.faults)]
            raise DataFileError(file=str(self.path), count=len(rows), faults="\n".join(rows))


def read_toml(path: Path) -> DataFile:
    """Read a TOML file; a byte order mark at its beginning is allowed.

    Raises `DataFileError` when the file can't be read, is not UTF-8, or is not TOML.
    """
    line = ""
    try:
        text = path.read_text(encoding="utf-8-sig")
        return DataFile(path, tomllib.loads(text), text)
    except FileNotFoundError:
        reason = "the file does not exist"
    except UnicodeDecodeError:
        reason = "the file is not UTF-8 text"
    except OSError as fault:
        reason = f"the file can't be read: {fault.strerror}"
    except RecursionError:
        reason = "not valid TOML: brackets are nested too deeply"
    except tomllib.TOMLDecodeError as fault:
        reason = f"not valid TOML: {_AT.sub('', str(fault))}"
        if at := _AT.search(str(fault)):
            line = f"{at[1]}:"
    raise DataFileError(file=str(path), count=1, faults=f"{path.name}:{line} {reason}")

"""Reading one table of a data file by kind of value; every fault is noted, none stops the reading."""

from collections.abc import Iterator
from typing import Any

from pro_app.datafile import DataFile, Place


class Table:
    """A table of a `DataFile` that remembers which keys were asked for.

    Every getter notes a fault and gives a harmless value when the key is missing or of the
    wrong kind, so that one run lists all faults. Call `done` at the end: what nobody asked for
    is a spelling mistake.
    """

    def __init__(self, file: DataFile, data: dict[str, Any], place: Place = ()) -> None:
        self.file = file
        self.place = place
        self._data = data
        self._asked: set[str] = set()

    def fault(self, text: str, *keys: str | int) -> None:
        """Note a fault at this table, or at `keys` below it."""
        self.file.fault((*self.place, *keys), text)

    def has(self, key: str) -> bool:
        """Whether the table has the key."""
        return key in self._data

    def names(self) -> list[str]:
        """The keys of the table, in the order of the file."""
        return list(self._data)

    def text(self, key: str, default: str | None = None) -> str:
        """A non-empty string; required unless there is a default."""
        value = self._get(key, default)
        if isinstance(value, str) and (value.strip() or value == default):
            return value
        self._wrong(key, value, "a text")
        return ""

    def word(self, key: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        """One of the words allowed."""
        value = self._get(key, default)
        if value in allowed:
            return str(value)
        self._wrong(key, value, "one of " + ", ".join(allowed))
        return allowed[0]

    def whole(self, key: str, default: int | None = None) -> int:
        """A whole number."""
        value = self._get(key, default)
        if type(value) is int:
            return value
        self._wrong(key, value, "a whole number")
        return 0

    def number(self, key: str) -> float:
        """A number."""
        value = self._get(key, None)
        if type(value) in (int, float):
            return float(value)
        self._wrong(key, value, "a number")
        return 0.0

    def flag(self, key: str) -> bool:
        """True or false; false when missing."""
        value = self._get(key, False)
        if not isinstance(value, bool):
            self._wrong(key, value, "true or false")
        return value is True

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A list of strings."""
        return tuple(self._list(key, default, str, "a list of texts"))

    def wholes(self, key: str, default: tuple[int, ...] | None = None) -> tuple[int, ...]:
        """A list of whole numbers."""
        return tuple(self._list(key, default, int, "a list of whole numbers"))

    def table(self, key: str) -> "Table":
        """A table below this one; an empty one when missing."""
        value = self._get(key, {})
        if not isinstance(value, dict):
            self._wrong(key, value, "a table")
            value = {}
        return Table(self.file, value, (*self.place, key))

    def tables(self, key: str) -> Iterator["Table"]:
        """The tables of a list of tables; none when missing."""
        value = self._get(key, [])
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            self._wrong(key, value, "a list of tables")
            value = []
        for position, entry in enumerate(value):
            yield Table(self.file, entry, (*self.place, key, position))

    def strings(self, key: str) -> dict[str, str]:
        """A table of strings; empty when missing."""
        below = self.table(key)
        found = {name: below.text(name) for name in below.names()}
        below.done()
        return found

    def done(self) -> None:
        """Note a fault for every key that nobody asked for."""
        for key in self._data:
            if key not in self._asked:
                self.fault(f"{key} is not known here", key)

    def _get(self, key: str, default: Any) -> Any:
        self._asked.add(key)
        return self._data.get(key, default)

    def _list(self, key: str, default: Any, kind: type, what: str) -> list[Any]:
        value = self._get(key, default)
        if isinstance(value, (list, tuple)) and all(type(entry) is kind for entry in value):
            return list(value)
        self._wrong(key, value, what)
        return []

    def _wrong(self, key: str, value: object, wanted: str) -> None:
        if key not in self._data:
            self.fault(f"{key} is missing: {wanted} is needed")
        else:
            self.fault(f"{key} is {value!r}, but {wanted} is needed", key)

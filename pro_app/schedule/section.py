"""Taking values out of a study file: every reader notes its fault and goes on with something harmless."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from typing import Any

from pro_app.datafile import DataFile, Place

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,19}")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


class Section:
    """One table of the file; remembers which keys were asked for, so that `close` finds the others."""

    def __init__(self, file: DataFile, data: Mapping[str, Any], place: Place = ()) -> None:
        self.file = file
        self.data = data
        self.place = place
        self._known: set[str] = set()

    def fault(self, key: str, text: str) -> None:
        self.file.fault((*self.place, key), text)

    def has(self, key: str) -> bool:
        self._known.add(key)
        return key in self.data

    def _take(self, key: str, kind: type | tuple[type, ...], what: str, default: Any) -> Any:
        """The value at `key`; `default` Ellipsis means that the key is needed."""
        self._known.add(key)
        if key not in self.data:
            if default is ...:
                self.fault(key, f"{key!r} is missing; it must be {what}")
            return None if default is ... else default
        value = self.data[key]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.fault(key, f"{key} = {value!r} must be {what}")
            return None if default is ... else default
        return value

    def text(self, key: str, default: Any = ...) -> str:
        """A sentence or word; empty text is a fault."""
        value = self._take(key, str, "a text in quotes", default)
        if key in self.data and isinstance(value, str) and not value.strip():
            self.fault(key, f"{key} is empty; write a text")
        return value or ""

    def name(self, key: str, default: Any = ...) -> str:
        """An id as it stands in the database and in links: lower case letters, digits, - and _."""
        value = self.text(key, default)
        if value and not NAME.fullmatch(value):
            self.fault(key, f"{key} = {value!r} must be 1-20 of a-z, 0-9, - and _, beginning with a-z or 0-9")
        return value

    def one_of(self, key: str, choices: Iterable[str], default: Any = ...) -> str:
        """One of a few words; the first of them after a fault."""
        words = tuple(choices)
        value = self.text(key, default)
        if value in words:
            return value
        if value:
            self.fault(key, f"{key} = {value!r} must be one of: {', '.join(words)}{_meant(value, words)}")
        return words[0]

    def whole(self, key: str, low: int, high: int, default: Any = ...) -> int:
        value = self._take(key, int, f"a whole number from {low} to {high}", default)
        if value is not None and not low <= value <= high:
            self.fault(key, f"{key} = {value} must be a whole number from {low} to {high}")
        return low if value is None else min(max(value, low), high)

    def number(self, key: str, default: Any = ...) -> float | None:
        value = self._take(key, (int, float), "a number", default)
        return None if value is None else float(value)

    def flag(self, key: str, default: bool) -> bool:
        return bool(self._take(key, bool, "true or false", default))

    def clock(self, key: str) -> time | None:
        """A time of day, "09:00" ("24:00" isn't one); None after a fault."""
        value = self.text(key)
        if match := _CLOCK.fullmatch(value):
            return time(int(match[1]), int(match[2]))
        if value:
            self.fault(key, f'{key} = {value!r} must be a time of day such as "09:00"')
        return None

    def day(self, key: str) -> date | None:
        """A date without quotes; None after a fault. A date with a time of day is none."""
        what = "a date such as 2027-02-06, without quotes"
        value = self._take(key, date, what, ...)
        if isinstance(value, datetime):
            self.fault(key, f"{key} = {value} must be {what}")
            return None
        return value if isinstance(value, date) else None

    def words(self, key: str, default: Any = ...) -> tuple[str, ...]:
        """A list of texts without repeats."""
        value = self._take(key, list, "a list of texts in quotes", default)
        if value is None:
            return ()
        if not all(isinstance(word, str) and word for word in value):
            self.fault(key, f"{key} must be a list of texts in quotes")
            return ()
        if not value and default is ...:
            self.fault(key, f"{key} is an empty list; name at least one")
        for word in sorted({word for word in value if value.count(word) > 1}):
            self.fault(key, f"{key} names {word!r} twice")
        return tuple(dict.fromkeys(value))

    def words_of(self, key: str, choices: Iterable[str], default: Any = ...) -> tuple[str, ...]:
        """A list of a few known words."""
        known = tuple(choices)
        given = self.words(key, default)
        for word in given:
            if word not in known:
                listed = ", ".join(known) or "none is defined"
                self.fault(key, f"{key} names {word!r}, known are: {listed}{_meant(word, known)}")
        return tuple(word for word in given if word in known)

    def translated(self, key: str, languages: tuple[str, ...]) -> dict[str, str]:
        """A text in every language of the study: `key = { zh-Hans = "…", en = "…" }`.

        With `languages` at fault there is nothing to compare with, and one fault is enough.
        """
        table = self.table(key)
        texts = {language: table.text(language) for language in languages}
        if languages:
            table.close()
        return texts

    def table(self, key: str, needed: bool = True) -> "Section":
        value = self._take(key, dict, "a table", ... if needed else {})
        return Section(self.file, value or {}, (*self.place, key))

    def tables(self, key: str, needed: bool = True) -> Iterator["Section"]:
        """The tables of `[[key]]`, in the order of the file."""
        value = self._take(key, list, f"one or more [[{key}]] tables", ... if needed else [])
        for index, entry in enumerate(value or []):
            if isinstance(entry, dict):
                yield Section(self.file, entry, (*self.place, key, index))
            else:
                self.fault(key, f"{key} must be one or more [[{key}]] tables")

    def entries(self) -> Iterator[tuple[str, "Section"]]:
        """Each sub-table with its key, for tables whose keys are names."""
        for key in self.data:
            yield key, self.table(key)

    def close(self) -> None:
        """Note every key that nobody asked for: most are slips of the pen."""
        for key in self.data:
            if key not in self._known:
                self.fault(key, f"unknown key {key!r}{_meant(key, self._known)}")


def _meant(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def unique(section: Section, key: str, value: str, seen: set[str]) -> None:
    """Note a fault when `value` is already taken among its like."""
    if value and value in seen:
        section.fault(key, f"{key} = {value!r} is there twice")
    seen.add(value)

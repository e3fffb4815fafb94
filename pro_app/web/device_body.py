"""Reading what a device sends, field by field, so that nothing odd gets further than here.

Knows neither Flask nor the database. Only shapes are checked: whether an answer is possible,
`instruments.answers` decides.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar
from uuid import UUID

from pro_app.errors import ProAppError

Choice = TypeVar("Choice", bound=str)

# A body diagram is the deepest answer there is: answers, item, value, regions, name.
DEEPEST = 5
_NESTING = {dict, list}
LONGEST_NAME = 80
# A clock before the first or after the last is broken; the response is kept, with the nearest of the two.
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_FAR_YEAR = re.compile(r"^[+-]\d{6}-")


class Unreadable(ProAppError):
    """Not JSON, or not UTF-8."""

    code = "unreadable"


class Malformed(ProAppError):
    """JSON, but the field `field` is missing or of the wrong type."""

    code = "malformed"


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def read_json(body: bytes) -> "Fields":
    """The fields of a JSON object; raises `Unreadable` or `Malformed`."""
    try:
        # RecursionError: thousands of brackets. ValueError: all the rest, numbers of 5,000 digits too.
        data = json.loads(body.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError) as fault:
        raise Unreadable() from fault
    if not isinstance(data, dict):
        raise Malformed(field="{}")
    return Fields(data)


class Fields:
    """A JSON object whose fields are taken out one by one; each raises `Malformed` with its name."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data

    @property
    def data(self) -> Mapping[str, Any]:
        """All of it, as it came."""
        return self._data

    def text(self, name: str) -> str:
        """A short, storable, non-empty text."""
        value = self._data.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= LONGEST_NAME or not value.isprintable():
            raise Malformed(field=name)
        return value

    def text_or_none(self, name: str) -> str | None:
        return None if self._data.get(name) is None else self.text(name)

    def one_of(self, name: str, choices: tuple[Choice, ...]) -> Choice:
        value = self._data.get(name)
        for choice in choices:
            if value == choice:
                return choice
        raise Malformed(field=name)

    def one_of_or_none(self, name: str, choices: tuple[Choice, ...]) -> Choice | None:
        return None if self._data.get(name) is None else self.one_of(name, choices)

    def uuid(self, name: str) -> str:
        """A UUID in canonical form: another spelling of it would be another id to the database."""
        value = self.text(name)
        try:
            canonical = str(UUID(value))
        except ValueError:
            raise Malformed(field=name) from None
        if value != canonical:
            raise Malformed(field=name)
        return value

    def instant(self, name: str) -> datetime:
        """What a device's clock said, in UTC: however wrong it was, it is kept between 1970 and 2100."""
        value = self.text(name)
        if _FAR_YEAR.match(value):
            return EARLIEST if value[0] == "-" else LATEST
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise Malformed(field=name) from None
        if moment.tzinfo is None:
            raise Malformed(field=name)
        if moment.year <= EARLIEST.year:
            return EARLIEST
        return min(moment.astimezone(UTC), LATEST) if moment.year <= LATEST.year else LATEST

    def answers(self) -> Mapping[str, object]:
        """Item id -> answer, not yet checked against the definition but shallow and with sane names."""
        value = self._data.get("answers")
        if not isinstance(value, dict) or max(map(len, value), default=0) > LONGEST_NAME:
            raise Malformed(field="answers")
        if not _shallow(value, DEEPEST):
            raise Malformed(field="answers")
        return value


def _shallow(value: dict[str, Any], floors: int) -> bool:
    """Whether nothing in `value` is nested deeper than `floors`: faults quote what they refuse."""
    # Floor by floor: a call for each of a form's answers would take longer than reading them did.
    floor = [one for one in value.values() if type(one) in _NESTING]
    for _ in range(floors - 1):
        inside = [one.values() if type(one) is dict else one for one in floor]
        floor = [one for each in inside for one in each if type(one) in _NESTING]
        if not floor:
            return True
    return False

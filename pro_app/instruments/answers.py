"""Checking answers against the definition, and the bytes that a response is known by.

On the wire an answer is `{"value": 2}` or `{"missing": "skipped"}`. Nothing is rounded,
converted or dropped: what does not fit is refused, with the item and the value named.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from pro_app import json_text
from pro_app.errors import ProAppError
from pro_app.instruments.definition import Instrument, Item

SKIPPED = "skipped"
NOT_REACHED = "not_reached"
NOT_SHOWN = "not_shown"
MISSING = (SKIPPED, NOT_REACHED, NOT_SHOWN)

Value = int | bool | str | Mapping[str, object]
Wire = Mapping[str, Mapping[str, object]]


class AnswerFault(ProAppError):
    """An answer that can't be one; `item`, `value` and `code` say which and why."""

    code = "answer_not_valid"

    def __init__(self, item: str, value: object, code: str) -> None:
        self.item = item
        self.value = value
        self.code = code
        super().__init__(item=item, value=_shown(value))


@dataclass(frozen=True, slots=True)
class Answer:
    """A value, or the code of why there is none; exactly one of the two is set."""

    value: Value | None = None
    missing: str | None = None

    def on_the_wire(self) -> dict[str, object]:
        """The form in which it is sent and hashed."""
        return {"value": self.value} if self.missing is None else {"missing": self.missing}


@dataclass(frozen=True, slots=True)
class Answers:
    """The checked answers to one instrument, in its order.

    items: answer by item id; with `partial` checking, only those that were given.
    scored: the items that scoring knows.
    """

    instrument: str
    version: str
    items: Mapping[str, Answer]
    scored: tuple[str, ...]

    def for_scoring(self) -> Mapping[str, int | None]:
        """Code or None for every item that is scored: what `scoring.engine.score` takes."""
        found: dict[str, int | None] = {}
        for item in self.scored:
            value = self.items[item].value if item in self.items else None
            found[item] = value if isinstance(value, int) else None
        return found

    def on_the_wire(self) -> dict[str, dict[str, object]]:
        """Every answer in the form in which it is sent, stored and hashed."""
        return {item: answer.on_the_wire() for item, answer in self.items.items()}


def validate(instrument: Instrument, raw: Mapping[str, object], *, partial: bool = False) -> Answers:
    """Check answers as they came.

    raw: item id -> `{"value": ...}` or `{"missing": code}`.
    partial: a draft, in which items may be left out; else every item must be there, and an
      item that its skip rule hides must be `not_shown`, one that is shown must not.

    Raises `AnswerFault` at the first answer that does not fit; its code is one of
    `answer_unknown_item`, `answer_shape`, `answer_not_a_code`, `answer_not_text`,
    `answer_too_long`, `answer_not_regions`, `answer_absent`, `answer_hidden`, `answer_shown`.
    """
    if not raw.keys() <= instrument.by_id.keys():
        name = next(name for name in raw if name not in instrument.by_id)
        raise AnswerFault(str(name), raw[name], "answer_unknown_item")
    items: dict[str, Answer] = {}
    for item in instrument.items:
        if item.id in raw:
            items[item.id] = _answer(instrument, item, raw[item.id])
        elif not partial:
            raise AnswerFault(item.id, None, "answer_absent")
    if not partial:
        _check_shown(instrument, items)
    return Answers(instrument.id, instrument.version, items, tuple(instrument.scoring.answers))


def stored_codes(instrument: Instrument, stored: Mapping[str, Mapping[str, object]]) -> dict[str, int | None]:
    """What scoring takes, from answers that were checked when they came and have been kept since.

    stored: item id -> `{"value": ...}`, `{"missing": ...}` or, for sealed text, anything else.
    Nothing is checked here: the engine refuses what is no code, so a changed record shows.
    """
    return {item: stored.get(item, {}).get("value") for item in instrument.scoring.answers}  # type: ignore[misc]


def is_shown(item: Item, items: Mapping[str, Answer]) -> bool:
    """Whether the skip rule shows the item, given the answers so far."""
    rule = item.shown_if
    if rule is None:
        return True
    other = items.get(rule.item)
    return other is not None and other.value is not None and other.value in rule.values


def canonical(
    *, answers: Wire, instrument: str, language: str, pack: str, response: str, version: str
) -> bytes:
    """The bytes that stand for a response: what phone and server both hash.

    answers: every checked answer as `Answers.on_the_wire` gives it.
    JSON with sorted keys, no spaces, UTF-8 and no escapes but those JSON needs.
    """
    content = {
        "answers": answers,
        "instrument": instrument,
        "language": language,
        "pack": pack,
        "response": response,
        "version": version,
    }
    return json_text.canonical(content).encode()


def content_hash(
    *, answers: Wire, instrument: str, language: str, pack: str, response: str, version: str
) -> str:
    """The sha256 of `canonical`, 64 hex digits."""
    return hashlib.sha256(
        canonical(
            answers=answers,
            instrument=instrument,
            language=language,
            pack=pack,
            response=response,
            version=version,
        )
    ).hexdigest()


def _answer(instrument: Instrument, item: Item, given: object) -> Answer:
    # What JSON makes is a dict; asking whether something else is a mapping takes ten times as long.
    if not (type(given) is dict or isinstance(given, Mapping)) or len(given) != 1:
        raise AnswerFault(item.id, given, "answer_shape")
    if "value" in given:
        value = given["value"]
        if type(value) is int and value in item.codes and item.kind != "yes_no":
            return _coded(value)
        return Answer(value=_uncoded(instrument, item, value))
    if "missing" not in given:
        raise AnswerFault(item.id, given, "answer_shape")
    if given["missing"] not in MISSING:
        raise AnswerFault(item.id, given["missing"], "answer_shape")
    return Answer(missing=given["missing"])


@lru_cache(maxsize=256)
def _coded(code: int) -> Answer:
    """Most answers are one of a few numbers: the same one serves for all."""
    return Answer(value=code)


def _uncoded(instrument: Instrument, item: Item, value: object) -> Value:
    """A value that is not one of the item's numbers."""
    if item.kind == "text":
        return _text(item, value)
    if item.kind == "body":
        return _regions(instrument, item, value)
    if item.kind == "yes_no" and isinstance(value, bool):
        return value
    raise AnswerFault(item.id, value, "answer_not_a_code")


def _text(item: Item, value: object) -> str:
    if not isinstance(value, str) or not _storable(value):
        raise AnswerFault(item.id, value, "answer_not_text")
    if len(value) > item.max_length:
        raise AnswerFault(item.id, value, "answer_too_long")
    return value


def _storable(text: str) -> bool:
    """No half surrogates and no NUL: UTF-8 and PostgreSQL can't keep them."""
    return "\0" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


def _regions(instrument: Instrument, item: Item, value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping) or set(value) != {"regions", "worst"}:
        raise AnswerFault(item.id, value, "answer_not_regions")
    regions, worst = value["regions"], value["worst"]
    known = set(instrument.region_ids)
    fits = isinstance(regions, list) and all(isinstance(name, str) and name in known for name in regions)
    if not fits or len(set(regions)) != len(regions) or not (worst is None or worst in regions):
        raise AnswerFault(item.id, value, "answer_not_regions")
    return {"regions": list(regions), "worst": worst}


def _check_shown(instrument: Instrument, items: Mapping[str, Answer]) -> None:
    for item in instrument.items:
        answer = items[item.id]
        if item.shown_if is None and answer.missing is None:
            continue
        shown = is_shown(item, items)
        if shown and answer.missing == NOT_SHOWN:
            raise AnswerFault(item.id, NOT_SHOWN, "answer_shown")
        if not shown and answer.missing != NOT_SHOWN:
            raise AnswerFault(item.id, answer.value, "answer_hidden")


def _shown(value: object) -> str:
    """The value in an error message, short and on one line."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."

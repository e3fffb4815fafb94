"""What arrived, one row per record, read from the stored resources alone as an outside registry would."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pro_app.demo_registry.book import Book, Kept

SITE = "urn:pro-follow-up:site"
TIMEPOINT = "urn:pro-follow-up:timepoint"
INSTRUMENT = "urn:pro-follow-up:instrument"
REASON = "urn:pro-follow-up:reason"

_MOST_SCORES = 200


@dataclass(frozen=True, slots=True)
class ArrivedScore:
    """A scale's value, or the code of the reason why it has none."""

    scale: str
    value: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """One record; `answered` of `asked` items have an answer."""

    id: str
    study_number: str
    site: str
    timepoint: str
    instrument: str
    language: str
    status: str
    answered: int
    asked: int
    scores: tuple[ArrivedScore, ...]
    received_at: datetime
    version: int


def newest(book: Book, limit: int, offset: int = 0) -> tuple[list[Arrival], int]:
    """The records that came last, and how many there are in all."""
    records, total = book.search("QuestionnaireResponse", [], limit, offset)
    return [_arrival(book, record) for record in records], total


def _arrival(book: Book, record: Kept) -> Arrival:
    content = record.content
    subject = str((content.get("subject") or {}).get("reference", "")).partition("/")[2]
    patient = book.read("Patient", subject)
    numbers = [one.get("value", "") for one in (patient.content.get("identifier") or [])] if patient else []
    # The worst spot belongs to the question about the body: it is an item, not a question.
    items = [one for one in content.get("item") or [] if not str(one.get("linkId")).endswith("-worst")]
    instrument = _tag(content, INSTRUMENT)
    return Arrival(
        record.id,
        str(numbers[0]) if numbers else "",
        _tag(content, SITE),
        _tag(content, TIMEPOINT),
        instrument,
        str(content.get("language", "")),
        str(content.get("status", "")),
        sum(1 for item in items if item.get("answer")),
        len(items),
        _scores(book, record.id),
        record.received_at,
        record.version,
    )


def _scores(book: Book, record: str) -> tuple[ArrivedScore, ...]:
    found = []
    for one in book.derived_from(f"QuestionnaireResponse/{record}", _MOST_SCORES):
        value = (one.content.get("valueQuantity") or {}).get("value")
        found.append(
            ArrivedScore(
                _last_code(one.content.get("code")),
                float(value) if value is not None else None,
                _reason(one.content),
            )
        )
    return tuple(found)


def _tag(resource: Mapping[str, Any], system: str) -> str:
    tags = (resource.get("meta") or {}).get("tag") or []
    return next((str(tag.get("code", "")) for tag in tags if tag.get("system") == system), "")


def _last_code(concept: Mapping[str, Any] | None) -> str:
    """The sender's own code stands last, after the published ones."""
    codings = (concept or {}).get("coding") or [{}]
    return str(codings[-1].get("code", ""))


def _reason(observation: Mapping[str, Any]) -> str:
    codings = (observation.get("dataAbsentReason") or {}).get("coding") or []
    return next((str(one.get("code", "")) for one in codings if one.get("system") == REASON), "")

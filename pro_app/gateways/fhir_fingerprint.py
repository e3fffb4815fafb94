"""A hash of what a record says, the same for what we send and for what a server gives back.

Servers add versions, texts and time stamps, reorder and reformat numbers; none of that changes the
hash. Whose record it is, which visit, its status, every answer and every score do.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pro_app import json_text
from pro_app.gateways import fhir_names as names

Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Score:
    """What of an Observation counts: a study has ten of them for each response, so little is kept of each.

    `value` in text with nine decimals, None without one.
    """

    scale: str
    status: object
    value: str | None
    reason: str


def fingerprint(response: Resource, scores: Iterable["Score"]) -> str:
    """SHA-256 (hex) of a QuestionnaireResponse together with the scores derived from it."""
    content = {
        "status": response.get("status"),
        "questionnaire": response.get("questionnaire"),
        "language": response.get("language"),
        "authored": response.get("authored"),
        "site": tag(response, names.SITE_TAG),
        "timepoint": tag(response, names.TIMEPOINT_TAG),
        "answers": {str(item.get("linkId")): _answers(item) for item in response.get("item") or []},
        "scores": {one.scale: [one.status, one.value, one.reason] for one in scores},
    }
    canonical = json_text.canonical(content)
    return hashlib.sha256(canonical.encode()).hexdigest()


def tag(resource: Resource, system: str) -> str:
    """The code of the tag of `system`, or ""."""
    for one in (resource.get("meta") or {}).get("tag") or []:
        if one.get("system") == system:
            return str(one.get("code", ""))
    return ""


def scale(observation: Resource) -> str:
    """The scale's name in our own code system, or ""."""
    for coding in (observation.get("code") or {}).get("coding") or []:
        if str(coding.get("system", "")).startswith(f"{names.OURS}:scale:"):
            return str(coding.get("code", ""))
    return ""


def missing(item: Resource) -> str:
    """Our missing code of an item without an answer, or ""."""
    for extension in item.get("extension") or []:
        if extension.get("url") == names.MISSING:
            return str(extension.get("valueCode", ""))
    return ""


def reason(observation: Resource) -> str:
    """Our reason code of an Observation without a value, or ""."""
    for coding in (observation.get("dataAbsentReason") or {}).get("coding") or []:
        if coding.get("system") == names.REASON:
            return str(coding.get("code", ""))
    return ""


def _answers(item: Resource) -> object:
    given: list[object] = []
    for answer in item.get("answer") or []:
        if "valueBoolean" in answer:
            given.append(bool(answer["valueBoolean"]))
        elif isinstance(answer.get("valueCoding"), dict):
            given.append(str(answer["valueCoding"].get("code")))
        else:
            given.append(f"unknown {sorted(answer)}")
    return given or {"missing": missing(item)}


def score(observation: Resource) -> Score:
    """What counts of an Observation."""
    quantity = observation.get("valueQuantity") or {}
    value = quantity.get("value")
    # Nine decimals: more than any score means, fewer than servers lose when they reformat.
    shown = f"{float(value):.9f}" if isinstance(value, int | float | str) and value != "" else None
    return Score(scale(observation), observation.get("status"), shown, reason(observation))

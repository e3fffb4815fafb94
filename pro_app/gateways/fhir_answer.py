"""What a FHIR server's answer means: a receipt, its own words, or nothing that we may rely on."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_LONGEST = 600
_LOCATION = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/([A-Za-z0-9\-.]{1,64}))?/?$")


@dataclass(frozen=True, slots=True)
class Written:
    """One resource as the server says it has stored it; `version` is "" when it names none."""

    type: str
    id: str
    version: str


class NoReceipt(ValueError):
    """A good status without the proof that everything was stored; the text says what is wrong."""


class EntryRefused(ValueError):
    """One entry of a transaction has a bad status of its own."""

    def __init__(self, status: int, words: str) -> None:
        self.status = status
        super().__init__(words)


def parse(body: bytes) -> Mapping[str, Any]:
    """The JSON object in `body`; an empty one when it is anything else (a login page, half a file)."""
    try:
        content = json.loads(body)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def words(body: bytes) -> str:
    """The server's own words: an OperationOutcome's issues, else the beginning of its text."""
    said = _issues(parse(body))
    if not said:
        said = re.sub(r"<[^>]*>", " ", body[:4000].decode("utf-8", "replace"))
    return re.sub(r"[\s\x00-\x1f\x7f]+", " ", said).strip()[:_LONGEST]


def receipt(body: bytes, expected: Sequence[tuple[str, str]], by_id: bool) -> list[Written]:
    """What was stored, one for each of `expected` (type, id), in their order.

    by_id: the server must name our own ids (it may choose them only for a conditional update).
    Raises `NoReceipt` or `EntryRefused`.
    """
    answer = parse(body)
    if answer.get("resourceType") != "Bundle" or answer.get("type") != "transaction-response":
        raise NoReceipt(f"no transaction-response came back, but: {words(body)[:200]}")
    entries = answer.get("entry") or []
    if not isinstance(entries, list) or len(entries) != len(expected):
        raise NoReceipt(f"{len(expected)} resources were sent, {len(entries)} are in the answer")
    return [_written(entry, *one, by_id) for entry, one in zip(entries, expected, strict=True)]


def _written(entry: Any, kind: str, own_id: str, by_id: bool) -> Written:
    response = entry.get("response") if isinstance(entry, dict) else None
    if not isinstance(response, dict):
        raise NoReceipt(f"nothing is said about {kind}/{own_id}")
    status = re.match(r"\d{3}", str(response.get("status", "")))
    code = int(status.group()) if status else 0
    if not 200 <= code < 300:
        raise EntryRefused(code, _issues(response.get("outcome") or {}) or f"{kind}: status {code}")
    found_type, found_id, version = _location(entry, response)
    if found_type != kind or (by_id and found_id != own_id) or not found_id:
        raise NoReceipt(f"{kind}/{own_id} was sent, {found_type}/{found_id} is in the answer")
    return Written(found_type, found_id, version)


def _location(entry: Mapping[str, Any], response: Mapping[str, Any]) -> tuple[str, str, str]:
    """Type, id and version, from the location, else from the resource that came back."""
    etag = re.sub(r'^(W/)?"|"$', "", str(response.get("etag") or ""))
    if match := _LOCATION.search(str(response.get("location") or "")):
        return match.group(1), match.group(2), match.group(3) or etag
    resource = entry.get("resource") or {}
    version = str((resource.get("meta") or {}).get("versionId") or etag)
    return str(resource.get("resourceType", "")), str(resource.get("id", "")), version


def _issues(outcome: Mapping[str, Any]) -> str:
    if not isinstance(outcome, dict) or outcome.get("resourceType") != "OperationOutcome":
        return ""
    said = []
    for issue in outcome.get("issue") or []:
        if not isinstance(issue, dict):
            continue
        details = issue.get("details") or {}
        text = details.get("text") or issue.get("diagnostics") or issue.get("code") or ""
        where = ", ".join(issue.get("expression") or issue.get("location") or [])
        said.append(f"{text} ({where})" if where else str(text))
    return "; ".join(said)

"""How the demonstration's registry receives a transaction: all or nothing, faults in FHIR's own form."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pro_app.demo_registry.book import Book, Kept

TYPES = ("Patient", "ResearchSubject", "QuestionnaireResponse", "Observation", "DocumentReference")
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_REFERENCES = ("subject", "source", "individual")
_OBJECTS = ("meta", "subject", "source", "individual", "code", "valueQuantity", "dataAbsentReason")
_LISTS = ("item", "derivedFrom", "extension")
_LARGEST = 200


class Unacceptable(ValueError):
    """The bundle can't be taken; the text says what is wrong, `where` in which element."""

    def __init__(self, words: str, where: str) -> None:
        self.where = where
        super().__init__(words)


def receive(book: Book, bundle: object, now: datetime) -> dict[str, Any]:
    """Keep a transaction of PUTs and answer as FHIR does. Raises `Unacceptable`; then nothing is kept."""
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise Unacceptable("a Bundle was expected", "Bundle")
    if bundle.get("type") != "transaction":
        raise Unacceptable("only transactions are received", "Bundle.type")
    entries = bundle.get("entry")
    if not isinstance(entries, list) or not 0 < len(entries) <= _LARGEST:
        raise Unacceptable(f"1 to {_LARGEST} entries were expected", "Bundle.entry")
    resources = [_checked(entry, f"Bundle.entry[{index}]") for index, entry in enumerate(entries)]
    brought = {f"{one['resourceType']}/{one['id']}" for one in resources}
    if len(brought) != len(resources):
        raise Unacceptable("a resource is in the transaction twice", "Bundle.entry")
    for index, resource in enumerate(resources):
        for reference in _references(resource):
            kind, _, own_id = reference.partition("/")
            if reference not in brought and book.read(kind, own_id) is None:
                raise Unacceptable(f"{reference} is not known here", f"Bundle.entry[{index}].resource")
    kept = book.write(list(resources), now)
    return {
        "resourceType": "Bundle",
        "type": "transaction-response",
        "entry": [{"response": _said(one)} for one in kept],
    }


def outcome(words: str, code: str = "invalid", where: str = "") -> dict[str, Any]:
    """An OperationOutcome with one error."""
    issue: dict[str, Any] = {"severity": "error", "code": code, "diagnostics": words}
    if where:
        issue["expression"] = [where]
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def _checked(entry: object, where: str) -> Mapping[str, Any]:
    request = entry.get("request") if isinstance(entry, dict) else None
    resource = entry.get("resource") if isinstance(entry, dict) else None
    if not isinstance(request, dict) or not isinstance(resource, dict):
        raise Unacceptable("an entry needs a request and a resource", where)
    kind, own_id = resource.get("resourceType"), resource.get("id")
    if kind not in TYPES:
        raise Unacceptable(f"resources of type {kind} are not kept here", f"{where}.resource")
    if not isinstance(own_id, str) or not _ID.fullmatch(own_id):
        raise Unacceptable("the resource needs an id", f"{where}.resource.id")
    if request.get("method") != "PUT" or request.get("url") != f"{kind}/{own_id}":
        raise Unacceptable(f"PUT {kind}/{own_id} was expected", f"{where}.request")
    for name in _OBJECTS:
        if not isinstance(resource.get(name, {}), dict):
            raise Unacceptable(f"{name} must be an object", f"{where}.resource.{name}")
    for name in _LISTS:
        _check_list(resource.get(name, []), f"{where}.resource.{name}")
    _check_list(resource.get("meta", {}).get("tag", []), f"{where}.resource.meta.tag")
    for name in ("code", "dataAbsentReason"):
        _check_list(resource.get(name, {}).get("coding", [{}]), f"{where}.resource.{name}.coding")
    value = resource.get("valueQuantity", {}).get("value", 0)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unacceptable("the value must be a number", f"{where}.resource.valueQuantity.value")
    if kind == "Patient":
        _check_list(resource.get("identifier", []), f"{where}.resource.identifier")
    return resource


def _check_list(found: object, where: str) -> None:
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Unacceptable("a list of objects was expected", where)


def _references(resource: Mapping[str, Any]) -> list[str]:
    holders = [resource.get(name) for name in _REFERENCES]
    holders += resource.get("derivedFrom", [])
    found = [holder.get("reference") for holder in holders if holder]
    return [reference for reference in found if isinstance(reference, str)]


def _said(kept: Kept) -> dict[str, Any]:
    return {
        "status": "201 Created" if kept.created else "200 OK",
        "location": f"{kept.type}/{kept.id}/_history/{kept.version}",
        "etag": f'W/"{kept.version}"',
        "lastModified": kept.shown()["meta"]["lastUpdated"],
    }

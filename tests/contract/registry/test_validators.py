"""Two validators, each of which misses something, have nothing against any resource we send."""

import copy
import itertools
from datetime import date
from typing import Any

import fhirkit
import pytest

from pro_app.gateways.fhir_bundle import bundle, resources
from pro_app.gateways.fhir_digest import document
from pro_app.gateways.fhir_terms import terminology
from tests.contract.registry import peers
from tests.unit.registry.cast import catalogue, filled, instrument, parcel

pytestmark = pytest.mark.peer

EVERY_KIND = [
    (instrument_id, kind, answered)
    for instrument_id, kind, answered in itertools.product(
        tuple(catalogue().instruments), ("submitted", "corrected", "withdrawn"), (True, False)
    )
]


def everything_we_send() -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = []
    for instrument_id, kind, answered in EVERY_KIND:
        definition = instrument(instrument_id)
        nothing = dict.fromkeys(definition.item_ids, "skipped")
        answers = filled(instrument_id, **({} if answered else nothing))
        sent = parcel(instrument_id, answers, kind=kind)
        listed += resources(sent, definition)
        listed += [bundle(sent, definition), bundle(sent, definition, "conditional")]
    terms = terminology(catalogue().instruments.values())
    listed.append(document(date(2026, 12, 1), '{"study":"NCT06120426"}', "ab" * 32))
    return [*listed, terms, *(entry["resource"] for entry in terms["entry"])]


def broken() -> dict[str, Any]:
    response = copy.deepcopy(resources(parcel(), instrument("qlq-c30"))[2])
    response["status"] = "sort of done"
    response["surprise"] = 1
    return response


def test_fhirkit_finds_no_fault() -> None:
    faults = [
        (one["resourceType"], str(issue)) for one in everything_we_send() for issue in fhirkit.validate(one)
    ]
    assert faults == []


def test_fhir_js_finds_no_fault() -> None:
    sent = everything_we_send()
    faults = peers.fhir_js_faults(sent)
    assert len(faults) == len(sent)
    assert [fault for fault in faults if fault] == []


def test_the_validators_do_find_a_fault_when_there_is_one() -> None:
    assert peers.fhir_js_faults([broken()]) != [[]]
    assert fhirkit.validate(broken()) != []

"""Every code of ours that leaves is defined, and mapped where somebody else has one for the same thing."""

from typing import Any

from pro_app.gateways.fhir_bundle import resources
from pro_app.gateways.fhir_terms import terminology
from tests.unit.registry.cast import catalogue, filled, instrument, parcel


def of_type(kind: str) -> list[dict[str, Any]]:
    bundle = terminology(catalogue().instruments.values())
    return [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind]


def test_every_answer_and_score_code_that_is_sent_is_defined() -> None:
    defined = {(one["url"], concept["code"]) for one in of_type("CodeSystem") for concept in one["concept"]}
    for instrument_id in catalogue().instruments:
        _, _, response, *scores = resources(
            parcel(instrument_id, filled(instrument_id)), instrument(instrument_id)
        )
        for item in response["item"]:
            for answer in item.get("answer", []):
                if coding := answer.get("valueCoding"):
                    assert (coding["system"], coding["code"]) in defined
        for score in scores:
            own = score["code"]["coding"][-1]
            assert (own["system"], own["code"]) in defined


def test_the_maps_lead_to_the_published_codes() -> None:
    groups = {
        (group["source"], group["target"]): group["element"]
        for one in of_type("ConceptMap")
        for group in one["group"]
    }
    (interference,) = groups["urn:pro-follow-up:scale:bpi-sf", "http://loinc.org"]
    assert interference["code"] == "INTERFERENCE"
    assert interference["target"] == [{"code": "77565-0", "equivalence": "equivalent"}]
    (published,) = [elements for (source, _), elements in groups.items() if source.endswith("qlq-c30")]
    mapped = {element["code"]: element["target"][0]["code"] for element in published}
    assert len(mapped) == 15
    assert mapped["QL2"] == "eortc-qlq-c30-ql"
    assert "SUMMARY" not in mapped

"""What leaves for a FHIR registry: the published codes, every item, no identity, ids that never change."""

import json
from typing import Any

import pytest

from pro_app.gateways.fhir_bundle import bundle, place
from tests.unit.registry.cast import MARY, WANGS_WORDS, filled, instrument, parcel

MII = "https://www.medizininformatik-initiative.de/fhir/ext/modul-pro"


def sent(parcel_: Any, addressing: Any = "put-id") -> list[dict[str, Any]]:
    return bundle(parcel_, instrument(parcel_.instrument), addressing)["entry"]


def of_type(parcel_: Any, kind: str) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in sent(parcel_) if entry["resource"]["resourceType"] == kind]


def item(parcel_: Any, link_id: str) -> dict[str, Any]:
    (response,) = of_type(parcel_, "QuestionnaireResponse")
    return next(one for one in response["item"] if one["linkId"] == link_id)


def score_of(parcel_: Any, scale: str) -> dict[str, Any]:
    return next(one for one in of_type(parcel_, "Observation") if one["code"]["coding"][-1]["code"] == scale)


def test_qlq_c30_carries_the_published_profile_questionnaire_and_link_ids() -> None:
    (response,) = of_type(parcel(), "QuestionnaireResponse")
    assert response["meta"]["profile"] == [f"{MII}/StructureDefinition/mii-pr-pro-questionnaire-response"]
    assert response["questionnaire"] == f"{MII}/Questionnaire/mii-qst-pro-eortc-qlq-c30|3.0"
    assert [one["linkId"] for one in response["item"]] == [f"qlq-c30-q{n:02}" for n in range(1, 31)]
    assert response["status"] == "completed"
    assert response["authored"] == "2026-12-01T04:00:00Z"
    assert response["language"] == "zh-Hans"


def test_an_answer_is_a_coding_with_its_number_as_ordinal_value() -> None:
    (answer,) = item(parcel(answers=filled("qlq-c30", q9=3)), "qlq-c30-q09")["answer"]
    assert answer["valueCoding"]["code"] == "3"
    assert answer["valueCoding"]["extension"][0]["valueDecimal"] == 3


@pytest.mark.parametrize("why", ["skipped", "not_reached", "not_shown"])
def test_an_item_without_answer_is_there_and_says_why(why: str) -> None:
    found = item(parcel(answers=filled("qlq-c30", q9=why)), "qlq-c30-q09")
    assert "answer" not in found
    assert found["extension"][1]["valueCode"] == why


def test_every_scale_of_the_module_has_the_modules_code_and_the_summary_has_ours() -> None:
    observations = of_type(parcel(), "Observation")
    published = {
        coding["code"]
        for one in observations
        for coding in one["code"]["coding"]
        if coding["system"] == f"{MII}/CodeSystem/mii-cs-pro-score-catalogue"
    }
    names = ["pf", "rf", "ef", "cf", "sf", "fa", "nv", "pa", "dy", "sl", "ap", "co", "di", "fi", "ql"]
    assert published == {f"eortc-qlq-c30-{name}" for name in names}
    (summary,) = score_of(parcel(), "SUMMARY")["code"]["coding"]
    assert summary["system"] == "urn:pro-follow-up:scale:qlq-c30"


def test_interference_has_its_loinc_code() -> None:
    codes = score_of(parcel("bpi-sf"), "INTERFERENCE")["code"]["coding"]
    assert {"system": "http://loinc.org", "code": "77565-0"} in codes


def test_a_score_names_its_method_its_source_and_the_response_it_comes_from() -> None:
    this = parcel()
    found = score_of(this, "PF2")
    assert found["category"][0]["coding"][0]["code"] == "survey"
    assert found["valueQuantity"]["unit"] == "{score}"
    assert found["derivedFrom"] == [{"reference": f"QuestionnaireResponse/{place(this).record}"}]
    assert found["method"]["coding"][0]["code"] == this.algorithm
    assert "Fayers" in found["method"]["text"]


def test_a_scale_that_cannot_be_scored_has_a_reason_and_no_value() -> None:
    found = score_of(parcel(answers=filled("qlq-c30", q8="skipped")), "DY")
    assert "valueQuantity" not in found
    assert [coding["code"] for coding in found["dataAbsentReason"]["coding"]] == ["unknown", "none_answered"]


def test_a_correction_has_status_amended_under_the_same_ids() -> None:
    first, second = (
        parcel(),
        parcel(kind="corrected", revision=2, response="0" * 8 + "-0000-4000-8000-" + "0" * 12),
    )
    assert [entry["request"] for entry in sent(first)] == [entry["request"] for entry in sent(second)]
    assert of_type(second, "QuestionnaireResponse")[0]["status"] == "amended"
    assert {one["status"] for one in of_type(second, "Observation")} == {"amended"}


def test_a_withdrawal_keeps_the_place_and_takes_the_content_away() -> None:
    gone = parcel(kind="withdrawn")
    (response,) = of_type(gone, "QuestionnaireResponse")
    assert response["status"] == "entered-in-error"
    assert "item" not in response
    assert all("valueQuantity" not in one for one in of_type(gone, "Observation"))


def test_free_text_and_identity_never_leave() -> None:
    text = json.dumps(sent(parcel("bpi-sf")), ensure_ascii=False)
    assert WANGS_WORDS not in text
    assert 'valueString": "' + WANGS_WORDS not in text
    assert item(parcel("bpi-sf"), "bpi7")["extension"][1]["valueCode"] == "sealed"
    (patient,) = of_type(parcel("bpi-sf"), "Patient")
    assert set(patient) == {"resourceType", "id", "meta", "identifier"}
    assert patient["identifier"][0]["value"] == "CZ-003"


def test_even_a_parcel_with_open_free_text_does_not_let_it_out() -> None:
    leaky = parcel("bpi-sf", **{"answers": filled("bpi-sf")})
    assert WANGS_WORDS not in json.dumps(sent(leaky), ensure_ascii=False)


def test_body_regions_are_listed_and_the_worst_spot_stands_apart() -> None:
    regions = [one["valueCoding"]["code"] for one in item(parcel("bpi-sf"), "bpi2")["answer"]]
    assert regions == ["back-lumbar-spine", "back-sacrum"]
    assert item(parcel("bpi-sf"), "bpi2-worst")["answer"][0]["valueCoding"]["code"] == "back-sacrum"


def test_ids_differ_between_people_visits_and_instruments_and_never_change() -> None:
    places = {
        place(one).record
        for one in (parcel(), parcel(participant=MARY), parcel(timepoint="3m"), parcel("bpi-sf"))
    }
    assert len(places) == 4
    # Registries hold records under this id already: a change here would double all of them.
    assert place(parcel()).record == "9455c2a9-c121-50dc-9acf-0525093765e8"


def test_conditional_updates_carry_no_ids_of_ours_as_ids() -> None:
    for entry in sent(parcel(), "conditional"):
        assert "id" not in entry["resource"]
        assert "?identifier=" in entry["request"]["url"]
    references = json.dumps(sent(parcel(), "conditional"))
    assert '"reference": "Patient/' not in references
    assert '"reference": "urn:uuid:' in references

"""The demonstration's registry: takes bundles as a FHIR server does, shows what arrived in both languages."""

import hashlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient

from pro_app.config import read_settings
from pro_app.gateways.fhir import FhirRegistry
from pro_app.gateways.fhir_bundle import bundle, place
from pro_app.ports import RegistryRefused
from pro_app.web.factory import create_app
from pro_app.wiring import build
from tests.unit.registry.cast import STUDY, catalogue, filled, instrument, parcel

BASE = "http://127.0.0.1/demo/registry/fhir"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    service = build(read_settings({"PRO_APP_DATA_DIR": str(tmp_path)}))
    yield create_app(service)
    service.store.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def registry(app: Flask) -> FhirRegistry:
    return FhirRegistry(BASE, None, catalogue().instruments, transport=httpx.WSGITransport(app))


def post(client: FlaskClient, content: Any) -> Any:
    return client.post("/demo/registry/fhir", json=content)


def test_before_anything_arrived_the_page_says_so(client: FlaskClient) -> None:
    page = client.get("/demo/registry?lang=en")
    assert page.status_code == 200
    assert "Nothing has arrived yet" in page.text


def test_what_arrived_is_shown_with_number_site_visit_instrument_and_scores(
    client: FlaskClient, registry: FhirRegistry
) -> None:
    registry.deliver(parcel("bpi-sf", answers=filled("bpi-sf", bpi3=8, bpi4="skipped")))
    page = client.get("/demo/registry?lang=en").text
    for expected in ("CZ-003", "BPI-SF", "1 month", "Worst pain", "8.0", "13 of 15 questions answered"):
        assert expected in page, expected
    assert "submitted" in page


def test_the_same_page_in_chinese(client: FlaskClient, registry: FhirRegistry) -> None:
    registry.deliver(parcel("bpi-sf"))
    page = client.get("/demo/registry?lang=zh-Hans").text
    assert 'lang="zh-Hans"' in page
    assert "2026年" in page


def test_sent_twice_it_keeps_one_version_and_a_correction_adds_the_second(registry: FhirRegistry) -> None:
    first, again = registry.deliver(parcel()), registry.deliver(parcel())
    corrected = registry.deliver(parcel(kind="corrected", answers=filled("qlq-c30", q1=4)))
    assert (first.remote_version, again.remote_version, corrected.remote_version) == ("1", "1", "2")


def test_what_it_holds_can_be_compared_page_by_page(
    registry: FhirRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pro_app.gateways.fhir.PAGE", {})
    monkeypatch.setattr("pro_app.gateways.fhir.PAGE_OF_OTHERS", 7)
    sent = [
        parcel(instrument_id, timepoint=visit)
        for instrument_id in ("bpi-sf", "qlq-c30")
        for visit in ("1m", "3m")
    ]
    for one in sent:
        registry.deliver(one)
    held = {entry.remote_id: entry for entry in registry.held(STUDY)}
    assert held == {registry.entry(one).remote_id: registry.entry(one) for one in sent}


def test_the_audit_trails_digest_is_kept_too(client: FlaskClient, registry: FhirRegistry) -> None:
    body = '{"study":"NCT06120426"}'
    digest = hashlib.sha256(body.encode()).hexdigest()
    first = registry.deliver_digest(date(2026, 12, 1), body, digest)
    assert registry.deliver_digest(date(2026, 12, 1), body, digest) == first
    with pytest.raises(RegistryRefused):
        registry.deliver_digest(date(2026, 12, 1), body + " ", "0" * 64)
    assert client.get(f"/demo/registry/fhir/DocumentReference/{first}").json["meta"]["versionId"] == "1"
    assert client.get("/demo/registry?lang=en").status_code == 200


def test_a_resource_can_be_read_with_its_version(client: FlaskClient, registry: FhirRegistry) -> None:
    registry.deliver(parcel())
    found = client.get(f"/demo/registry/fhir/QuestionnaireResponse/{place(parcel()).record}")
    assert found.content_type.startswith("application/fhir+json")
    assert found.json["meta"]["versionId"] == "1"
    assert client.get("/demo/registry/fhir/Patient/nobody").json["resourceType"] == "OperationOutcome"


def test_one_bad_entry_and_nothing_of_the_bundle_is_kept(client: FlaskClient, registry: FhirRegistry) -> None:
    content = bundle(parcel(), instrument("qlq-c30"))
    content["entry"][5]["resource"]["subject"] = {"reference": "Patient/unknown"}
    answer = post(client, content)
    assert answer.status_code == 422
    assert "Patient/unknown is not known here" in answer.json["issue"][0]["diagnostics"]
    assert client.get("/demo/registry/fhir/QuestionnaireResponse").json["total"] == 0


def test_a_refusal_reaches_the_sender_in_words(app: Flask) -> None:
    conditional = FhirRegistry(
        BASE, None, catalogue().instruments, transport=httpx.WSGITransport(app), addressing="conditional"
    )
    with pytest.raises(RegistryRefused, match="needs an id"):
        conditional.deliver(parcel())


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        "bundle",
        {"resourceType": "Patient"},
        {"resourceType": "Bundle", "type": "batch"},
        {"resourceType": "Bundle", "type": "transaction", "entry": []},
        {"resourceType": "Bundle", "type": "transaction", "entry": ["x"]},
        {"resourceType": "Bundle", "type": "transaction", "entry": [{"request": {}, "resource": {}}]},
    ],
)
def test_anything_else_is_refused_in_fhirs_own_form(client: FlaskClient, content: Any) -> None:
    answer = post(client, content)
    assert answer.status_code in (400, 422)
    assert answer.json["resourceType"] == "OperationOutcome"


def test_every_field_of_a_wrong_kind_is_refused_and_the_page_still_stands(client: FlaskClient) -> None:
    good = bundle(parcel(), instrument("qlq-c30"))
    for index in (0, 2, 5):
        for field in good["entry"][index]["resource"]:
            for wrong in (7, "text", ["x"], None, {"a": [1]}):
                content = bundle(parcel(), instrument("qlq-c30"))
                content["entry"][index]["resource"][field] = wrong
                assert post(client, content).status_code in (200, 400, 422), (index, field, wrong)
    assert client.get("/demo/registry?lang=en").status_code == 200


def test_it_exists_in_a_demonstration_only(app: Flask) -> None:
    guards = {
        rule.rule: app.view_functions[rule.endpoint]._pro_app_guard.kind  # type: ignore[attr-defined]
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/demo/registry")
    }
    assert len(guards) == 4
    assert set(guards.values()) == {"demo"}

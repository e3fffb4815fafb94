"""Two FHIR servers written by others take our bundles, once and only once, and give back what we sent."""

import base64
import hashlib
import json
import uuid
from dataclasses import replace
from datetime import date
from typing import Any

import httpx
import pytest

from pro_app.gateways.fhir import FhirRegistry
from pro_app.gateways.fhir_bundle import place, resources
from pro_app.ports import Parcel, RegistryRefused, Witness
from tests.unit.registry.cast import catalogue, filled, instrument, parcel

pytestmark = pytest.mark.peer


def somebody(instrument_id: str = "qlq-c30", **changes: object) -> Parcel:
    """A parcel of a participant and study that no other test uses."""
    new = str(uuid.uuid4())
    return parcel(
        instrument_id, **{"participant": new, "study": f"NCT-{new[:8]}", "study_number": new[:8], **changes}
    )  # type: ignore[arg-type]


def registry(url: str, **changes: Any) -> FhirRegistry:
    return FhirRegistry(url, None, catalogue().instruments, **changes)


def get(url: str, **query: str) -> dict[str, Any]:
    answer = httpx.get(url, params=query or None, timeout=20, trust_env=False)
    assert answer.status_code == 200, answer.text[:300]
    return dict(answer.json())


def count(server_url: str, kind: str, sent: Parcel) -> int:
    found = get(f"{server_url}/{kind}", _tag=f"urn:pro-follow-up:study|{sent.study}", _count="100")
    return len(found.get("entry", []))


@pytest.mark.parametrize("instrument_id", ["qlq-c30", "bpi-sf"])
def test_a_bundle_is_accepted_and_read_back_as_it_was_sent(server_url: str, instrument_id: str) -> None:
    this = somebody(instrument_id)
    with registry(server_url) as there:
        receipt = there.deliver(this)
    assert receipt.remote_id == place(this).record
    for sent in resources(this, instrument(instrument_id)):
        held = get(f"{server_url}/{sent['resourceType']}/{sent['id']}")
        for name, value in sent.items():
            if name != "meta":
                assert held[name] == value, name
        assert held["meta"]["tag"] == sent["meta"]["tag"]


@pytest.mark.parametrize("addressing", ["put-id", "conditional"])
def test_the_daily_digest_is_kept_once_and_never_replaced(server_url: str, addressing: str) -> None:
    study, day = f"NCT-{uuid.uuid4().hex[:8]}", date(2026, 12, 1)
    body = json.dumps({"study": study, "chains": {"CZ": {"length": 7, "head": "ab" * 32}}})
    digest = hashlib.sha256(body.encode()).hexdigest()
    with registry(server_url, addressing=addressing) as there:
        assert isinstance(there, Witness)
        first = there.deliver_digest(day, body, digest)
        assert there.deliver_digest(day, body, digest) == first
        with pytest.raises(RegistryRefused, match="another digest of 2026-12-01"):
            there.deliver_digest(day, body.replace('"length": 7', '"length": 8'), "0" * 64)
    held = get(f"{server_url}/DocumentReference/{first}")
    assert base64.b64decode(held["content"][0]["attachment"]["data"]).decode() == body


def test_sent_twice_it_creates_nothing_twice(server_url: str) -> None:
    this = somebody()
    with registry(server_url) as there:
        first, second = there.deliver(this), there.deliver(this)
    assert first.remote_id == second.remote_id
    assert count(server_url, "QuestionnaireResponse", this) == 1
    assert count(server_url, "Observation", this) == 16
    assert count(server_url, "Patient", this) == 1


def test_two_instruments_of_one_visit_share_the_patient(server_url: str) -> None:
    this = somebody()
    bpi = parcel("bpi-sf", participant=this.participant, study=this.study, study_number=this.study_number)
    with registry(server_url) as there:
        there.deliver(this)
        there.deliver(bpi)
    assert count(server_url, "Patient", this) == 1
    assert count(server_url, "ResearchSubject", this) == 1
    assert count(server_url, "QuestionnaireResponse", this) == 2


def test_a_correction_takes_the_place_of_the_first_version(server_url: str) -> None:
    first = somebody(answers=filled("qlq-c30", q9=1))
    later = parcel(
        answers=filled("qlq-c30", q9=4),
        kind="corrected",
        participant=first.participant,
        study=first.study,
        study_number=first.study_number,
    )
    with registry(server_url) as there:
        there.deliver(first)
        there.deliver(later)
        (held,) = there.held(first.study)
        assert held == there.entry(later)
        assert held.content_hash != there.entry(first).content_hash
    response = get(f"{server_url}/QuestionnaireResponse/{place(first).record}")
    assert response["status"] == "amended"


def test_what_the_server_holds_has_the_hash_of_what_was_sent(server_url: str) -> None:
    this = somebody("bpi-sf", answers=filled("bpi-sf", bpi3="skipped", bpi9a=0))
    gone = parcel(
        kind="withdrawn", participant=this.participant, study=this.study, study_number=this.study_number
    )
    with registry(server_url) as there:
        there.deliver(this)
        there.deliver(gone)
        held = {entry.remote_id: entry for entry in there.held(this.study)}
        assert held == {entry.remote_id: entry for entry in (there.entry(this), there.entry(gone))}


def test_a_broken_bundle_is_refused_in_the_servers_own_words(server_url: str) -> None:
    good = somebody()
    bad = replace(good, scores=(replace(good.scores[0], value="much"),))  # type: ignore[arg-type]
    with registry(server_url) as there, pytest.raises(RegistryRefused) as refusal:
        there.deliver(bad)
    assert "value" in str(refusal.value.params["words"])
    assert count(server_url, "Patient", bad) == 0

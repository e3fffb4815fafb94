"""What a FHIR server may answer, and what we make of it: a receipt, a refusal, or try again later."""

import json
import ssl
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from pro_app.errors import SettingsError
from pro_app.gateways.fhir import FhirRegistry
from pro_app.gateways.fhir_bundle import place
from pro_app.gateways.wire import Wire
from pro_app.ports import RegistryAway, RegistryRefused
from tests.unit.registry.cast import STUDY, catalogue, parcel

BASE = "https://registry.example/fhir"


def registry(answer: Callable[[httpx.Request], httpx.Response], **changes: Any) -> FhirRegistry:
    return FhirRegistry(
        BASE, "a token", catalogue().instruments, transport=httpx.MockTransport(answer), **changes
    )


def stored(request: httpx.Request) -> httpx.Response:
    """What a good server says: every entry created, version 1."""
    entries = [
        {"response": {"status": "201 Created", "location": f"{BASE}/{entry['request']['url']}/_history/1"}}
        for entry in json.loads(request.content)["entry"]
    ]
    return httpx.Response(
        200, json={"resourceType": "Bundle", "type": "transaction-response", "entry": entries}
    )


def test_a_complete_transaction_response_is_a_receipt() -> None:
    receipt = registry(stored).deliver(parcel())
    assert (receipt.remote_id, receipt.remote_version) == (place(parcel()).record, "1")
    assert len(receipt.content_hash) == 64


def test_the_token_and_the_media_type_are_sent() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return stored(request)

    registry(answer).deliver(parcel())
    assert seen[0].headers["Authorization"] == "Bearer a token"
    assert seen[0].headers["Content-Type"] == "application/fhir+json"
    assert str(seen[0].url) == BASE


OUTCOME = {
    "resourceType": "OperationOutcome",
    "issue": [
        {"severity": "error", "diagnostics": "site CZ is not activated", "expression": ["Bundle.entry[2]"]},
        {"severity": "error", "code": "invalid", "details": {"text": "second thing"}},
    ],
}


@pytest.mark.parametrize("status", [400, 410, 412, 413, 422])
def test_a_refusal_carries_the_servers_own_words(status: int) -> None:
    with pytest.raises(RegistryRefused) as refusal:
        registry(lambda _: httpx.Response(status, json=OUTCOME)).deliver(parcel())
    words = str(refusal.value.params["words"])
    assert "site CZ is not activated (Bundle.entry[2]); second thing" in words


@pytest.mark.parametrize("status", [301, 302, 307, 401, 403, 404, 405, 408, 409, 425, 429, 500, 502, 503])
def test_what_the_parcel_cannot_change_means_away(status: int) -> None:
    headers = {"location": "https://elsewhere.example/"} if status < 400 else {}
    with pytest.raises(RegistryAway):
        registry(lambda _: httpx.Response(status, headers=headers, text="no")).deliver(parcel())


def test_a_redirect_is_not_followed() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(307, headers={"location": "https://elsewhere.example/fhir"})

    with pytest.raises(RegistryAway, match=r"elsewhere\.example"):
        registry(answer).deliver(parcel())
    assert asked == [BASE]


def test_a_busy_server_says_how_long_to_wait() -> None:
    with pytest.raises(RegistryAway) as away:
        registry(lambda _: httpx.Response(429, headers={"Retry-After": "120"})).deliver(parcel())
    assert away.value.params["retry_after"] == 120


@pytest.mark.parametrize(
    "body",
    [
        b"<html><h1>Sign in to the hospital network</h1></html>",
        b"",
        b"{",
        b"[]",
        b'{"resourceType": "Bundle", "type": "searchset"}',
        b'{"resourceType": "Bundle", "type": "transaction-response", "entry": []}',
        b'{"resourceType": "Bundle", "type": "transaction-response", "entry": "all of them"}',
    ],
)
def test_a_good_status_without_a_receipt_is_none(body: bytes) -> None:
    with pytest.raises(RegistryAway, match="without a receipt"):
        registry(lambda _: httpx.Response(200, content=body)).deliver(parcel())


def answering(change: Callable[[list[dict[str, Any]]], None]) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        content = stored(request).json()
        change(content["entry"])
        return httpx.Response(200, json=content)

    return answer


def test_a_receipt_for_other_resources_is_none() -> None:
    def swap(entries: list[dict[str, Any]]) -> None:
        entries[2], entries[3] = entries[3], entries[2]

    with pytest.raises(RegistryAway, match="without a receipt"):
        registry(answering(swap)).deliver(parcel())


def test_a_receipt_that_leaves_one_entry_open_is_none() -> None:
    def forget(entries: list[dict[str, Any]]) -> None:
        entries[5] = {}

    with pytest.raises(RegistryAway, match="nothing is said about"):
        registry(answering(forget)).deliver(parcel())


def test_one_refused_entry_refuses_the_parcel() -> None:
    def refuse(entries: list[dict[str, Any]]) -> None:
        entries[4]["response"] = {"status": "422", "outcome": OUTCOME}

    with pytest.raises(RegistryRefused, match="site CZ is not activated"):
        registry(answering(refuse)).deliver(parcel())


def test_one_entry_that_crashed_means_try_again() -> None:
    def crash(entries: list[dict[str, Any]]) -> None:
        entries[4]["response"] = {"status": "500 Internal Server Error"}

    with pytest.raises(RegistryAway):
        registry(answering(crash)).deliver(parcel())


@pytest.mark.parametrize(
    "fault",
    [
        httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"),
        httpx.ConnectTimeout("timed out"),
        httpx.ReadTimeout(""),
        httpx.RemoteProtocolError("peer closed connection"),
    ],
)
def test_no_connection_a_bad_certificate_and_a_time_out_mean_away(fault: Exception) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        raise fault

    with pytest.raises(RegistryAway):
        registry(answer).deliver(parcel())


def test_certificates_are_checked_and_old_protocols_refused() -> None:
    context = Wire("central", BASE)._opened()._transport._pool._ssl_context  # type: ignore[attr-defined]
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize(
    "url", ["http://registry.example/fhir", "ftp://registry.example", "registry.example"]
)
def test_answers_never_leave_unencrypted(url: str) -> None:
    with pytest.raises(SettingsError, match="https://"):
        FhirRegistry(url, None, catalogue().instruments)


def test_the_registry_of_the_demonstration_on_this_machine_may_be_plain() -> None:
    FhirRegistry("http://127.0.0.1:8000/demo/registry/fhir", None, catalogue().instruments)


def test_a_page_on_another_server_is_not_asked_for() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.host == "registry.example"
        link = [{"relation": "next", "url": "https://elsewhere.example/fhir?page=2"}]
        return httpx.Response(200, json={"resourceType": "Bundle", "type": "searchset", "link": link})

    with pytest.raises(RegistryAway, match="another server"):
        list(registry(answer).held(STUDY))


def test_pages_that_go_round_in_a_circle_end() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        link = [{"relation": "next", "url": str(request.url)}]
        return httpx.Response(200, json={"resourceType": "Bundle", "type": "searchset", "link": link})

    with pytest.raises(RegistryAway, match="circle"):
        list(registry(answer).held(STUDY))


def test_an_endless_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pro_app.gateways.wire.LARGEST_ANSWER", 1000)
    with pytest.raises(RegistryAway, match="too large"):
        registry(lambda _: httpx.Response(200, content=b"x" * 2000)).deliver(parcel())

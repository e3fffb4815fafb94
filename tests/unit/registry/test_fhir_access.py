"""Tokens are fetched once, renewed when they end or are refused, and never asked for unencrypted."""

from collections.abc import Callable

import httpx
import pytest

from pro_app.errors import SettingsError
from pro_app.gateways.fhir import FhirRegistry
from pro_app.gateways.fhir_access import Client, ClientCredentials
from pro_app.ports import RegistryAway
from tests.unit.registry.cast import catalogue, parcel
from tests.unit.registry.test_fhir_http import BASE, stored

TOKENS = "https://login.example/token"


class TokenServer:
    """Hands out numbered tokens that live for `lifetime` seconds."""

    def __init__(self, lifetime: int = 300) -> None:
        self.lifetime, self.given = lifetime, 0

    def __call__(self, _: httpx.Request) -> httpx.Response:
        self.given += 1
        return httpx.Response(200, json={"access_token": f"t{self.given}", "expires_in": self.lifetime})


def access(answer: Callable[[httpx.Request], httpx.Response]) -> ClientCredentials:
    return ClientCredentials(
        "central", Client(TOKENS, "hospital", secret="s"), transport=httpx.MockTransport(answer)
    )


def test_a_token_is_used_until_it_ends() -> None:
    server = TokenServer()
    mine = access(server)
    assert [mine.header(), mine.header()] == ["Bearer t1", "Bearer t1"]


def test_a_token_that_ends_at_once_is_fetched_anew() -> None:
    mine = access(TokenServer(lifetime=10))
    assert [mine.header(), mine.header()] == ["Bearer t1", "Bearer t2"]


def test_a_refused_token_is_renewed_once_and_the_parcel_goes_through() -> None:
    def door(request: httpx.Request) -> httpx.Response:
        return stored(request) if request.headers["Authorization"] == "Bearer t2" else httpx.Response(401)

    registry = FhirRegistry(
        BASE, None, catalogue().instruments, access=access(TokenServer()), transport=httpx.MockTransport(door)
    )
    assert registry.deliver(parcel()).remote_version == "1"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(400, json={"error": "invalid_client"}),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"access_token": "t", "expires_in": "soon"}),
        httpx.Response(302, headers={"location": "https://elsewhere.example"}),
    ],
)
def test_anything_but_a_token_means_away(answer: httpx.Response) -> None:
    with pytest.raises(RegistryAway, match="gave no token"):
        access(lambda _: answer).header()


@pytest.mark.parametrize(
    "client",
    [
        Client("http://login.example/token", "hospital", secret="s"),
        Client(TOKENS, "hospital"),
        Client(TOKENS, "hospital", secret="s", private_key="k"),
        Client(TOKENS, "hospital", private_key="not a key"),
    ],
)
def test_a_client_that_is_not_safe_or_not_whole_is_refused_at_start(client: Client) -> None:
    with pytest.raises(SettingsError):
        ClientCredentials("central", client)

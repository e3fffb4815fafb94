"""A FHIR server that asks who we are: SMART backend services with a signed assertion, or a secret."""

import json
from collections.abc import Iterator

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pro_app.gateways.fhir import FhirRegistry
from pro_app.gateways.fhir_access import Client, ClientCredentials
from pro_app.ports import RegistryAway
from tests.contract.registry import peers
from tests.unit.registry.cast import STUDY, catalogue, parcel

pytestmark = pytest.mark.peer

KEY = ec.generate_private_key(ec.SECP384R1())
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
WRONG = ec.generate_private_key(ec.SECP384R1()).private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)


@pytest.fixture(scope="module")
def guarded_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """SEKMET with a token server that knows our public key and, under another name, a secret."""
    public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(KEY.public_key()))
    ours = {"client_id": "hospital", "jwks": {"keys": [public | {"kid": "k1", "alg": "ES384", "use": "sig"}]}}
    plain = {"client_id": "plain", "client_secret": "a secret of the test"}
    auth = {"types": ["smart"], "smart_clients": [ours, plain]}
    with peers.sekmet(tmp_path_factory.mktemp("guarded"), server_auth=auth) as url:
        yield url


def deliver(url: str, **client: str) -> str:
    token_url = url.removesuffix("/fhir") + "/auth/token"
    access = ClientCredentials("central", Client(token_url, scope="system/*.*", **client))  # type: ignore[arg-type]
    with FhirRegistry(url, None, catalogue().instruments, access=access) as there:
        receipt = there.deliver(parcel())
        assert [entry.remote_id for entry in there.held(STUDY)] == [receipt.remote_id]
        return receipt.remote_id


def test_without_a_token_the_registry_counts_as_away_and_nothing_is_parked(guarded_url: str) -> None:
    with (
        FhirRegistry(guarded_url, None, catalogue().instruments) as there,
        pytest.raises(RegistryAway, match="401"),
    ):
        there.deliver(parcel())


def test_a_signed_assertion_opens_the_door(guarded_url: str) -> None:
    assert deliver(guarded_url, client_id="hospital", private_key=PEM, key_id="k1")


def test_a_client_secret_opens_the_door(guarded_url: str) -> None:
    assert deliver(guarded_url, client_id="plain", secret="a secret of the test")


def test_another_key_does_not(guarded_url: str) -> None:
    with pytest.raises(RegistryAway, match="gave no token"):
        deliver(guarded_url, client_id="hospital", private_key=WRONG.decode(), key_id="k1")

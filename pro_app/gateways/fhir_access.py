"""OAuth2 client credentials for a registry: SMART backend services, or a client secret.

A token is kept until half a minute before its end and shared by all threads; when the registry refuses
it earlier, one thread fetches a new one. SMART: https://hl7.org/fhir/smart-app-launch/backend-services.html
"""

import threading
import time
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import jwt

from pro_app.errors import SettingsError
from pro_app.gateways.wire import LOOPBACK
from pro_app.ports import RegistryAway

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SPARE_S = 30
ASSERTION_LIVES_S = 240


@dataclass(frozen=True, slots=True, repr=False)
class Client:
    """Who we are to the token server: `private_key` (PEM, RSA or EC P-384) or `secret`, not both."""

    token_url: str
    client_id: str
    scope: str = "system/*.cruds"
    private_key: str | None = None
    key_id: str | None = None
    secret: str | None = None


class ClientCredentials:
    """Fetches tokens; raises `RegistryAway` while the token server gives none."""

    def __init__(self, registry: str, client: Client, transport: httpx.BaseTransport | None = None) -> None:
        parts = urlsplit(client.token_url)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise SettingsError(faults=f"The token address {client.token_url!r} must begin with https://.")
        if (client.private_key is None) == (client.secret is None):
            raise SettingsError(faults="A registry's client needs a private key or a secret, one of the two.")
        self._registry = registry
        self._client = client
        self._algorithm = _algorithm(client.private_key) if client.private_key else ""
        self._http = httpx.Client(timeout=15, follow_redirects=False, trust_env=False, transport=transport)
        self._lock = threading.Lock()
        self._token = ""
        self._until = 0.0
        self._fetched = 0

    def header(self, *, renew: bool = False) -> str:
        """`Bearer …`; with `renew` a new token, unless another thread has just fetched one."""
        seen = self._fetched
        with self._lock:
            stale = time.monotonic() >= self._until
            if stale or (renew and self._fetched == seen):
                self._fetch()
            return f"Bearer {self._token}"

    def _fetch(self) -> None:
        try:
            answer = self._http.post(
                self._client.token_url, data=self._form(), auth=self._basic() or httpx.USE_CLIENT_DEFAULT
            )
        except httpx.HTTPError as fault:
            raise self._away(str(fault) or type(fault).__name__) from fault
        token, lifetime = _read(answer)
        if not token:
            raise self._away(f"status {answer.status_code}: {answer.text[:200]}")
        self._token = token
        self._until = time.monotonic() + max(lifetime - SPARE_S, 0)
        self._fetched += 1

    def _form(self) -> dict[str, str]:
        form = {"grant_type": "client_credentials", "scope": self._client.scope}
        if self._client.private_key:
            form |= {"client_assertion_type": ASSERTION, "client_assertion": self._assertion()}
        return form

    def _basic(self) -> tuple[str, str] | None:
        return (self._client.client_id, self._client.secret) if self._client.secret else None

    def _assertion(self) -> str:
        own = self._client.client_id
        claims = {
            "iss": own,
            "sub": own,
            "aud": self._client.token_url,
            "jti": uuid.uuid4().hex,
            "exp": int(time.time()) + ASSERTION_LIVES_S,
        }
        headers = {"kid": self._client.key_id} if self._client.key_id else None
        return jwt.encode(claims, self._client.private_key or "", self._algorithm, headers)

    def _away(self, words: str) -> RegistryAway:
        return RegistryAway(registry=self._registry, words=f"its token server gave no token: {words}")


def _read(answer: httpx.Response) -> tuple[str, float]:
    """Token and lifetime in seconds; no token when the answer is anything else."""
    try:
        content: Any = answer.json()
        lifetime = float(content.get("expires_in", 300))
        return (str(content["access_token"]), lifetime) if answer.status_code == 200 else ("", 0)
    except (ValueError, TypeError, KeyError, AttributeError):
        return "", 0


def _algorithm(private_key: str) -> str:
    """The signature that SMART prescribes for the kind of key; raises `SettingsError` for any other."""
    for name in ("RS384", "ES384"):
        try:
            jwt.encode({}, private_key, name)
            return name
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
    raise SettingsError(
        faults="The registry's private key is neither an RSA nor an EC P-384 key in PEM form."
    )

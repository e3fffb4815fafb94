"""One HTTP request to a registry: checked certificates, no redirects, bounded time and size.

Whatever keeps a request from being answered about its content raises `RegistryAway`; the caller reads
the status and the body of everything else.
"""

import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

from pro_app.errors import SettingsError
from pro_app.ports import RegistryAway

if TYPE_CHECKING:
    import httpx

TIMEOUT_S, CONNECT_S = 30.0, 5.0
LARGEST_ANSWER = 32 * 1024 * 1024
LOOPBACK = ("127.0.0.1", "::1", "localhost")
# What another content of the same request would not change: the door is shut, moved or too busy.
AWAY = frozenset({401, 403, 404, 405, 408, 409, 421, 425, 429})


@dataclass(frozen=True, slots=True)
class Tls:
    """ca_file: a hospital's own authority (PEM). certificate: our file and key file, for mutual TLS."""

    ca_file: str | None = None
    certificate: tuple[str, str] | None = None


class Wire:
    """A connection pool to one registry, shared by threads. Only a loopback address may be plain http."""

    def __init__(
        self, name: str, url: str, tls: Tls | None = None, transport: "httpx.BaseTransport | None" = None
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise SettingsError(faults=f"The registry's address {url!r} must begin with https://.")
        self.name = name
        # Read at start: a wrong certificate is a fault of the settings and not of the first parcel.
        self._context = _context(tls) if tls and (tls.ca_file or tls.certificate) else None
        self._transport = transport
        self._client: httpx.Client | None = None
        self._opening = threading.Lock()

    def call(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None = None
    ) -> tuple[int, bytes]:
        """Status and body. Raises `RegistryAway`."""
        import httpx  # late: decision 0095

        try:
            with self._opened().stream(method, url, headers=dict(headers), content=content) as answer:
                body = bytearray()
                for chunk in answer.iter_bytes():
                    body += chunk
                    if len(body) > LARGEST_ANSWER:
                        self.away("its answer is too large")
                if answer.is_redirect:
                    self.away(f"it redirects to {answer.headers.get('location', '?')}; not followed")
                if answer.status_code in (429, 503):
                    wait = _seconds(answer.headers.get("retry-after"))
                    self.away(f"status {answer.status_code}: it is busy", wait)
                return answer.status_code, bytes(body)
        except httpx.HTTPError as fault:
            self.away(str(fault) or type(fault).__name__)

    def away(self, words: str, retry_after: int | None = None) -> NoReturn:
        """Raise `RegistryAway` with `words`; `retry_after` is the registry's own wish, in seconds."""
        raise RegistryAway(registry=self.name, words=words, retry_after=retry_after)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()

    def _opened(self) -> "httpx.Client":
        import httpx  # late: decision 0095

        with self._opening:
            if self._client is None:
                context = self._context or httpx.create_ssl_context(trust_env=False)
                self._client = httpx.Client(
                    timeout=httpx.Timeout(TIMEOUT_S, connect=CONNECT_S),
                    follow_redirects=False,
                    verify=context,
                    trust_env=False,
                    transport=self._transport,
                    limits=httpx.Limits(max_connections=16, max_keepalive_connections=8),
                )
            return self._client


def _context(tls: Tls) -> ssl.SSLContext:
    """A hospital's own authority takes the place of the public ones, it does not stand beside them."""
    try:
        if tls.ca_file:
            context = ssl.create_default_context(cafile=tls.ca_file)
        else:
            import httpx  # late: decision 0095

            context = httpx.create_ssl_context(trust_env=False)
        if tls.certificate:
            context.load_cert_chain(*tls.certificate)
        return context
    except (OSError, ssl.SSLError) as fault:
        files = ", ".join(filter(None, (tls.ca_file, *(tls.certificate or ()))))
        raise SettingsError(faults=f"The registry's certificates can't be used ({files}): {fault}") from fault


def _seconds(retry_after: str | None) -> int | None:
    return int(retry_after) if retry_after and retry_after.isascii() and retry_after.isdigit() else None

"""One HTTPS call to an SMS provider, with the line drawn where a message may have been taken."""

import hmac
import json
from typing import Any

import httpx

from pro_app.letters.reports import MOST_IN_A_CALL, Call, NotGenuine, UnreadableCall
from pro_app.ports import Outcome

TIMEOUT_S = 10.0
# Nothing of the message has left while these happen.
_BEFORE = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_BUSY = (429, 503)


def call(provider: str, client: httpx.Client, request: httpx.Request) -> tuple[int, Any] | Outcome:
    """Status and JSON of the answer; or what it means when there is no usable one.

    Not connected, or turned away for being too many: "later". Silence or a fault after the request was
    sent: "unknown", for the provider may have taken it before it stumbled.
    """
    try:
        response = client.send(request)
    except _BEFORE as fault:
        return Outcome("later", provider, detail=f"no connection: {type(fault).__name__}")
    except httpx.HTTPError as fault:
        return Outcome("unknown", provider, detail=f"no answer: {type(fault).__name__}")
    if response.status_code in _BUSY:
        return Outcome("later", provider, detail=f"HTTP {response.status_code}")
    try:
        return response.status_code, response.json()
    except ValueError:
        status = "unknown" if response.is_success or response.is_server_error else "later"
        return Outcome(status, provider, detail=f"HTTP {response.status_code} without JSON")  # type: ignore[arg-type]


def home_number(number: str) -> str | None:
    """`+8613800000001` as `13800000001`; None for a number outside the mainland."""
    return number.removeprefix("+86") if number.startswith("+86") else None


def reported_rows(provider: str, call: Call, secret: str) -> list[dict[str, Any]]:
    """The rows of a call that proves itself by the secret part of its address alone.

    Raises `NotGenuine` when no secret is set up or it is another one, `UnreadableCall` for anything but a
    list of objects.
    """
    if not secret or not hmac.compare_digest(call.secret.encode(), secret.encode()):
        raise NotGenuine(provider=provider)
    try:
        rows = json.loads(call.body)
    except (ValueError, RecursionError) as fault:
        raise UnreadableCall(provider=provider) from fault
    if not isinstance(rows, list) or len(rows) > MOST_IN_A_CALL:
        raise UnreadableCall(provider=provider)
    if not all(isinstance(row, dict) for row in rows):
        raise UnreadableCall(provider=provider)
    return rows

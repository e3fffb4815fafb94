"""How requests to the two Chinese clouds are signed, and how Twilio signs its own; each in its maker's steps.

The clouds hash the request in a fixed form and sign that hash; they differ in the form and in the key.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from urllib.parse import quote


def acs3(
    method: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body: bytes,
    key_id: str,
    secret: str,
) -> str:
    """Alibaba Cloud's ACS3-HMAC-SHA256: the `Authorization` header. All of `headers` are signed.

    1. The canonical request: method, path, sorted query, sorted headers, their names, hash of the body.
    2. The string to sign: the algorithm's name and the canonical request's hash. 3. HMAC with the secret.
    """
    named = {name.lower(): value.strip() for name, value in headers.items()}
    signed = ";".join(sorted(named))
    canonical = "\n".join(
        (
            method,
            path,
            canonical_query(query),
            "".join(f"{name}:{named[name]}\n" for name in sorted(named)),
            signed,
            hashlib.sha256(body).hexdigest(),
        )
    )
    to_sign = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return f"ACS3-HMAC-SHA256 Credential={key_id},SignedHeaders={signed},Signature={signature}"


def canonical_query(query: Mapping[str, str]) -> str:
    """Sorted, and escaped as RFC 3986 says: a space is %20, never +."""
    return "&".join(f"{quote(name, safe='~')}={quote(query[name], safe='~')}" for name in sorted(query))


def tc3(
    service: str, host: str, content_type: str, body: bytes, at: datetime, key_id: str, secret: str
) -> str:
    """Tencent Cloud's TC3-HMAC-SHA256 for a POST to `/`: the `Authorization` header.

    1. The canonical request. 2. The string to sign: algorithm, Unix time, scope (day, service), hash. 3. A
    key made from the secret for this day and service alone. 4. HMAC with it.
    """
    signed = "content-type;host"
    canonical = "\n".join(
        (
            "POST",
            "/",
            "",
            f"content-type:{content_type}\nhost:{host}\n",
            signed,
            hashlib.sha256(body).hexdigest(),
        )
    )
    day = at.astimezone(UTC).strftime("%Y-%m-%d")
    scope = f"{day}/{service}/tc3_request"
    to_sign = "\n".join(
        (
            "TC3-HMAC-SHA256",
            str(int(at.timestamp())),
            scope,
            hashlib.sha256(canonical.encode()).hexdigest(),
        )
    )
    key = f"TC3{secret}".encode()
    for part in (day, service, "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    return f"TC3-HMAC-SHA256 Credential={key_id}/{scope}, SignedHeaders={signed}, Signature={signature}"


def twilio(url: str, fields: Iterable[tuple[str, str]], token: str) -> str:
    """Twilio's X-Twilio-Signature of a form: HMAC-SHA1 of the address and all fields by name, in base64.

    A name that comes several times is there once with each of its different values.
    """
    text = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def is_twilio(url: str, fields: Iterable[tuple[str, str]], signature: str, token: str) -> bool:
    """Whether the signature is right; takes the same time whatever is wrong with it."""
    return hmac.compare_digest(twilio(url, fields, token).encode(), signature.encode())

"""What a tablet seals so that it can't open it again: envelopes to a public key whose other half stays here.

ECDH on P-256 with a key pair made for each envelope, HKDF-SHA-256, AES-256-GCM: what browsers bring along.
An envelope is JSON: `{"v": 1, "tablet": 7, "key": …, "iv": …, "box": …}`, the last three in base64. `key` is
the envelope's own public point (65 bytes); it is the salt as well, so that no two envelopes share a key. The
tablet's number is bound to the box: an envelope can't be passed off as another tablet's.
"""

import base64
import hashlib
import os
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from pro_app.errors import ProAppError

VERSION = 1
_INFO = b"pro-follow-up envelope 1"
_CURVE = ec.SECP256R1()


class EnvelopeBroken(ProAppError):
    """Not an envelope to this tablet's key, or not what was sealed."""

    code = "envelope_broken"


def new_private_key() -> str:
    """A key pair as base64 of its PKCS #8 form. Keep it sealed; give away only `public_point`."""
    made = ec.generate_private_key(_CURVE)
    return _text(made.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))


def public_point(private_key: str) -> str:
    """The public half as browsers import it: base64 of the uncompressed point, 65 bytes."""
    return _text(_point(_load(private_key).public_key()))


def seal(public_key: str, tablet: int, text: str) -> dict[str, object]:
    """An envelope for `public_point`'s key: what the browser does, done here (for tests and tools)."""
    own = ec.generate_private_key(_CURVE)
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, base64.b64decode(public_key))
    point, iv = _point(own.public_key()), os.urandom(12)
    box = AESGCM(_secret(own, theirs, point)).encrypt(iv, text.encode(), _place(tablet))
    return {"v": VERSION, "tablet": tablet, "key": _text(point), "iv": _text(iv), "box": _text(box)}


def unseal(private_key: str, envelope: Mapping[str, object]) -> str:
    """What was sealed; raises `EnvelopeBroken`."""
    try:
        if envelope["v"] != VERSION:
            raise EnvelopeBroken()
        point, iv, box = (
            base64.b64decode(str(envelope[name]), validate=True) for name in ("key", "iv", "box")
        )
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point)
        secret = _secret(_load(private_key), theirs, point)
        return AESGCM(secret).decrypt(iv, box, _place(envelope["tablet"])).decode()
    except (KeyError, ValueError, InvalidTag) as fault:
        raise EnvelopeBroken() from fault


def digest(envelope: Mapping[str, object]) -> str:
    """By which both sides name an envelope: SHA-256 (hex) of its box as it travels."""
    return hashlib.sha256(str(envelope.get("box")).encode()).hexdigest()


def _secret(own: ec.EllipticCurvePrivateKey, theirs: ec.EllipticCurvePublicKey, point: bytes) -> bytes:
    return HKDF(hashes.SHA256(), length=32, salt=point, info=_INFO).derive(own.exchange(ec.ECDH(), theirs))


def _load(private_key: str) -> ec.EllipticCurvePrivateKey:
    loaded = load_der_private_key(base64.b64decode(private_key), None)
    assert isinstance(loaded, ec.EllipticCurvePrivateKey)
    return loaded


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _place(tablet: object) -> bytes:
    return f"tablet/{tablet}".encode()


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()

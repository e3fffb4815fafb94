"""A file that everybody can close and only the hospital can open: how backups are sealed.

X25519 with a key made for this one file, HKDF-SHA-256, and AES-256-GCM over pieces of 64 KiB whose number and
whether they are the last go into the nonce: a piece that is changed, moved, left out or cut off at the end
does not open. The machine that makes backups holds the public half only.

File: magic line, public key made for this file (32 bytes), fingerprint of the hospital's key (8), pieces.
"""

import base64
import hashlib
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pro_app.errors import ProAppError

MAGIC = b"pro-app backup 1\n"
PIECE = 64 * 1024
_TAG, _KEY, _PRINT = 16, 32, 8
_PUBLIC, _SECRET = "backup-public-", "backup-secret-"


class NotABackup(ProAppError):
    """The file does not begin as a backup does."""

    code = "backup_not_one"


class OtherKey(ProAppError):
    """It was closed for another secret key than the one given."""

    code = "backup_other_key"


class Damaged(ProAppError):
    """A piece was changed, or the end is missing."""

    code = "backup_damaged"


class BadKey(ProAppError):
    """The text is not a key of ours."""

    code = "backup_bad_key"


def new_pair() -> tuple[str, str]:
    """A fresh secret key and its public half, each one line of text."""
    secret = X25519PrivateKey.generate()
    return _SECRET + _text(secret.private_bytes_raw()), public_half(
        _SECRET + _text(secret.private_bytes_raw())
    )


def public_half(secret: str) -> str:
    """The public key that belongs to `secret`. Raises `BadKey`."""
    return _PUBLIC + _text(
        X25519PrivateKey.from_private_bytes(_raw(secret, _SECRET)).public_key().public_bytes_raw()
    )


def fingerprint(public: str) -> str:
    """Eight bytes in hex by which people tell keys apart. Raises `BadKey`."""
    return _print(_raw(public, _PUBLIC)).hex()


class Sealer:
    """Writes a sealed file; what is not closed by `finish` does not open."""

    def __init__(self, file: BinaryIO, public: str) -> None:
        """Raises `BadKey`."""
        recipient = _raw(public, _PUBLIC)
        mine = X25519PrivateKey.generate()
        shown = mine.public_key().public_bytes_raw()
        shared = mine.exchange(X25519PublicKey.from_public_bytes(recipient))
        self._head = MAGIC + shown + _print(recipient)
        self._box = AESGCM(_file_key(shared, shown, recipient))
        self._file = file
        self._number = 0
        self._waiting = bytearray()
        file.write(self._head)

    def write(self, data: bytes) -> None:
        self._waiting += data
        # The last piece is known only at the end, so one full piece always waits.
        while len(self._waiting) > PIECE:
            self._piece(bytes(self._waiting[:PIECE]), last=False)
            del self._waiting[:PIECE]

    def finish(self) -> None:
        self._piece(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _piece(self, plain: bytes, *, last: bool) -> None:
        self._file.write(self._box.encrypt(_nonce(self._number, last), plain, self._head))
        self._number += 1


def pieces(file: BinaryIO, secret: str) -> Iterator[bytes]:
    """What was sealed, piece by piece. Raises `NotABackup`, `OtherKey`, `Damaged` or `BadKey`."""
    own = X25519PrivateKey.from_private_bytes(_raw(secret, _SECRET))
    recipient = own.public_key().public_bytes_raw()
    head = file.read(len(MAGIC) + _KEY + _PRINT)
    if not head.startswith(MAGIC):
        raise NotABackup()
    if len(head) < len(MAGIC) + _KEY + _PRINT:
        raise Damaged()
    shown, meant = head[len(MAGIC) : len(MAGIC) + _KEY], head[len(MAGIC) + _KEY :]
    if meant != _print(recipient):
        raise OtherKey(wanted=meant.hex(), given=_print(recipient).hex())
    try:
        shared = own.exchange(X25519PublicKey.from_public_bytes(shown))
    except ValueError as fault:
        raise Damaged() from fault
    box = AESGCM(_file_key(shared, shown, recipient))
    number, piece = 0, file.read(PIECE + _TAG)
    while True:
        following = file.read(PIECE + _TAG)
        try:
            yield box.decrypt(_nonce(number, last=not following), piece, head)
        except InvalidTag as fault:
            raise Damaged() from fault
        if not following:
            return
        number, piece = number + 1, following


def _file_key(shared: bytes, shown: bytes, recipient: bytes) -> bytes:
    return HKDF(hashes.SHA256(), length=32, salt=shown + recipient, info=MAGIC).derive(shared)


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _print(public: bytes) -> bytes:
    return hashlib.sha256(public).digest()[:_PRINT]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _raw(text: str, kind: str) -> bytes:
    body = text.strip()
    try:
        raw = base64.urlsafe_b64decode(body.removeprefix(kind) + "=")
    except ValueError as fault:
        raise BadKey(kind=kind) from fault
    if not body.startswith(kind) or len(raw) != _KEY:
        raise BadKey(kind=kind)
    return raw

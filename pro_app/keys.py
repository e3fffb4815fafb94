"""The one owner of the keys: sealing of personal fields, keyed look-ups, derived secrets.

A key file is JSON, readable by its owner only: `{"secret": "…", "data": [{"id": "k1", "key": "<base64>"}]}`.
The first data key seals, every listed key opens. A ring that was read from a file notices when the file is
replaced, so keys are changed while programs serve; how the file is changed is in `key_file`.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
import threading
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pro_app.errors import ProAppError, SettingsError


class SealBroken(ProAppError):
    """A sealed field was changed, moved to another row, or its key is not in the key file."""

    code = "seal_broken"


DataKeys = tuple[tuple[str, bytes], ...]


class KeySource:
    """The data keys in a file as they are now: its date is looked at for each use, read is what changed."""

    def __init__(self, path: Path, keys: DataKeys, seen: tuple[int, int]) -> None:
        self.path = path
        self._keys = keys
        self._seen = seen
        self._lock = threading.Lock()

    def keys(self) -> DataKeys:
        """The newest good state; a file that is gone or broken changes nothing for whoever already serves."""
        try:
            if _stamp(self.path) != self._seen:
                with self._lock:
                    seen = _stamp(self.path)
                    fresh = _read(self.path)[1]
                    # A row that was read a moment ago may still want a key that has been retired since.
                    known = {name for name, _ in fresh}
                    self._keys = (*fresh, *(pair for pair in self._keys if pair[0] not in known))
                    self._seen = seen
        except (OSError, SettingsError):
            return self._keys
        return self._keys


@dataclass(frozen=True, slots=True, repr=False)
class KeyRing:
    """Secrets in use. Never printed: `repr` is left out on purpose."""

    secret: str
    first_read: DataKeys
    source: KeySource | None = field(default=None, compare=False)

    @property
    def data_keys(self) -> DataKeys:
        """The first one seals, all of them open."""
        return self.source.keys() if self.source else self.first_read

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key for one purpose, so that cookies, links and look-ups never share one."""
        return HKDF(hashes.SHA256(), length=32, salt=None, info=purpose.encode()).derive(self.secret.encode())

    def seal(self, text: str, place: str) -> str:
        """Encrypt `text` (AES-256-GCM) bound to `place` (`table/row/column`): `<key id>.<base64>`."""
        key_id, key = self.data_keys[0]
        nonce = os.urandom(12)
        box = AESGCM(key).encrypt(nonce, text.encode(), place.encode())
        return f"{key_id}.{base64.urlsafe_b64encode(nonce + box).decode()}"

    def unseal(self, sealed: str, place: str) -> str:
        """The text that `seal` was given; raises `SealBroken` if it isn't whole or isn't from `place`."""
        key_id, _, body = sealed.partition(".")
        try:
            raw = base64.urlsafe_b64decode(body)
            return AESGCM(dict(self.data_keys)[key_id]).decrypt(raw[:12], raw[12:], place.encode()).decode()
        except (KeyError, ValueError, InvalidTag) as fault:
            raise SealBroken(place=place) from fault

    def blind(self, text: str, purpose: str) -> str:
        """A keyed hash (HMAC-SHA-256, hex) by which an equal `text` is found again without storing it."""
        return hmac.new(self.derive(f"look-up {purpose}"), text.encode(), hashlib.sha256).hexdigest()


def create_key_file(path: Path) -> None:
    """Write a fresh key file that only its owner can read; an existing one is never touched."""
    content = {
        "secret": secrets.token_urlsafe(48),
        "data": [{"id": "k1", "key": base64.b64encode(secrets.token_bytes(32)).decode()}],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)


def load_key_ring(path: Path, secret: str | None) -> KeyRing:
    """Read the key file; `secret` (from the environment) replaces the one in it.

    Raises `SettingsError` when the file is missing, open to other users, or not of the shape above.
    """
    try:
        seen = _stamp(path)
        own, keys = _read(path)
    except FileNotFoundError as fault:
        raise SettingsError(
            faults=f"The key file {path} is missing; `pro-app keys new` makes one."
        ) from fault
    return KeyRing(secret or own, keys, KeySource(path, keys, seen))


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_ino


def _read(path: Path) -> tuple[str, DataKeys]:
    """The secret and the data keys. Raises `OSError` or `SettingsError`."""
    if path.stat().st_mode & 0o077:
        raise SettingsError(faults=f"{path} can be read by other users; run: chmod 600 {path}")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        keys = tuple((str(row["id"]), base64.b64decode(row["key"])) for row in content["data"])
        if not keys or any(len(key) != 32 for _, key in keys) or not isinstance(content["secret"], str):
            raise ValueError
    except (KeyError, TypeError, ValueError) as fault:
        raise SettingsError(faults=f"{path} is not a key file; restore it from the backup.") from fault
    return content["secret"], keys

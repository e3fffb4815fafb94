"""A finished export as sealed chunks: how a file is cut into them, and read out of them again.

AES-256-GCM with a key of the export's own, which lies sealed beside it (`records.export_jobs`): `keys rotate`
changes the seal of that key and leaves the chunks alone. The number of a chunk is its nonce, since each is
sealed once. Job, number and how many there are in all are bound to it, so that a chunk that is changed,
moved, taken from another export or missing does not open.
"""

import hashlib
import io
import secrets
from collections.abc import Callable, Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pro_app.errors import ProAppError

# A commit of this size takes a disk little longer than one of a few hundred bytes.
CHUNK = 256 * 1024


class ChunkBroken(ProAppError):
    """A chunk is not there, does not open, or the whole is not what was put in."""

    code = "export_broken"


def new_key() -> bytes:
    return secrets.token_bytes(32)


def count_of(size: int) -> int:
    """How many chunks a file of `size` bytes has."""
    return -(-size // CHUNK)


def sealed(file: BinaryIO, job: str, key: bytes, count: int) -> Iterator[bytes]:
    """The chunks of a file from where it stands; `count`: `count_of` its size."""
    box = AESGCM(key)
    for number in range(count):
        yield box.encrypt(_nonce(number), file.read(CHUNK), _place(job, number, count))


class Chunked(io.RawIOBase):
    """The file again, to be read from any place of it, a chunk in memory at a time.

    fetch: gives a sealed chunk by its number, or None. Reading raises `ChunkBroken`. Whoever reads it from
    its beginning to its end gets the last chunk only if the hash of the whole is right.
    """

    def __init__(
        self, job: str, key: bytes, size: int, sha256: str, fetch: Callable[[int], bytes | None]
    ) -> None:
        self._job, self._box, self._size, self._sha256, self._fetch = job, AESGCM(key), size, sha256, fetch
        self._count = count_of(size)
        self._at = 0
        self._held: tuple[int, bytes] = (-1, b"")
        self._sum, self._summed = hashlib.sha256(), 0

    def look(self) -> None:
        """Open the chunk that it stands in."""
        self._chunk(self._at // CHUNK)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        """At most to the end of the chunk that it stands in; `b""` at the end."""
        number, within = divmod(self._at, CHUNK)
        if number >= self._count:
            return b""
        body = self._chunk(number)
        part = body[within:] if size < 0 else body[within : within + size]
        self._at += len(part)
        return part

    def _chunk(self, number: int) -> bytes:
        if self._held[0] != number:
            self._held = number, self._opened(number)
        return self._held[1]

    def _opened(self, number: int) -> bytes:
        box = self._fetch(number)
        if box is None:
            raise ChunkBroken()
        try:
            body = self._box.decrypt(_nonce(number), box, _place(self._job, number, self._count))
        except InvalidTag as fault:
            raise ChunkBroken() from fault
        if self._summed == number:
            self._sum.update(body)
            self._summed += 1
            if self._summed == self._count and self._sum.hexdigest() != self._sha256:
                raise ChunkBroken()
        return body


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


def _place(job: str, number: int, count: int) -> bytes:
    return f"export_chunk/{job}/{number}/{count}".encode()

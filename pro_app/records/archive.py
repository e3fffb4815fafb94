"""The inside of a backup: lines of JSON, compressed, sealed, and ended by a line that vouches for the rest.

    {"kind": "backup", "format": 1, "made_at": …, "revision": …, "study": …, "version": …, "rows": {table: n}}
    {"kind": "keys", "secret": …, "data": [[id, base64], …]}          (unless left out)
    {"kind": "file", "path": "wording/…", "body": base64}              (each installed wording pack's files)
    {"kind": "table", "name": …, "columns": […]}  and then one list for each row
    {"kind": "end", "rows": {table: n}, "sha256": …, "mac": …}

`mac` is an HMAC with a key derived from the installation's secret: whoever has only the public key can close
a file, but can't make one that passes for ours where our key file is at hand.
"""

import hashlib
import hmac
import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from pro_app import json_text, sealed_stream
from pro_app.keys import KeyRing
from pro_app.sealed_stream import Damaged, Sealer

FORMAT = 1
_PURPOSE = "backup"
_READ_AT_ONCE = 1 << 20
Line = dict[str, Any] | list[Any]


class Writer:
    """Writes lines; `finish` adds the last one, without which the file is no backup."""

    def __init__(self, file: BinaryIO, public: str) -> None:
        """Raises `sealed_stream.BadKey`."""
        self._sealer = Sealer(file, public)
        self._press = zlib.compressobj(6)
        self._sum = hashlib.sha256()

    def line(self, value: Line) -> None:
        text = json_text.compact(value).encode() + b"\n"
        self._sum.update(text)
        self._put(text)

    def finish(self, keys: KeyRing, told: Mapping[str, Any]) -> None:
        digest = self._sum.hexdigest()
        last = {"kind": "end", **told, "sha256": digest, "mac": mac(keys, digest)}
        self._put(json.dumps(last, separators=(",", ":")).encode() + b"\n")
        self._sealer.write(self._press.flush())
        self._sealer.finish()

    def _put(self, text: bytes) -> None:
        self._sealer.write(self._press.compress(text))


def mac(keys: KeyRing, digest: str) -> str:
    return hmac.new(keys.derive(_PURPOSE), digest.encode(), hashlib.sha256).hexdigest()


def read(file: BinaryIO, secret: str) -> Iterator[Line]:
    """Each line; the last one only when the sum of the others is right.

    Raises `Damaged` for anything that is not whole, and the faults of `sealed_stream`.
    """
    total = hashlib.sha256()
    ended = False
    for text in _lines(sealed_stream.pieces(file, secret)):
        if ended:
            raise Damaged()
        try:
            value = json.loads(text)
        except ValueError as fault:
            raise Damaged() from fault
        if isinstance(value, dict) and value.get("kind") == "end":
            ended = True
            if value.get("sha256") != total.hexdigest():
                raise Damaged()
        total.update(text)
        yield value
    if not ended:
        raise Damaged()


def _lines(sealed: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for part in _unpacked(sealed):
        *whole, rest = (rest + part).split(b"\n")
        for one in whole:
            yield one + b"\n"
    if rest:
        raise Damaged()


def _unpacked(sealed: Iterator[bytes]) -> Iterator[bytes]:
    """In parts of a megabyte: a small file that would unpack to a huge one fills no memory."""
    unpress = zlib.decompressobj()
    try:
        for piece in sealed:
            data = piece
            while data:
                yield unpress.decompress(data, _READ_AT_ONCE)
                data = unpress.unconsumed_tail
        if not unpress.eof:
            raise Damaged()
    except zlib.error as fault:
        raise Damaged() from fault

"""Personal links and access codes: derived, not stored, so a stolen database opens no visit.

A link's token is `<handle>.<timepoint>.<mac>`; the handle names the participant at random, the mac is
96 bits of HMAC-SHA-256. The 6-character code is derived the same way and kept only as a keyed hash.
Raising a participant's epoch kills the old link or code at once.
"""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from pro_app.keys import KeyRing

# No 0 O, 1 I L, 2 Z, 5 S, 8 B, U V: what numb fingers and tired eyes mix up.
CODE_ALPHABET = "34679ACDEFGHJKMNPQRTWXY"
CODE_LENGTH = 6
_HANDLE_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_TOKEN = re.compile(r"^([a-z0-9]{10})\.([a-z0-9_-]{1,20})\.([A-Za-z0-9_-]{16})$")


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a token claims; it is worth nothing until `Links.genuine` has seen the epoch."""

    handle: str
    timepoint: str
    mac: str


def new_handle() -> str:
    """Ten random characters (49 bits): names a participant in addresses, says nothing about them."""
    return "".join(secrets.choice(_HANDLE_ALPHABET) for _ in range(10))


def read_token(token: str) -> Ticket | None:
    """The parts of a token, or None when it can't be one (cut in a message, mistyped)."""
    match = _TOKEN.match(token.strip().rstrip(".,;。，"))
    return Ticket(*match.groups()) if match else None


def tidy_code(text: str) -> str | None:
    """A typed code as we store it: upper case, no spaces or dashes; None when it can't be one."""
    code = re.sub(r"[\s\-·.]", "", text).upper()
    return code if len(code) == CODE_LENGTH and set(code) <= set(CODE_ALPHABET) else None


class Links:
    """Makes and checks tokens and codes with keys derived for nothing else."""

    def __init__(self, keys: KeyRing) -> None:
        self._link_key = keys.derive("visit link")
        self._code_key = keys.derive("access code")
        self._keys = keys

    def token(self, handle: str, timepoint: str, epoch: int) -> str:
        mac = hmac.new(self._link_key, f"{handle}.{timepoint}.{epoch}".encode(), hashlib.sha256).digest()
        return f"{handle}.{timepoint}.{base64.urlsafe_b64encode(mac[:12]).decode()}"

    def genuine(self, ticket: Ticket, epoch: int) -> bool:
        expected = self.token(ticket.handle, ticket.timepoint, epoch)
        return hmac.compare_digest(expected, f"{ticket.handle}.{ticket.timepoint}.{ticket.mac}")

    def code(self, handle: str, epoch: int) -> str:
        digest = hmac.new(self._code_key, f"{handle}.{epoch}".encode(), hashlib.sha256).digest()
        number = int.from_bytes(digest, "big")
        letters = []
        for _ in range(CODE_LENGTH):
            number, index = divmod(number, len(CODE_ALPHABET))
            letters.append(CODE_ALPHABET[index])
        return "".join(letters)

    def code_hash(self, code: str) -> str:
        return self._keys.blind(code, "access code")

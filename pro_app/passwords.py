"""Hashing what only a person knows: passwords and PINs, by Argon2 with the library's own defaults.

It takes its time on purpose (some 50 ms): hold no transaction meanwhile.
"""

import secrets
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from pro_app.keys import KeyRing

SHORTEST = 12
LONGEST = 200
# Stored where a hash would be while nobody has chosen a password yet: nothing ever fits it.
NONE_YET = "!"
_hasher = PasswordHasher()


def tidied(password: str) -> str:
    """The same password typed on another keyboard gives the same bytes (Unicode NFKC)."""
    return unicodedata.normalize("NFKC", password)


def hashed(password: str) -> str:
    return _hasher.hash(tidied(password))


def fits(digest: str, password: str) -> bool:
    """Compare; an endless password costs no more than an empty one."""
    if len(password) > LONGEST:
        password = ""
    try:
        return _hasher.verify(digest, tidied(password))
    except (VerificationError, InvalidHashError):
        return False


@cache
def hash_of_nothing() -> str:
    """Compared with when there is no account, so that the answer takes as long."""
    return hashed(secrets.token_urlsafe(32))


def peppered(keys: KeyRing, pin: str, whose: str) -> str:
    """A PIN has few digits: mixed with a key of ours first, so that a stolen database gives none away."""
    return keys.blind(f"{whose}/{pin}", "tablet pin")

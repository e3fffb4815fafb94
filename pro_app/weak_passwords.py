"""Passwords that are guessed first, though they are long: the commonest, patterns, words about their owner.

How many guesses a password takes is estimated by zxcvbn (Wheeler, USENIX Security 2016), which brings its own
lists of 30,000 passwords and 64,000 words. It knows nothing of people and places: those are looked at here.
"""

import re
import threading
from collections.abc import Iterable
from typing import Any, Literal

Weakness = Literal["password_common", "password_pattern", "password_personal"]

# Out of reach of whoever guesses at our sign-in, and a week's work for one who has stolen the hashes.
FEWEST_GUESSES = 10**10
# Of a password made of known words, as many other letters must be left.
OWN_LETTERS = 6
# Longer ones are judged by their beginning: the estimate costs the square of the length.
JUDGED = 72
PRODUCT = ("pro", "follow", "up", "hospital", "clinic", "password", "医院", "随访", "密码")
_WORD = re.compile(r"[^\W\d_]+")
_PATTERNS = ("repeat", "sequence", "spatial")
# The library keeps the words about the owner in a dictionary that all threads share.
_one_at_a_time = threading.Lock()


def weakness(password: str, about: Iterable[str] = ()) -> Weakness | None:
    """Why this password is guessed first, or None. Keep nothing of it.

    password: as `passwords.tidied` leaves it. about: login, name, hospital of its owner, in any language.
    """
    known = _known(about)
    if _made_of(password.lower(), known):
        return "password_personal"
    with _one_at_a_time:
        told = _estimate(password[:JUDGED], sorted(known))
    if told["guesses"] >= FEWEST_GUESSES:
        return None
    in_patterns = sum(len(part["token"]) for part in told["sequence"] if part["pattern"] in _PATTERNS)
    return "password_pattern" if 2 * in_patterns >= min(len(password), JUDGED) else "password_common"


def _estimate(password: str, known: list[str]) -> dict[str, Any]:
    from zxcvbn import zxcvbn  # late: decision 0095, 13 MiB that only choosing a password needs

    told: dict[str, Any] = zxcvbn(password, known)
    return told


def _known(about: Iterable[str]) -> set[str]:
    """Whole names and their words, of two letters at least."""
    found = {*PRODUCT}
    for text in about:
        plain = text.lower()
        words = _WORD.findall(plain)
        found |= {plain, "".join(words), *words}
    return {word for word in found if len(word) > 1}


def _made_of(password: str, known: set[str]) -> bool:
    """Whether hardly anything is left of it but digits and marks, once what is known is taken out.

    A Chinese name is known by each of its characters, for it has no blanks between its words.
    """
    left = password
    for word in sorted(known, key=len, reverse=True):
        left = left.replace(word, " ")
    characters = {character for word in known if not word.isascii() for character in word}
    left = "".join(" " if character in characters else character for character in left)
    return left != password and sum(len(word) for word in _WORD.findall(left)) < OWN_LETTERS

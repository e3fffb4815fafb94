"""What a provider's error code means for one message: its own words, put into ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Meaning = Literal["accepted", "address_refused", "refused", "later", "unknown"]


@dataclass(frozen=True, slots=True)
class Codes:
    """Beginnings of one provider's codes. Whatever isn't here is a message they will never take as it is.

    number: the address is none; later: the same message may go another time; unknown: they may have taken it.
    """

    taken: str
    number: tuple[str, ...]
    later: tuple[str, ...]
    unknown: tuple[str, ...]

    def meaning(self, said: Mapping[str, Any]) -> Meaning:
        """Of an answer with a `Code`; one without may stand for anything."""
        code = str(said.get("Code", ""))
        if code == self.taken:
            return "accepted"
        if code.startswith(self.number):
            return "address_refused"
        if code.startswith(self.later):
            return "later"
        return "unknown" if not code or code.startswith(self.unknown) else "refused"


def words(said: Mapping[str, Any]) -> str:
    """Code and message of an answer, for the log of deliveries."""
    return f"{said.get('Code', '')} {said.get('Message', '')}".strip()[:300]

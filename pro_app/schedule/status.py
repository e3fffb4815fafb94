"""The one switch: what a participant's status means for messages and for each missing form."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How a participant stands to the study."""

    ACTIVE = "active"
    PAUSED = "paused"
    TOO_ILL = "too_ill"
    WITHDRAWN = "withdrawn"
    DECEASED = "deceased"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a status does.

    `contact`: messages and calls may go out. `missing`: the reason that a form not answered carries, or
    None for a plain miss. `final`: forms still to come are not expected any more; a status that is not
    final leaves an open form answerable until its window is over. Whatever arrives is always kept.
    """

    contact: bool
    missing: str | None
    final: bool


MEANING = {
    Status.ACTIVE: Meaning(contact=True, missing=None, final=False),
    Status.PAUSED: Meaning(contact=False, missing="paused", final=False),
    Status.TOO_ILL: Meaning(contact=False, missing="too_ill", final=False),
    Status.WITHDRAWN: Meaning(contact=False, missing="withdrawn", final=True),
    Status.DECEASED: Meaning(contact=False, missing="deceased", final=True),
}

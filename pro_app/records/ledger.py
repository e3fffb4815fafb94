"""What a registry says it holds, in the form in which two sides can be compared."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from pro_app.ports import Parcel


@dataclass(frozen=True, slots=True)
class Entry:
    """One record: what it is called there, what it is about, and a hash of what it says."""

    remote_id: str
    study_number: str
    site: str
    timepoint: str
    instrument: str
    content_hash: str


@runtime_checkable
class Ledger(Protocol):
    """A registry whose content can be read back."""

    name: str

    def entry(self, parcel: Parcel) -> Entry:
        """The entry that a delivered `parcel` must have there."""
        ...

    def held(self, study: str) -> Iterator[Entry]:
        """Everything it holds of `study`. Raises `RegistryAway` or `RegistryRefused`."""
        ...

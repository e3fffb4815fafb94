"""Registries as they are in real life, ten lines each. All keep what they stored in `shelf`, by record."""

import hashlib
import threading
from collections.abc import Iterator

from pro_app.gateways.fhir_bundle import place
from pro_app.ports import Parcel, RegistryAway, RegistryReceipt, RegistryRefused
from pro_app.records.ledger import Entry


class Shelf:
    """Takes everything. `arrived` lists every delivery in order, `shelf` has one parcel per record."""

    def __init__(self, name: str = "central") -> None:
        self.name = name
        self.arrived: list[Parcel] = []
        self.shelf: dict[str, Parcel] = {}
        self._lock = threading.Lock()

    def deliver(self, parcel: Parcel) -> RegistryReceipt:
        with self._lock:
            self.arrived.append(parcel)
            self.shelf[place(parcel).record] = parcel
        return RegistryReceipt(place(parcel).record, str(len(self.arrived)), self.entry(parcel).content_hash)

    def entry(self, parcel: Parcel) -> Entry:
        content = hashlib.sha256(f"{parcel.kind} {parcel.content_hash}".encode()).hexdigest()
        return Entry(
            place(parcel).record,
            parcel.study_number,
            parcel.site,
            parcel.timepoint,
            parcel.instrument,
            content,
        )

    def held(self, study: str) -> Iterator[Entry]:
        return iter([self.entry(parcel) for parcel in self.shelf.values()])


class Away(Shelf):
    """Down while `down` is true; counts how often it was knocked at."""

    def __init__(self, down: bool = True, retry_after: int | None = None) -> None:
        super().__init__()
        self.down, self.retry_after, self.knocks = down, retry_after, 0

    def deliver(self, parcel: Parcel) -> RegistryReceipt:
        self.knocks += 1
        if self.down:
            raise RegistryAway(registry=self.name, words="status 503: closed", retry_after=self.retry_after)
        return super().deliver(parcel)


class Picky(Shelf):
    """Refuses the study numbers in `disliked`, with these words."""

    def __init__(self, *disliked: str, words: str = "status 422: site not activated") -> None:
        super().__init__()
        self.disliked = set(disliked)
        self.words = words

    def deliver(self, parcel: Parcel) -> RegistryReceipt:
        if parcel.study_number in self.disliked:
            raise RegistryRefused(registry=self.name, words=self.words)
        return super().deliver(parcel)


class Poisoned(Shelf):
    """Crashes on one study number, every time."""

    def __init__(self, poison: str) -> None:
        super().__init__()
        self.poison = poison

    def deliver(self, parcel: Parcel) -> RegistryReceipt:
        if parcel.study_number == self.poison:
            raise RegistryAway(registry=self.name, words="status 500: NullPointerException")
        return super().deliver(parcel)


class StoresAndFails(Shelf):
    """Stores, then answers 500, as often as `fails` says."""

    def __init__(self, fails: int = 1) -> None:
        super().__init__()
        self.fails = fails

    def deliver(self, parcel: Parcel) -> RegistryReceipt:
        receipt = super().deliver(parcel)
        if self.fails > 0:
            self.fails -= 1
            raise RegistryAway(registry=self.name, words="status 500 after it had stored")
        return receipt


class Liar(Shelf):
    """Says yes and stores nothing."""

    def deliver(self, parcel: Parcel) -> RegistryReceipt:
        return RegistryReceipt(place(parcel).record, "1", "")

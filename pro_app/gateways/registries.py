"""The study's registries, built from their settings: one adapter each, every fault named at start.

A registry called `central` in the study file reads `PRO_APP_REGISTRY_CENTRAL_<WORD>`; with one registry
`PRO_APP_REGISTRY_<WORD>` is enough. Words:
- fhir: URL, TOKEN, or TOKEN_URL CLIENT_ID with PRIVATE_KEY_FILE (KEY_ID) or CLIENT_SECRET, SCOPE;
  ADDRESSING (put-id or conditional)
- redcap: URL, TOKEN, EVENTS (`2w=week_2_arm_1,1m=month_1_arm_1`)
- file: FOLDER, SIGNING_KEY_FILE
- fhir and redcap: CA_FILE, CERTIFICATE_FILE with CERTIFICATE_KEY_FILE
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from pro_app.errors import SettingsError
from pro_app.gateways.fhir import FhirRegistry
from pro_app.gateways.wire import Tls
from pro_app.instruments.definition import Instrument
from pro_app.ports import Registry

if TYPE_CHECKING:
    from pro_app.gateways.fhir_bundle import Addressing

Instruments = Mapping[str, Instrument]


class Destination(Protocol):
    """What the study file says of a registry."""

    @property
    def id(self) -> str: ...

    @property
    def adapter(self) -> str: ...


@dataclass(frozen=True, slots=True)
class _Words:
    """One registry's settings by word; asking for a missing one is a fault that names its variable."""

    name: str
    prefixes: tuple[str, ...]
    variables: Mapping[str, str]

    def get(self, word: str) -> str | None:
        for prefix in self.prefixes:
            if found := self.variables.get(f"{prefix}{word}", "").strip():
                return found
        return None

    def need(self, word: str) -> str:
        found = self.get(word)
        if found is None:
            raise SettingsError(faults=f"{self.prefixes[0]}{word} is missing; registry {self.name} needs it.")
        return found

    def file(self, word: str) -> bytes:
        path = Path(self.need(word)).expanduser()
        try:
            return path.read_bytes()
        except OSError as fault:
            raise SettingsError(
                faults=f"{self.prefixes[0]}{word}: {path} can't be read ({fault.strerror})."
            ) from fault


def build(
    destinations: Sequence[Destination],
    variables: Mapping[str, str],
    instruments: Instruments,
    demonstration_url: str | None = None,
) -> tuple[Registry, ...]:
    """One adapter for each destination; raises `SettingsError` with all faults of all of them.

    variables: the environment. demonstration_url: where a FHIR registry without an address delivers, in a
    demonstration; None = every registry needs its own.
    """
    built: list[Registry] = []
    faults: list[str] = []
    for destination in destinations:
        own = f"PRO_APP_REGISTRY_{destination.id.upper().replace('-', '_')}_"
        prefixes = (own, "PRO_APP_REGISTRY_") if len(destinations) == 1 else (own,)
        words = _Words(destination.id, prefixes, variables)
        try:
            if destination.adapter not in _ADAPTERS:
                known = ", ".join(_ADAPTERS)
                raise SettingsError(
                    faults=f"Registry {destination.id}: {destination.adapter} is none of {known}."
                )
            if destination.adapter == "fhir" and demonstration_url and words.get("URL") is None:
                built.append(FhirRegistry(demonstration_url, None, instruments, name=destination.id))
            else:
                built.append(_ADAPTERS[destination.adapter](words, instruments))
        except SettingsError as fault:
            faults.append(str(fault.params["faults"]))
    if faults:
        raise SettingsError(faults="\n".join(faults))
    return tuple(built)


def setup_files(
    instruments: Iterable[Instrument], asked: Sequence[tuple[str, Sequence[str]]]
) -> dict[str, str]:
    """What a registry's manager imports before the first delivery: file name to content.

    asked: the study's timepoints with the ids of the instruments asked there.
    """
    from pro_app.gateways.fhir_terms import terminology
    from pro_app.gateways.redcap_fields import dictionary, event_forms, events

    listed = list(instruments)
    return {
        "redcap_data_dictionary.csv": dictionary(listed),
        "redcap_events.csv": events(timepoint for timepoint, _ in asked),
        "redcap_event_forms.csv": event_forms(asked),
        "fhir_terminology.json": json.dumps(terminology(listed), ensure_ascii=False, indent=1),
    }


def _fhir(words: _Words, instruments: Instruments) -> Registry:
    addressing = words.get("ADDRESSING") or "put-id"
    if addressing not in ("put-id", "conditional"):
        raise SettingsError(
            faults=f"{words.prefixes[0]}ADDRESSING is {addressing!r}; it must be put-id or conditional."
        )
    access = None
    if token_url := words.get("TOKEN_URL"):
        from pro_app.gateways.fhir_access import Client, ClientCredentials  # late: decision 0095

        client = Client(
            token_url,
            words.need("CLIENT_ID"),
            words.get("SCOPE") or "system/*.cruds",
            words.file("PRIVATE_KEY_FILE").decode("ascii", "replace")
            if words.get("PRIVATE_KEY_FILE")
            else None,
            words.get("KEY_ID"),
            words.get("CLIENT_SECRET"),
        )
        access = ClientCredentials(words.name, client)
    return FhirRegistry(
        words.need("URL"),
        words.get("TOKEN"),
        instruments,
        name=words.name,
        addressing=cast("Addressing", addressing),
        access=access,
        tls=_tls(words),
    )


def _redcap(words: _Words, instruments: Instruments) -> Registry:
    from pro_app.gateways.redcap import RedcapRegistry  # late: decision 0095

    events = {}
    for pair in (words.get("EVENTS") or "").split(","):
        timepoint, equals, event = pair.strip().partition("=")
        if pair.strip() and not (timepoint and equals and event):
            raise SettingsError(
                faults=f"{words.prefixes[0]}EVENTS: {pair.strip()!r} must look like 2w=week_2_arm_1."
            )
        if event:
            events[timepoint.strip()] = event.strip()
    url, token = words.need("URL"), words.need("TOKEN")
    return RedcapRegistry(url, token, instruments, name=words.name, events=events, tls=_tls(words))


def _file(words: _Words, instruments: Instruments) -> Registry:
    from pro_app.gateways.file_drop import FileDrop, read_signing_key  # late: decision 0095

    key = read_signing_key(words.file("SIGNING_KEY_FILE"))
    return FileDrop(Path(words.need("FOLDER")).expanduser(), instruments, key, name=words.name)


def _tls(words: _Words) -> Tls:
    certificate = words.get("CERTIFICATE_FILE")
    for word in ("CA_FILE", "CERTIFICATE_FILE", "CERTIFICATE_KEY_FILE"):
        if words.get(word):
            words.file(word)
    pair = (certificate, words.need("CERTIFICATE_KEY_FILE")) if certificate else None
    return Tls(words.get("CA_FILE"), pair)


_ADAPTERS: dict[str, Callable[[_Words, Instruments], Registry]] = {
    "fhir": _fhir,
    "redcap": _redcap,
    "file": _file,
}

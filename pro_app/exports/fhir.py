"""FHIR R4 resources, one a line, one file for each type (`fhir/…` as bulk data has it: `Observation.ndjson`).

The resources are those that the registry gets, made by the same adapter; it comes in from outside.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any, BinaryIO, Literal

from pro_app.exports.aside import Aside
from pro_app.exports.edition import Edition
from pro_app.exports.forms import Form
from pro_app.instruments.definition import Instrument
from pro_app.ports import Parcel
from pro_app.records.export_rows import Sheet
from pro_app.scoring.result import ScaleScore

Resources = Callable[[Parcel, Instrument], Sequence[Mapping[str, Any]]]
# One encoder for all lines: to build one costs as much as to use it.
_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode
# One for each person, not for each form.
_ONCE = ("Patient", "ResearchSubject")


class Fhir:
    """`<ResourceType>.ndjson` files."""

    def __init__(self, aside: Aside, edition: Edition, resources: Resources) -> None:
        self._aside, self._edition, self._resources = aside, edition, resources
        self._files: dict[str, BinaryIO] = {}
        self._spell = _Spelling().resource
        self._person = 0

    def take(self, form: Form) -> None:
        if form.sheet is None:
            return
        instrument = self._edition.catalogue.instrument(form.instrument)
        known = form.person.id == self._person
        self._person = form.person.id
        lines: dict[str, list[str]] = defaultdict(list)
        for resource in self._resources(_parcel(self._edition, form, form.sheet), instrument):
            kind = resource["resourceType"]
            if not (known and kind in _ONCE):
                lines[kind].append(self._spell(resource))
        for kind, spelled in lines.items():
            self._write(f"{kind}.ndjson", spelled)

    def close(self) -> None:
        """Nothing is left to write."""

    def _write(self, name: str, lines: Sequence[str]) -> None:
        if name not in self._files:
            self._files[name] = self._aside.binary(name)
            self._aside.rows[name] = 0
        self._files[name].write(("\n".join(lines) + "\n").encode())
        self._aside.rows[name] += len(lines)


class _Spelling:
    """Resources as JSON. A part that many of them share, as one and the same object, is spelled once.

    The adapter makes what all scores of a form have in common once, and items with the same answer once for
    all forms. They are known by identity, so what is known is kept alive with its text.
    """

    MOST = 20_000
    SHARED = frozenset({"meta", "category", "code", "subject", "method", "derivedFrom", "valueQuantity"})

    def __init__(self) -> None:
        self._texts: dict[int, str] = {}
        self._alive: list[object] = []

    def resource(self, content: Mapping[str, Any]) -> str:
        """The same text that one call of the encoder gives."""
        known, learn = self._texts.get, self._learn
        parts = []
        for key, value in content.items():
            if key in self.SHARED:
                text = known(id(value)) or learn(value)
            elif isinstance(value, str):
                text = encode_basestring(value)
            elif key == "item":
                text = f"[{','.join([known(id(one)) or learn(one) for one in value])}]"
            else:
                text = _encode(value)
            parts.append(f'"{key}":{text}')
        return f"{{{','.join(parts)}}}"

    def _learn(self, part: object) -> str:
        if len(self._alive) >= self.MOST:
            self._alive.clear()
            self._texts.clear()
        self._alive.append(part)
        text = self._texts[id(part)] = _encode(part)
        return text


@lru_cache(maxsize=4096)
def _names(text: str) -> tuple[str, ...]:
    """The items that a score used or missed: few different ones, for all that many scores."""
    return tuple(text.split())


def _parcel(edition: Edition, form: Form, sheet: Sheet) -> Parcel:
    person = form.person
    kind: Literal["submitted", "corrected"] = "corrected" if sheet.revision > 1 else "submitted"
    return Parcel(
        kind=kind,
        study=edition.study.id,
        site=person.site,
        study_number=person.study_number,
        participant=person.uuid,
        response=sheet.uuid,
        revision=sheet.revision,
        timepoint=sheet.timepoint,
        instrument=sheet.instrument,
        version=sheet.version,
        language=sheet.language,
        pack=sheet.pack,
        mode=sheet.mode,
        helper=sheet.helper,
        authored=sheet.finished_at,
        received=sheet.received_at,
        content_hash=sheet.content_hash,
        answers=sheet.answers,
        algorithm=sheet.algorithm,
        citation=edition.catalogue.instrument(sheet.instrument).scoring.citation,
        scores=tuple(
            ScaleScore(name, one.value, one.reason, _names(one.used), _names(one.missing))
            for name, one in sheet.scores.items()
        ),
    )

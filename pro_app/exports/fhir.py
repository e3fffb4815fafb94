"""FHIR R4 resources, one a line, one file for each type (`fhir/…` as bulk data has it: `Observation.ndjson`).

The resources are those that the registry gets, made by the same adapter; it comes in from outside.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TextIO

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
        self._files: dict[str, TextIO] = {}
        self._person = 0

    def take(self, form: Form) -> None:
        if form.sheet is None:
            return
        instrument = self._edition.catalogue.instrument(form.instrument)
        known = form.person.id == self._person
        self._person = form.person.id
        for resource in self._resources(_parcel(self._edition, form, form.sheet), instrument):
            if not (known and resource["resourceType"] in _ONCE):
                self._write(resource)

    def close(self) -> None:
        """Nothing is left to write."""

    def _write(self, resource: Mapping[str, Any]) -> None:
        name = f"{resource['resourceType']}.ndjson"
        if name not in self._files:
            self._files[name] = self._aside.text(name)
            self._aside.rows[name] = 0
        self._files[name].write(_encode(resource) + "\n")
        self._aside.rows[name] += 1


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
            ScaleScore(name, one.value, one.reason, tuple(one.used.split()), tuple(one.missing.split()))
            for name, one in sheet.scores.items()
        ),
    )

"""A parcel as a FHIR R4 transaction Bundle: one QuestionnaireResponse, one Observation for each scale.

Every resource has an id that follows from the record it belongs to, so the same parcel sent twice
writes the same resources, and a correction replaces them. Only the study number says whose it is.
A withdrawn record keeps its place with status `entered-in-error` and loses its content.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import urlencode

from pro_app.gateways import fhir_names as names
from pro_app.gateways.fhir_items import items
from pro_app.instruments.definition import Instrument
from pro_app.ports import Parcel
from pro_app.scoring.plan import ScoringPlan
from pro_app.scoring.result import ScaleScore

Resource = dict[str, Any]
Addressing = Literal["put-id", "conditional"]

STATUS = {
    "submitted": ("completed", "final"),
    "corrected": ("amended", "amended"),
    "withdrawn": ("entered-in-error", "entered-in-error"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a parcel's resources live: the ids of its patient and of its record."""

    patient: str
    subject: str
    record: str

    def scale(self, name: str) -> str:
        return names.stable_id(self.record, "scale", name)


def place(parcel: Parcel) -> Place:
    """The ids of a parcel; a correction or withdrawal of the same visit's record has the same ones."""
    return Place(
        patient=names.stable_id(parcel.study, "participant", parcel.participant),
        subject=names.stable_id(parcel.study, "research subject", parcel.participant),
        record=names.stable_id(
            parcel.study, "record", parcel.participant, parcel.timepoint, parcel.instrument
        ),
    )


def bundle(parcel: Parcel, instrument: Instrument, addressing: Addressing = "put-id") -> Resource:
    """The transaction; `addressing` says whether resources are put by id or by their identifier."""
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [entry(resource, addressing) for resource in resources(parcel, instrument)],
    }


def resources(parcel: Parcel, instrument: Instrument) -> list[Resource]:
    """Patient and research subject (study number only), the response, then its scores in their order."""
    home = place(parcel)
    return [
        _patient(parcel, home),
        _research_subject(parcel, home),
        _response(parcel, instrument, home),
        *_scores(parcel, instrument, home),
    ]


def instant(moment: datetime) -> str:
    """FHIR's form of an instant, in UTC, to the second."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def entry(resource: Resource, addressing: Addressing = "put-id") -> Resource:
    """One resource as an entry of a transaction that puts it."""
    kind, own_id = resource["resourceType"], resource["id"]
    url = f"{kind}/{own_id}"
    if addressing == "conditional":
        identifier = resource["identifier"]
        one = identifier if isinstance(identifier, dict) else identifier[0]
        wanted = f"{one['system']}|{one['value']}"
        url = f"{kind}?{urlencode({'identifier': wanted})}"
        resource = _by_full_url({key: value for key, value in resource.items() if key != "id"})
    return {
        "fullUrl": f"urn:uuid:{own_id}",
        "resource": resource,
        "request": {"method": "PUT", "url": url},
    }


def _by_full_url(content: Any) -> Any:
    """References by the entry's full address: the server puts in the ids that it chose itself."""
    if isinstance(content, dict):
        return {
            key: f"urn:uuid:{value.partition('/')[2]}" if key == "reference" else _by_full_url(value)
            for key, value in content.items()
        }
    return [_by_full_url(one) for one in content] if isinstance(content, list) else content


def _tags(parcel: Parcel) -> list[Resource]:
    return [
        {"system": names.STUDY_TAG, "code": parcel.study},
        {"system": names.SITE_TAG, "code": parcel.site},
        {"system": names.TIMEPOINT_TAG, "code": parcel.timepoint},
        {"system": names.INSTRUMENT_TAG, "code": parcel.instrument},
    ]


def _patient(parcel: Parcel, home: Place) -> Resource:
    return {
        "resourceType": "Patient",
        "id": home.patient,
        "meta": {"tag": _tags(parcel)[:2]},
        "identifier": [{"system": names.study_numbers(parcel.study), "value": parcel.study_number}],
    }


def _research_subject(parcel: Parcel, home: Place) -> Resource:
    return {
        "resourceType": "ResearchSubject",
        "id": home.subject,
        "meta": {"tag": _tags(parcel)[:2]},
        "identifier": [{"system": names.study_numbers(parcel.study), "value": parcel.study_number}],
        "status": "on-study",
        "study": {"identifier": {"system": names.TRIALS, "value": parcel.study}, "display": parcel.study},
        "individual": {"reference": f"Patient/{home.patient}"},
    }


def _response(parcel: Parcel, instrument: Instrument, home: Place) -> Resource:
    canonical = instrument.codes.get("fhir_questionnaire", names.questionnaire(instrument.id))
    meta: Resource = {"tag": _tags(parcel)}
    if profile := instrument.codes.get("fhir_response_profile"):
        meta["profile"] = [profile]
    extensions: list[Resource] = [
        {
            "url": names.COMPLETION_MODE,
            "valueCodeableConcept": {"coding": [{"system": names.MODE, "code": parcel.mode}]},
        },
        {"url": names.PACK, "valueString": parcel.pack},
        {"url": names.RECEIVED, "valueInstant": instant(parcel.received)},
        {"url": names.REVISION, "valuePositiveInt": parcel.revision},
        {"url": names.CONTENT, "valueString": parcel.content_hash},
    ]
    if parcel.helper:
        extensions.append({"url": names.HELPER, "valueCode": parcel.helper})
    resource: Resource = {
        "resourceType": "QuestionnaireResponse",
        "id": home.record,
        "meta": meta,
        "language": parcel.language,
        "extension": extensions,
        "identifier": {"system": names.RECORD_ID, "value": home.record},
        "questionnaire": f"{canonical}|{instrument.codes.get('fhir_questionnaire_version', parcel.version)}",
        "status": STATUS[parcel.kind][0],
        "subject": {"reference": f"Patient/{home.patient}"},
        "authored": instant(parcel.authored),
        "source": {"reference": f"Patient/{home.patient}"},
    }
    if parcel.kind != "withdrawn":
        resource["item"] = items(parcel.answers, instrument)
    return resource


def _scores(parcel: Parcel, instrument: Instrument, home: Place) -> Iterator[Resource]:
    """One Observation for each scale. What all of them have in common is made once and shared."""
    meta: Resource = {"tag": _tags(parcel)}
    if profile := instrument.codes.get("fhir_score_profile"):
        meta["profile"] = [profile]
    status = STATUS[parcel.kind][1]
    category = [{"coding": [{"system": names.CATEGORY, "code": "survey"}]}]
    subject = {"reference": f"Patient/{home.patient}"}
    effective, issued = instant(parcel.authored), instant(parcel.received)
    method = {"coding": [{"system": names.ALGORITHM, "code": parcel.algorithm}], "text": parcel.citation}
    source = [{"reference": f"QuestionnaireResponse/{home.record}"}]
    for score in parcel.scores:
        yield {
            "resourceType": "Observation",
            "id": home.scale(score.scale),
            "meta": meta,
            "identifier": [{"system": names.SCALE_ID, "value": f"{home.record}/{score.scale}"}],
            "status": status,
            "category": category,
            "code": _code(instrument, score.scale),
            "subject": subject,
            "effectiveDateTime": effective,
            "issued": issued,
            **_value(parcel, score),
            "method": method,
            "derivedFrom": source,
        }


def _value(parcel: Parcel, score: ScaleScore) -> Resource:
    if parcel.kind == "withdrawn":
        return {"dataAbsentReason": _absent("masked", "withdrawn")}
    if score.value is None:
        return {"dataAbsentReason": _absent("unknown", score.reason or "unknown")}
    return {"valueQuantity": _quantity(score.value)}


@lru_cache(maxsize=4096, typed=True)
def _quantity(value: float) -> Resource:
    """A scale's number; an export asks for the same few again and again."""
    return {"value": value, "unit": "{score}", "system": names.UCUM, "code": "{score}"}


def _absent(code: str, reason: str) -> Resource:
    return {
        "coding": [{"system": names.ABSENT, "code": code}, {"system": names.REASON, "code": reason}],
    }


def _code(instrument: Instrument, scale: str) -> Resource:
    system = instrument.codes.get("fhir_score_system")
    return _code_of(instrument.scoring, instrument.id, instrument.name, system, scale)


@lru_cache(maxsize=512)
def _code_of(plan: ScoringPlan, instrument: str, name: str, system: str | None, scale: str) -> Resource:
    """A scale's codes, the most widely known first; our own always stands last."""
    known: Mapping[str, str] = plan.scale(scale).codes if scale in plan.names else {}
    codes = []
    if "loinc" in known:
        codes.append({"system": names.LOINC, "code": known["loinc"]})
    if "fhir" in known and system:
        codes.append({"system": system, "code": known["fhir"]})
    codes.append({"system": names.scales(instrument), "code": scale})
    return {"coding": codes, "text": f"{name} {scale}"}

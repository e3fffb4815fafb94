"""Answers as items of a QuestionnaireResponse, in the instrument's order, every item present.

| kind | answer |
|---|---|
| choice, nrs, percent | `valueCoding` whose code is the number, with the number as its ordinal value |
| yes_no | `valueBoolean` |
| body | one `valueCoding` for each region; the worst spot is an item `<linkId>-worst` of its own |
| text | none: what a person wrote in their own words never leaves |

An item without an answer says why in an extension: our own missing code beside FHIR's nearest one.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pro_app.gateways import fhir_names as names
from pro_app.instruments.definition import Instrument, Item

Resource = dict[str, Any]
Answer = Mapping[str, object]

# Our missing codes and the nearest code of HL7's data-absent-reason.
_ABSENT = {
    "skipped": "asked-declined",
    "not_reached": "asked-unknown",
    "not_shown": "not-applicable",
    "sealed": "masked",
}
_NOT_REACHED: Answer = {"missing": "not_reached"}
_ABSENT_EXTENSION = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"


def link_id(item: Item) -> str:
    """What the published questionnaire calls the item; else our own id."""
    return item.codes_map.get("fhir_link_id", item.id)


def items(answers: Mapping[str, Answer], instrument: Instrument) -> list[Resource]:
    """All items of `instrument`; one that is missing from `answers` counts as not reached."""
    system = names.answers(instrument.id)
    listed: list[Resource] = []
    for item in instrument.items:
        answer = answers.get(item.id, _NOT_REACHED)
        link, kind = link_id(item), item.kind
        if "value" in answer and kind != "text" and not answer.get("sealed"):
            value = answer["value"]
            if kind == "body" and isinstance(value, Mapping):
                listed.extend(_body({"linkId": link}, value, system))
            else:
                listed.append(_item(link, bool(value) if kind == "yes_no" else value, "", system))
        elif "value" in answer or answer.get("sealed"):
            listed.append(_item(link, None, "sealed", system))
        else:
            listed.append(_item(link, None, str(answer.get("missing", "not_reached")), system))
    return listed


@lru_cache(maxsize=4096, typed=True)
def _item(link: str, value: object, missing: str, system: str) -> Resource:
    """An item with one answer or the reason for none; the same few come again and again."""
    if missing:
        return {"linkId": link} | _why_missing(missing)
    if isinstance(value, bool):
        return {"linkId": link, "answer": [{"valueBoolean": value}]}
    return {"linkId": link, "answer": [{"valueCoding": _number(value, system)}]}


def _body(own: Resource, value: Mapping[str, Any], system: str) -> list[Resource]:
    regions = [{"valueCoding": {"system": system, "code": region}} for region in value.get("regions", ())]
    listed = [own | ({"answer": regions} if regions else {})]
    if worst := value.get("worst"):
        coding = {"valueCoding": {"system": system, "code": worst}}
        listed.append({"linkId": f"{own['linkId']}-worst", "answer": [coding]})
    return listed


def _number(value: object, system: str) -> Resource:
    return {
        "extension": [{"url": names.ORDINAL, "valueDecimal": value}],
        "system": system,
        "code": str(value),
    }


def _why_missing(code: str) -> Resource:
    return {
        "extension": [
            {"url": _ABSENT_EXTENSION, "valueCode": _ABSENT.get(code, "unknown")},
            {"url": names.MISSING, "valueCode": code},
        ]
    }

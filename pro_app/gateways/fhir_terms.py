"""Our own code systems, and how their codes map to those of others, for a registry's terminology server.

Displays are the instrument's proper name and the scale's short name: no wording of anybody's.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pro_app.gateways import fhir_names as names
from pro_app.instruments.definition import Instrument

Resource = dict[str, Any]


def terminology(instruments: Iterable[Instrument]) -> Resource:
    """A collection Bundle: for each instrument its scales and answers as CodeSystems, and a ConceptMap."""
    listed: list[Resource] = []
    for instrument in instruments:
        listed += [_scales(instrument), _answers(instrument)]
        if elements := list(_elements(instrument)):
            listed.append(_map(instrument, elements))
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one} for one in listed],
    }


def _code_system(url: str, instrument: Instrument, what: str, codes: Mapping[str, str]) -> Resource:
    return {
        "resourceType": "CodeSystem",
        "id": names.stable_id("terminology", url),
        "url": url,
        "version": instrument.version,
        "name": f"ProFollowUp{what}{''.join(part.title() for part in instrument.id.split('-'))}",
        "status": "active",
        "content": "complete",
        "caseSensitive": True,
        "count": len(codes),
        "concept": [{"code": code, "display": display} for code, display in codes.items()],
    }


def _scales(instrument: Instrument) -> Resource:
    codes = {name: f"{instrument.name} {name}" for name in instrument.scoring.names}
    return _code_system(names.scales(instrument.id), instrument, "Scale", codes)


def _answers(instrument: Instrument) -> Resource:
    """Every number that an item may be answered with, and the regions of a body diagram."""
    numbers = sorted({code for item in instrument.items if item.kind != "yes_no" for code in item.codes})
    codes = {str(number): str(number) for number in numbers}
    codes |= {region: region.replace("-", " ") for region in instrument.region_ids}
    return _code_system(names.answers(instrument.id), instrument, "Answer", codes)


def _elements(instrument: Instrument) -> Iterable[tuple[str, str, str]]:
    """Our scale, the other system and its code, for all that mean the same."""
    for scale in instrument.scoring.scales:
        if "loinc" in scale.codes:
            yield scale.name, names.LOINC, scale.codes["loinc"]
        if "fhir" in scale.codes and "fhir_score_system" in instrument.codes:
            yield scale.name, instrument.codes["fhir_score_system"], scale.codes["fhir"]


def _map(instrument: Instrument, elements: list[tuple[str, str, str]]) -> Resource:
    url = f"{names.OURS}:concept-map:{instrument.id}"
    source = names.scales(instrument.id)
    return {
        "resourceType": "ConceptMap",
        "id": names.stable_id("terminology", url),
        "url": url,
        "version": instrument.version,
        "name": f"ProFollowUpMap{''.join(part.title() for part in instrument.id.split('-'))}",
        "status": "active",
        "group": [
            {
                "source": source,
                "target": target,
                "element": [
                    {"code": ours, "target": [{"code": theirs, "equivalence": "equivalent"}]}
                    for ours, system, theirs in elements
                    if system == target
                ],
            }
            for target in dict.fromkeys(system for _, system, _ in elements)
        ],
    }

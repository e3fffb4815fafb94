"""What a participant's page shows beyond the scores: the body over time, and the fate of each response."""

from collections.abc import Mapping
from dataclasses import dataclass

from pro_app.instruments.catalogue import Catalogue
from pro_app.journey import Journey
from pro_app.records import portraits, second_entries
from pro_app.records.participants import Participant
from pro_app.records.portraits import AtRegistry
from pro_app.records.second_entries import SecondEntry
from pro_app.records.store import Transaction


@dataclass(frozen=True, slots=True)
class Body:
    """A body diagram at one visit. regions: what was shaded, None where there is no answer, which `missing`
    explains: a code of the answer, or None when there is no form. worst: the region that hurts most."""

    timepoint: str
    regions: tuple[str, ...] | None
    worst: str | None = None
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class Bodies:
    """One item's diagrams over all visits that ask it, in the study's order. `pack`: of the latest answer."""

    instrument: str
    item: str
    pack: str
    visits: tuple[Body, ...]


@dataclass(frozen=True, slots=True)
class Details:
    """bodies: of items that were ever answered. registries: by response id. seconds: by response uuid."""

    bodies: tuple[Bodies, ...]
    registries: Mapping[int, tuple[AtRegistry, ...]]
    seconds: Mapping[str, SecondEntry]


def details(tx: Transaction, catalogue: Catalogue, person: Participant, way: Journey) -> Details:
    """One participant; three queries."""
    return Details(
        bodies(tx, catalogue, person, way),
        portraits.at_registries(tx, person.id),
        {one.response: one for one in second_entries.of_participant(tx, person.id)},
    )


def bodies(tx: Transaction, catalogue: Catalogue, person: Participant, way: Journey) -> tuple[Bodies, ...]:
    """Every body diagram of the study over the visits; one query."""
    kept = {(one.instrument, one.timepoint): one for one in portraits.current_answers(tx, person.id)}
    found = []
    wanted = dict.fromkeys(name for stop in way.stops for name in stop.timepoint.instruments)
    for name in wanted:
        for item in catalogue.instrument(name).items:
            if item.kind != "body":
                continue
            visits, pack = [], ""
            for stop in way.stops:
                if name not in stop.timepoint.instruments:
                    continue
                answered = kept.get((name, stop.timepoint.id))
                pack = answered.pack if answered else pack
                visits.append(_body(stop.timepoint.id, answered.answers.get(item.id) if answered else None))
            if pack:
                found.append(Bodies(name, item.id, pack, tuple(visits)))
    return tuple(found)


def _body(timepoint: str, answer: Mapping[str, object] | None) -> Body:
    if answer is None:
        return Body(timepoint, None)
    value = answer.get("value")
    if not isinstance(value, Mapping):
        return Body(timepoint, None, missing=str(answer.get("missing", "")))
    return Body(timepoint, tuple(value["regions"]), value["worst"])

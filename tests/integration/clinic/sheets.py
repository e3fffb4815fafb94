"""Wang's answers, given two weeks after her operation, as the staff pages find them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from pro_app.actions import answer
from pro_app.instruments.catalogue import Catalogue
from pro_app.records import participants
from pro_app.records.audit import Actor
from pro_app.wiring import Service
from tests.people import all_answers, enrolled, sheet

MARKED = "own words, sealed: a neighbour's treatment"


def given(house: Service, now: datetime, instrument: str = "qlq-c30", **chosen: object) -> str:
    """Wang (CZ-001) answers; the response's uuid."""
    with house.store.writing() as tx:
        wang = participants.page(tx, ("CZ",), search="CZ-001", limit=1)
        person = wang[0] if wang else enrolled(tx, house.study, house.links, now)
        answers = {**all_answers(house.catalogue.instrument(instrument)), **_answers(chosen)}
        sent = sheet(house.catalogue, instrument, now, answers=answers)
        who = Actor("patient", person.study_number)
        answer.submit(tx, house.study, house.catalogue, person, "2w", sent, who, now)
    return sent.response


def _answers(chosen: Mapping[str, object]) -> dict[str, object]:
    """`None` is a skipped item."""
    return {
        item: {"missing": "skipped"} if value is None else {"value": value} for item, value in chosen.items()
    }


def with_new_rules(catalogue: Catalogue) -> Catalogue:
    """The catalogue with a second algorithm version of the QLQ-C30, in which PF2 counts the other way."""
    old = catalogue.instrument("qlq-c30")
    scales = tuple(
        replace(scale, reverse=not scale.reverse) if scale.name == "PF2" else scale
        for scale in old.scoring.scales
    )
    new = replace(old, scoring=replace(old.scoring, algorithm="qlq-c30-3.0/2", scales=scales))
    active = {
        (pack.instrument, pack.language): pack.hash
        for name in catalogue.instruments
        for pack in catalogue.active_packs(name)
    }
    return Catalogue({**catalogue.instruments, "qlq-c30": new}, catalogue.packs, active)

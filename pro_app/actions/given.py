"""What was answered at one visit, to be read; the person's own words only on request, with a trace."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pro_app.instruments.catalogue import Catalogue
from pro_app.instruments.definition import Instrument
from pro_app.instruments.wording import WordingPack
from pro_app.records import audit, portraits, responses
from pro_app.records.audit import Actor
from pro_app.records.participants import Participant
from pro_app.records.responses import Answer, Stored
from pro_app.records.store import Transaction


@dataclass(frozen=True, slots=True)
class Given:
    """One response. pack: the words it was answered in, None when they are not here any more. Of free text
    `answers` holds only `{"sealed": true}`, unless it was asked for."""

    response: Stored
    instrument: Instrument
    pack: WordingPack | None
    answers: Mapping[str, Answer]

    @property
    def sealed(self) -> bool:
        """Whether there are words of the person's own that are not shown."""
        return any("sealed" in answer for answer in self.answers.values())


def given(tx: Transaction, catalogue: Catalogue, person: Participant, timepoint: str) -> tuple[Given, ...]:
    """Every response of the visit, those that count first; two queries."""
    kept = portraits.answers_at(tx, person.id, timepoint)
    mine = [one for one in responses.of_participant(tx, person.id) if one.uuid in kept]
    ordered = sorted(mine, key=lambda one: one.standing != "current")
    return tuple(
        Given(one, catalogue.instrument(one.instrument), catalogue.pack_if_known(one.pack), kept[one.uuid])
        for one in ordered
    )


def own_words(
    tx: Transaction, person: Participant, found: tuple[Given, ...], actor: Actor, now: datetime
) -> tuple[Given, ...]:
    """The same with free text opened; who read it is on the audit trail. Raises `SealBroken`."""
    opened = [one for one in found if one.sealed]
    if not opened:
        return found
    detail = {"responses": [one.response.uuid for one in opened], "timepoint": opened[0].response.timepoint}
    audit.append(tx, person.site, actor, "free_text_read", person.study_number, detail, now)
    return tuple(
        Given(one.response, one.instrument, one.pack, responses.answers_of(tx, one.response.uuid))
        if one.sealed
        else one
        for one in found
    )

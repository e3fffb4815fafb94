"""A participant's own copy of what they answered at one visit (PIPL article 45).

The answers that count, their free text opened; that they were fetched is on the audit trail.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from pro_app.instruments.catalogue import Catalogue
from pro_app.instruments.definition import Instrument
from pro_app.instruments.wording import WordingPack
from pro_app.records import audit, responses
from pro_app.records.audit import Actor
from pro_app.records.participants import Participant
from pro_app.records.responses import Answer, Stored
from pro_app.records.store import Transaction
from pro_app.schedule.plan import Visit
from pro_app.schedule.status import MEANING, Status

How = Literal["as_page", "as_file"]


@dataclass(frozen=True, slots=True)
class OwnForm:
    """One form. pack: the words it was answered in, None when they are not here any more."""

    response: Stored
    instrument: Instrument
    pack: WordingPack | None
    answers: Mapping[str, Answer]

    @property
    def corrected(self) -> bool:
        """Whether the hospital has changed it since it was sent first."""
        return self.response.revision > 1


def may_be_fetched(person: Participant, visit: Visit, day: date) -> bool:
    """Whether the visit's link still opens it: as long as the visit takes answers, by day at the site."""
    last = visit.finish_by or visit.closes
    over = last is not None and day > last
    return not (over or MEANING[Status(person.status)].final)


def fetch(
    tx: Transaction,
    catalogue: Catalogue,
    person: Participant,
    timepoint: str,
    how: How,
    actor: Actor,
    now: datetime,
) -> tuple[OwnForm, ...]:
    """Every form of the visit that counts, in the order they came; empty when nothing was sent."""
    mine = [
        one
        for one in responses.of_participant(tx, person.id)
        if one.timepoint == timepoint and one.standing == "current"
    ]
    if mine:
        detail = {"timepoint": timepoint, "count": len(mine), "how": how}
        audit.append(tx, person.site, actor, "own_copy_fetched", person.study_number, detail, now)
    return tuple(
        OwnForm(
            one,
            catalogue.instrument(one.instrument),
            catalogue.pack_if_known(one.pack),
            responses.answers_of(tx, one.uuid),
        )
        for one in mine
    )

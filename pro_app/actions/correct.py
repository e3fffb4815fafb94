"""Putting a response right: correct its answers, or withdraw it. Moving it is next door.

What was sent first stays: the old row keeps its answers and scores and only stops counting. What counts from
then on is a new row with the next revision, scored anew. Every step carries a reason from a list, since free
words would end up in a trail that must name nobody; the registry hears of it through the outbox; the audit
row is written in the same transaction. Free text is carried over unseen, or removed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pro_app import successor
from pro_app.errors import NotFound
from pro_app.instruments.answers import SKIPPED, Answers
from pro_app.instruments.catalogue import Catalogue
from pro_app.instruments.definition import Instrument
from pro_app.records import audit, corrections, data_locks, outbox, responses
from pro_app.records.audit import Actor
from pro_app.records.corrections import CorrectionRefused
from pro_app.records.participants import Participant
from pro_app.records.responses import Stored
from pro_app.records.store import Transaction
from pro_app.schedule.elements import Study
from pro_app.scoring.result import ScaleScore
from pro_app.successor import Wire

REASONS = successor.REASONS


@dataclass(frozen=True, slots=True)
class Look:
    """A response as a coordinator sees it. Of free text `answers` holds only `{"sealed": true}`.

    `versions`: every response of the same form, first to last.
    """

    stored: Stored
    instrument: Instrument
    answers: Wire
    scores: tuple[ScaleScore, ...]
    versions: tuple[Stored, ...]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a correction would change: items, and each scale before and after."""

    changed: tuple[str, ...]
    before: Wire
    after: Wire
    scores: tuple[tuple[ScaleScore, ScaleScore], ...]


def look(tx: Transaction, catalogue: Catalogue, person: Participant, uuid: str) -> Look:
    """Raises `NotFound` when this participant has no such response."""
    mine = responses.of_participant(tx, person.id)
    stored = next((one for one in mine if one.uuid == uuid), None)
    if stored is None:
        raise NotFound()
    instrument = catalogue.instrument(stored.instrument)
    whole = responses.answers_of(tx, uuid)
    texts = instrument.free_text
    shown: dict[str, Mapping[str, object]] = {
        item: {"sealed": True} if item in texts and "value" in answer else answer
        for item, answer in whole.items()
    }
    same = (stored.timepoint, stored.instrument)
    versions = tuple(one for one in mine if (one.timepoint, one.instrument) == same)
    return Look(
        stored,
        instrument,
        shown,
        successor.scored(instrument, successor.checked(instrument, whole)),
        versions,
    )


def foresee(
    tx: Transaction, catalogue: Catalogue, person: Participant, uuid: str, seen_revision: int, wish: Wire
) -> Foreseen:
    """What `correct` would change; nothing is saved.

    wish: the answers as they should be; a text item is `{"sealed": true}` (keep), `{"missing": …}`, or, from
    a second entry, `{"value": …}`.
    Raises `AnswerFault`, `CorrectionRefused`, `ResponseChanged`, `NotFound`, `DataLocked`.
    """
    data_locks.check(person)
    stored = successor.current(tx, person, uuid, seen_revision)
    instrument = successor.same_version(catalogue, stored)
    before = successor.checked(instrument, responses.answers_of(tx, uuid))
    after = successor.checked(instrument, _merged(instrument, before, wish))
    changed = tuple(item for item in instrument.item_ids if before.items[item] != after.items[item])
    if not changed:
        raise CorrectionRefused("nothing_changed")
    pairs = zip(successor.scored(instrument, before), successor.scored(instrument, after), strict=True)
    return Foreseen(changed, before.on_the_wire(), after.on_the_wire(), tuple(pairs))


def correct(
    tx: Transaction,
    study: Study,
    catalogue: Catalogue,
    person: Participant,
    uuid: str,
    seen_revision: int,
    wish: Wire,
    reason: str,
    actor: Actor,
    now: datetime,
) -> str:
    """Put other answers in the place of what was sent; returns the new response's id.

    Raises what `foresee` raises.
    """
    data_locks.hold(tx, person)
    successor.check_reason("correct", reason)
    foreseen = foresee(tx, catalogue, person, uuid, seen_revision, wish)
    stored = successor.current(tx, person, uuid, seen_revision)
    instrument = catalogue.instrument(stored.instrument)
    window, opened_at = corrections.timing_of(tx, stored)
    corrections.retire(tx, stored, "replaced", reason, stored.revision)
    checked = successor.checked(instrument, foreseen.after)
    new = successor.next_row(
        stored, instrument, checked, person.id, stored.timepoint, window, opened_at, stored.revision + 1
    )
    response_id, raised = successor.store(tx, study, instrument, new, checked, person, now)
    outbox.enqueue(tx, successor.registries(study), response_id, person.id, "corrected", now)
    detail = {**successor.told(new, uuid, reason), "changed": list(foreseen.changed), **raised}
    audit.append(tx, person.site, actor, "response_corrected", person.study_number, detail, now)
    return new.uuid


def withdraw(
    tx: Transaction,
    study: Study,
    person: Participant,
    uuid: str,
    seen_revision: int,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """The response counts no longer; its form is open or missing again.

    Raises `CorrectionRefused`, `ResponseChanged`, `NotFound`, `DataLocked`.
    """
    data_locks.hold(tx, person)
    successor.check_reason("withdraw", reason)
    stored = successor.current(tx, person, uuid, seen_revision)
    corrections.retire(tx, stored, "withdrawn", reason, stored.revision + 1)
    outbox.enqueue(tx, successor.registries(study), stored.id, person.id, "withdrawn", now)
    detail = {
        "was": uuid,
        "timepoint": stored.timepoint,
        "instrument": stored.instrument,
        "revision": stored.revision + 1,
        "reason": reason,
    }
    audit.append(tx, person.site, actor, "response_withdrawn", person.study_number, detail, now)


def _merged(instrument: Instrument, before: Answers, wish: Wire) -> Wire:
    """The wish with free text put back where it is to be kept."""
    merged = {item: answer for item, answer in wish.items() if item not in instrument.free_text}
    for item in instrument.free_text:
        asked = wish.get(item, {"sealed": True})
        keep = before.items[item].on_the_wire() if "sealed" in asked else {"missing": SKIPPED}
        merged[item] = asked if "value" in asked else keep
    return merged

"""Choosing which of two responses to the same form counts.

The first that came counts, and a second, different one is kept beside it: nobody knows yet which is right. A
coordinator who has found out makes the second one count, with a reason. The former one is replaced and stays
where it is; the registry hears of it through the outbox; the audit row is written in the same transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pro_app.errors import NotFound
from pro_app.records import audit, corrections, data_locks, outbox, responses
from pro_app.records.audit import Actor
from pro_app.records.corrections import CorrectionRefused, ResponseChanged
from pro_app.records.participants import Participant
from pro_app.records.responses import Stored
from pro_app.records.store import Transaction
from pro_app.schedule.elements import Study
from pro_app.schedule.status import MEANING, Status

REASONS = (
    "first_by_mistake",
    "more_complete",
    "participant_asked",
    "source_check",
    "data_unlocked",
    "other_reason",
)
Wire = Mapping[str, Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Pair:
    """The response that counts (None when none does) and the one that was kept beside it.

    Of free text the answers hold only `{"sealed": true}`; `differ` names the items answered differently.
    """

    counts: Stored | None
    beside: Stored
    answers: Wire
    other_answers: Wire
    differ: frozenset[str]


def look(tx: Transaction, person: Participant, uuid: str, texts: frozenset[str]) -> Pair:
    """Both, to be compared; `texts`: the items that are free text.

    Raises `NotFound` when this participant has no such response, `CorrectionRefused` when it is not kept so.
    """
    beside = _beside(tx, person, uuid)
    counts = responses.current(tx, person.id, beside.timepoint, beside.instrument)
    theirs = responses.answers_of(tx, uuid)
    ours = responses.answers_of(tx, counts.uuid) if counts else {}
    differ = frozenset(item for item in theirs if counts and ours.get(item) != theirs[item])
    return Pair(counts, beside, _covered(ours, texts), _covered(theirs, texts), differ)


def choose(
    tx: Transaction,
    study: Study,
    person: Participant,
    uuid: str,
    instead_of: str,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Make the response that was kept beside count.

    instead_of: the id of the one that counted when both were compared, "" for none.
    Raises `CorrectionRefused`, `ResponseChanged` when something else counts by now, `NotFound`, `DataLocked`.
    """
    data_locks.hold(tx, person)
    if reason not in REASONS:
        raise CorrectionRefused("reason_needed")
    beside = _beside(tx, person, uuid)
    meaning = MEANING[Status(person.status)]
    if meaning.final and beside.reason == person.status:
        raise CorrectionRefused("after_the_end")
    counts = responses.current(tx, person.id, beside.timepoint, beside.instrument)
    if (counts.uuid if counts else "") != instead_of:
        raise ResponseChanged()
    last = corrections.last_revision(tx, person.id, beside.timepoint, beside.instrument)
    known = counts is not None or last > 1
    if counts:
        corrections.retire(tx, counts, "replaced", reason, counts.revision)
    revision = last + 1 if known else beside.revision
    corrections.promote(tx, beside, "chosen", revision)
    registries = tuple(destination.id for destination in study.registries)
    kind = "corrected" if known else "submitted"
    outbox.enqueue(tx, registries, beside.id, person.id, kind, now)  # type: ignore[arg-type]
    detail = {
        "response": uuid,
        **({"was": counts.uuid} if counts else {}),
        "timepoint": beside.timepoint,
        "instrument": beside.instrument,
        "revision": revision,
        "reason": reason,
        "hash": beside.content_hash,
    }
    audit.append(tx, person.site, actor, "response_chosen", person.study_number, detail, now)


def _beside(tx: Transaction, person: Participant, uuid: str) -> Stored:
    stored = responses.by_uuid(tx, uuid)
    if stored is None or stored.participant_id != person.id:
        raise NotFound()
    if stored.standing == "current":
        raise CorrectionRefused("counts_already")
    if stored.standing != "beside":
        raise CorrectionRefused("over_already")
    return stored


def _covered(answers: Wire, texts: frozenset[str]) -> Wire:
    return {
        item: {"sealed": True} if item in texts and "value" in answer else answer
        for item, answer in answers.items()
    }

"""Putting a response right: correct its answers, move it to where it belongs, or withdraw it.

What was sent first stays: the old row keeps its answers and scores and only stops counting. What counts from
then on is a new row with the next revision, scored anew. Every step carries a reason from a list, since free
words would end up in a trail that must name nobody; the registry hears of it through the outbox; the audit
row is written in the same transaction. Free text is carried over unseen, or removed. What the new answers set
off is an alert of its own, unless the row they replace has set off the very same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import uuid4

from pro_app import journey
from pro_app.errors import NotFound
from pro_app.instruments import answers as answering
from pro_app.instruments.answers import SKIPPED, Answers
from pro_app.instruments.catalogue import Catalogue
from pro_app.instruments.definition import Instrument
from pro_app.records import alerts, audit, corrections, outbox, responses
from pro_app.records.audit import Actor
from pro_app.records.corrections import CorrectionRefused, ResponseChanged
from pro_app.records.participants import Participant
from pro_app.records.responses import NewResponse, Standing, Stored
from pro_app.records.store import Transaction
from pro_app.schedule.elements import Study
from pro_app.scoring.engine import score
from pro_app.scoring.result import ScaleScore

REASONS: dict[str, tuple[str, ...]] = {
    "correct": ("typing_error", "misunderstood", "participant_asked", "source_check", "other_reason"),
    "move": ("wrong_participant", "wrong_visit", "other_reason"),
    "withdraw": ("duplicate", "not_by_participant", "consent", "other_reason"),
}
Wire = Mapping[str, Mapping[str, object]]


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
    texts = _texts(instrument)
    shown: dict[str, Mapping[str, object]] = {
        item: {"sealed": True} if item in texts and "value" in answer else answer
        for item, answer in whole.items()
    }
    same = (stored.timepoint, stored.instrument)
    versions = tuple(one for one in mine if (one.timepoint, one.instrument) == same)
    return Look(stored, instrument, shown, _scored(instrument, _checked(instrument, whole)), versions)


def foresee(
    tx: Transaction, catalogue: Catalogue, person: Participant, uuid: str, seen_revision: int, wish: Wire
) -> Foreseen:
    """What `correct` would change; nothing is saved.

    wish: the answers as they should be; a text item is `{"sealed": true}` (keep), `{"missing": …}`, or, from
    a second entry, `{"value": …}`.
    Raises `AnswerFault`, `CorrectionRefused`, `ResponseChanged`, `NotFound`.
    """
    stored = _current(tx, person, uuid, seen_revision)
    instrument = _same_version(catalogue, stored)
    before = _checked(instrument, responses.answers_of(tx, uuid))
    after = _checked(instrument, _merged(instrument, before, wish))
    changed = tuple(item for item in instrument.item_ids if before.items[item] != after.items[item])
    if not changed:
        raise CorrectionRefused("nothing_changed")
    pairs = zip(_scored(instrument, before), _scored(instrument, after), strict=True)
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
    _check_reason("correct", reason)
    foreseen = foresee(tx, catalogue, person, uuid, seen_revision, wish)
    stored = _current(tx, person, uuid, seen_revision)
    instrument = catalogue.instrument(stored.instrument)
    window, opened_at = corrections.timing_of(tx, stored)
    corrections.retire(tx, stored, "replaced", reason, stored.revision)
    checked = _checked(instrument, foreseen.after)
    new = _new(
        stored, instrument, checked, person.id, stored.timepoint, window, opened_at, stored.revision + 1
    )
    response_id, raised = _store(tx, study, instrument, new, checked, person, now)
    outbox.enqueue(tx, _registries(study), response_id, person.id, "corrected", now)
    detail = {**_told(new, uuid, reason), "changed": list(foreseen.changed), **raised}
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

    Raises `CorrectionRefused`, `ResponseChanged`, `NotFound`.
    """
    _check_reason("withdraw", reason)
    stored = _current(tx, person, uuid, seen_revision)
    corrections.retire(tx, stored, "withdrawn", reason, stored.revision + 1)
    outbox.enqueue(tx, _registries(study), stored.id, person.id, "withdrawn", now)
    detail = {
        "was": uuid,
        "timepoint": stored.timepoint,
        "instrument": stored.instrument,
        "revision": stored.revision + 1,
        "reason": reason,
    }
    audit.append(tx, person.site, actor, "response_withdrawn", person.study_number, detail, now)


def check_move(
    tx: Transaction,
    study: Study,
    person: Participant,
    uuid: str,
    seen_revision: int,
    to: Participant,
    timepoint: str,
    now: datetime,
) -> Stored:
    """Whether it can go there. Raises `CorrectionRefused`, `ResponseChanged`, `NotFound`."""
    stored = _current(tx, person, uuid, seen_revision)
    if (to.id, timepoint) == (person.id, stored.timepoint):
        raise CorrectionRefused("same_place")
    try:
        stop = journey.of(tx, study, to, now).at(timepoint)
    except NotFound as fault:
        raise CorrectionRefused("visit_unknown") from fault
    if stored.instrument not in stop.timepoint.instruments:
        raise CorrectionRefused("not_asked_there")
    if stored.instrument in stop.received:
        raise CorrectionRefused("place_taken")
    return stored


def move(
    tx: Transaction,
    study: Study,
    catalogue: Catalogue,
    person: Participant,
    uuid: str,
    seen_revision: int,
    to: Participant,
    timepoint: str,
    reason: str,
    actor: Actor,
    now: datetime,
) -> str:
    """Withdraw it where it is and put it where it belongs, as received then; returns the new response's id.

    `to` must be somebody the actor may see: the caller has looked that up. Raises what `check_move` raises.
    """
    _check_reason("move", reason)
    stored = check_move(tx, study, person, uuid, seen_revision, to, timepoint, now)
    instrument = _same_version(catalogue, stored)
    checked = _checked(instrument, responses.answers_of(tx, uuid))
    visit = journey.of(tx, study, to, now).at(timepoint).visit
    window = (visit.due, visit.opens, visit.closes) if visit.due and visit.opens and visit.closes else None
    revision = corrections.last_revision(tx, to.id, timepoint, stored.instrument) + 1
    _, opened_at = corrections.timing_of(tx, stored)
    corrections.retire(tx, stored, "withdrawn", reason, stored.revision + 1)
    outbox.enqueue(tx, _registries(study), stored.id, person.id, "withdrawn", now)
    new = _new(stored, instrument, checked, to.id, timepoint, window, opened_at, revision, "moved_here")
    response_id, raised = _store(tx, study, instrument, new, checked, to, now)
    outbox.enqueue(tx, _registries(study), response_id, to.id, "submitted", now)
    detail = {
        **_told(new, uuid, reason),
        **raised,
        "from": {"participant": person.study_number, "timepoint": stored.timepoint},
        "to": {"participant": to.study_number, "timepoint": timepoint},
    }
    audit.append(tx, person.site, actor, "response_moved", person.study_number, detail, now)
    if to.id != person.id:
        audit.append(tx, to.site, actor, "response_moved", to.study_number, detail, now)
    return new.uuid


def _check_reason(what: str, reason: str) -> None:
    if reason not in REASONS[what]:
        raise CorrectionRefused("reason_needed")


def _current(tx: Transaction, person: Participant, uuid: str, seen_revision: int) -> Stored:
    """The response, if it still counts and is the one that was looked at."""
    stored = responses.by_uuid(tx, uuid)
    if stored is None or stored.participant_id != person.id:
        raise NotFound()
    if stored.standing == "beside":
        raise CorrectionRefused("not_current")
    if stored.standing != "current" or stored.revision != seen_revision:
        raise ResponseChanged()
    return stored


def _same_version(catalogue: Catalogue, stored: Stored) -> Instrument:
    instrument = catalogue.instrument(stored.instrument)
    if instrument.version != stored.version:
        raise CorrectionRefused("other_version")
    return instrument


def _texts(instrument: Instrument) -> frozenset[str]:
    return frozenset(item.id for item in instrument.items if item.kind == "text")


def _merged(instrument: Instrument, before: Answers, wish: Wire) -> Wire:
    """The wish with free text put back where it is to be kept."""
    merged = {item: answer for item, answer in wish.items() if item not in _texts(instrument)}
    for item in _texts(instrument):
        asked = wish.get(item, {"sealed": True})
        keep = before.items[item].on_the_wire() if "sealed" in asked else {"missing": SKIPPED}
        merged[item] = asked if "value" in asked else keep
    return merged


def _checked(instrument: Instrument, wire: Wire) -> Answers:
    return answering.validate(instrument, wire)


def _scored(instrument: Instrument, checked: Answers) -> tuple[ScaleScore, ...]:
    return tuple(score(instrument.scoring, checked.for_scoring()).scores.values())


def _new(
    old: Stored,
    instrument: Instrument,
    checked: Answers,
    participant_id: int,
    timepoint: str,
    window: tuple[date, date, date] | None,
    opened_at: datetime | None,
    revision: int,
    reason: str | None = None,
) -> NewResponse:
    """The row that counts from now on: how and when it was answered stays as it was."""
    uuid = str(uuid4())
    standing: Standing = "current"
    return NewResponse(
        uuid=uuid,
        participant_id=participant_id,
        timepoint=timepoint,
        instrument=old.instrument,
        version=old.version,
        language=old.language,
        pack=old.pack,
        mode=old.mode,
        helper=old.helper,
        standing=standing,
        reason=reason or old.reason,
        revision=revision,
        started_at=old.started_at,
        finished_at=old.finished_at,
        received_at=old.received_at,
        window=window,
        answers=checked.on_the_wire(),
        free_text=_texts(instrument),
        opened_at=opened_at,
        content_hash=answering.content_hash(
            answers=checked,
            instrument=old.instrument,
            language=old.language,
            pack=old.pack,
            response=uuid,
            version=old.version,
        ),
        completed_on=old.completed_on,
        entered_by=old.entered_by,
    )


def _store(
    tx: Transaction,
    study: Study,
    instrument: Instrument,
    new: NewResponse,
    checked: Answers,
    person: Participant,
    now: datetime,
) -> tuple[int, dict[str, object]]:
    """The row with its scores and alerts; its id, and what the trail says of the alerts."""
    response_id = corrections.add_current(tx, new)
    sheet = score(instrument.scoring, checked.for_scoring())
    responses.add_scores(tx, response_id, sheet.algorithm, sheet.scores.values(), new.content_hash)
    visits, scores = [one.id for one in study.timepoints], sheet.scores
    place = (person, visits, new.timepoint, response_id, now)
    raised = alerts.raise_for(tx, study.alerts, instrument, scores, *place, corrected=True)
    return response_id, {"alerts": list(raised)} if raised else {}


def _told(new: NewResponse, was: str, reason: str) -> dict[str, object]:
    return {
        "response": new.uuid,
        "was": was,
        "timepoint": new.timepoint,
        "instrument": new.instrument,
        "revision": new.revision,
        "reason": reason,
        "hash": new.content_hash,
    }


def _registries(study: Study) -> tuple[str, ...]:
    return tuple(destination.id for destination in study.registries)

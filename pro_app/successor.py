"""What every way of putting a response right ends in: the old row retires, another one counts from now on.

The new row keeps how and when it was answered and is scored anew; what it sets off is an alert of its own,
unless the row it replaces has set off the very same. Correcting and moving share this room, since no action
imports another.
"""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import uuid4

from pro_app.errors import NotFound
from pro_app.instruments import answers as answering
from pro_app.instruments.answers import Answers
from pro_app.instruments.catalogue import Catalogue
from pro_app.instruments.definition import Instrument
from pro_app.records import alerts, corrections, responses
from pro_app.records.corrections import CorrectionRefused, ResponseChanged
from pro_app.records.participants import Participant
from pro_app.records.responses import NewResponse, Standing, Stored
from pro_app.records.store import Transaction
from pro_app.schedule.elements import Study
from pro_app.scoring.engine import score
from pro_app.scoring.result import ScaleScore

# Reasons come from a list: free words would end up in a trail that must name nobody.
REASONS: dict[str, tuple[str, ...]] = {
    "correct": ("typing_error", "misunderstood", "participant_asked", "source_check", "other_reason"),
    "move": ("wrong_participant", "wrong_visit", "other_reason"),
    "withdraw": ("duplicate", "not_by_participant", "consent", "other_reason"),
}
Wire = Mapping[str, Mapping[str, object]]


def check_reason(what: str, reason: str) -> None:
    """Raises `CorrectionRefused`."""
    if reason not in REASONS[what]:
        raise CorrectionRefused("reason_needed")


def current(tx: Transaction, person: Participant, uuid: str, seen_revision: int) -> Stored:
    """The response, if it still counts and is the one that was looked at.

    Raises `NotFound`, `CorrectionRefused`, `ResponseChanged`.
    """
    stored = responses.by_uuid(tx, uuid)
    if stored is None or stored.participant_id != person.id:
        raise NotFound()
    if stored.standing == "beside":
        raise CorrectionRefused("not_current")
    if stored.standing != "current" or stored.revision != seen_revision:
        raise ResponseChanged()
    return stored


def same_version(catalogue: Catalogue, stored: Stored) -> Instrument:
    """Its instrument, of the version it was answered in. Raises `CorrectionRefused`."""
    instrument = catalogue.instrument(stored.instrument)
    if instrument.version != stored.version:
        raise CorrectionRefused("other_version")
    return instrument


def checked(instrument: Instrument, wire: Wire) -> Answers:
    """Raises `AnswerFault`."""
    return answering.validate(instrument, wire)


def scored(instrument: Instrument, answers: Answers) -> tuple[ScaleScore, ...]:
    return tuple(score(instrument.scoring, answers.for_scoring()).scores.values())


def next_row(
    old: Stored,
    instrument: Instrument,
    answers: Answers,
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
        answers=answers.on_the_wire(),
        free_text=instrument.free_text,
        opened_at=opened_at,
        content_hash=answering.content_hash(
            answers=answers.on_the_wire(),
            instrument=old.instrument,
            language=old.language,
            pack=old.pack,
            response=uuid,
            version=old.version,
        ),
        completed_on=old.completed_on,
        entered_by=old.entered_by,
    )


def store(
    tx: Transaction,
    study: Study,
    instrument: Instrument,
    new: NewResponse,
    answers: Answers,
    person: Participant,
    now: datetime,
) -> tuple[int, dict[str, object]]:
    """The row with its scores and alerts; its id, and what the trail says of the alerts."""
    response_id = corrections.add_current(tx, new)
    sheet = score(instrument.scoring, answers.for_scoring())
    responses.add_scores(tx, response_id, sheet.algorithm, sheet.scores.values(), new.content_hash)
    visits, scores = [one.id for one in study.timepoints], sheet.scores
    place = (person, visits, new.timepoint, response_id, now)
    raised = alerts.raise_for(tx, study.alerts, instrument, scores, *place, corrected=True)
    return response_id, {"alerts": list(raised)} if raised else {}


def told(new: NewResponse, was: str, reason: str) -> dict[str, object]:
    """What the trail says of the row that counts from now on."""
    return {
        "response": new.uuid,
        "was": was,
        "timepoint": new.timepoint,
        "instrument": new.instrument,
        "revision": new.revision,
        "reason": reason,
        "hash": new.content_hash,
    }


def registries(study: Study) -> tuple[str, ...]:
    """Where the study delivers to."""
    return tuple(destination.id for destination in study.registries)

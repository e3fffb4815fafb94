"""A patient answers: drafts screen by screen, then the response with its scores, all in one transaction.

What `submit` does, in order:
1. The same response again, with the same content: the receipt that was given before.
2. Check every answer against the definition.
3. Decide its standing. First wins: if this visit already has another one, this is kept `beside` it. One
   that comes late, after a withdrawal or while the data are locked, is kept as well, with its reason.
4. Store response, scores, outbox rows and audit row; forget the draft.
The acknowledgement is the caller's, after its commit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid5

from pro_app import journey
from pro_app.errors import NotFound, ProAppError
from pro_app.instruments import answers as answering
from pro_app.instruments.answers import Answers, Wire
from pro_app.instruments.catalogue import Catalogue
from pro_app.instruments.definition import Instrument
from pro_app.journey import Journey, Past, Stop
from pro_app.records import alerts, audit, drafts, outbox, responses
from pro_app.records.audit import Actor
from pro_app.records.participants import Participant
from pro_app.records.prepared import Asked
from pro_app.records.responses import Helper, Mode, NewResponse, Standing, Stored
from pro_app.records.store import Transaction
from pro_app.schedule.elements import Study
from pro_app.schedule.status import MEANING, Status
from pro_app.schedule.window import VisitState
from pro_app.scoring.engine import score
from pro_app.standing import standing_of


class InstrumentNotHere(ProAppError):
    """The visit does not ask this instrument."""

    code = "instrument_not_here"


class VersionUnknown(ProAppError):
    """Answers to a version of the instrument that this program does not have."""

    code = "version_unknown"


class PackUnknown(ProAppError):
    """Answers given in a wording that this program has never shown."""

    code = "pack_unknown"


class VisitNotOpen(ProAppError):
    """Too early: nothing can be answered yet."""

    code = "visit_not_open"


class VisitClosed(ProAppError):
    """Too late to begin."""

    code = "visit_closed"


class DataClosed(VisitClosed):
    """The data are locked: nothing new is begun. What is under way and still comes is kept beside."""

    code = "data_closed"


class VisitNotScheduled(ProAppError):
    """The visit has no date, since its anchor has none."""

    code = "visit_not_scheduled"


class ParticipantStopped(ProAppError):
    """The participant was withdrawn or has died: nothing more is asked."""

    code = "participant_stopped"


class ResponseIdTaken(ProAppError):
    """The same response id came for another visit or another person."""

    code = "response_id_taken"


# A draft that the participant has begun is theirs: what staff type in beside it doesn't make it vanish.
BY_STAFF = ("interview", "paper")


@dataclass(frozen=True, slots=True)
class Submission:
    """A response as the device sends it. `response` is the device's own UUID, in canonical form.

    completed_on, entered_by: of a form on paper or an interview, the day on which it was answered and the
    login of who typed it in; the visit's window is judged by that day. aside: the reason why it is kept
    beside even when it is the first, such as a tablet that was reported lost.
    """

    response: str
    instrument: str
    version: str
    language: str
    pack: str
    mode: Mode
    helper: Helper | None
    started_at: datetime
    finished_at: datetime
    answers: Mapping[str, object]
    completed_on: date | None = None
    entered_by: str | None = None
    aside: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the device waits for before it lets go of its copy. `repeated`: it had been given before."""

    receipt: str
    response: str
    hash: str
    received_at: datetime
    standing: Standing
    repeated: bool


def check_open(stop: Stop, person: Participant) -> None:
    """Raise the fault that says kindly why this visit can't be begun now; nothing when it can."""
    if MEANING[Status(person.status)].final:
        raise ParticipantStopped()
    state = stop.assessment.state
    if state.finished or (state.answerable and person.locked_at is None):
        return
    if person.locked_at is not None:
        raise DataClosed()
    if state is VisitState.UNSCHEDULED:
        raise VisitNotScheduled()
    if state is VisitState.UPCOMING:
        raise VisitNotOpen(opens=stop.visit.opens)
    raise VisitClosed(closes=stop.visit.closes)


def keep_draft(
    tx: Transaction,
    study: Study,
    catalogue: Catalogue,
    person: Participant,
    timepoint: str,
    *,
    instrument: str,
    response: str,
    language: str,
    pack: str,
    position: str | None,
    answers: Mapping[str, object],
    now: datetime,
) -> bool:
    """Keep what was answered so far; False when the response was sent already and nothing was kept.

    Raises the faults of `check_open` and of `instruments.answers.validate`.
    """
    stop = journey.of(tx, study, person, now, {timepoint}).at(timepoint)
    definition = _instrument_of(stop, catalogue, instrument)
    _check_pack(catalogue, instrument, pack, language)
    if instrument in stop.received:
        return False
    check_open(stop, person)
    checked = answering.validate(definition, answers, partial=True)
    drafts.put(
        tx,
        person.id,
        timepoint,
        instrument,
        response=response,
        language=language,
        pack=pack,
        position=position if position in definition.item_ids else None,
        answers=checked.on_the_wire(),
        now=now,
    )
    return True


@dataclass(frozen=True, slots=True)
class Ahead:
    """What `submit` needs to know, on its way."""

    past: Asked[Past]
    form: Asked[tuple[Stored | None, int]]
    new_id: Asked[int | None]


def ask(tx: Transaction, handle: str, timepoint: str, sent: Submission) -> Ahead:
    """Ask for it before the participant of that handle is known."""
    form = responses.of_form(tx, sent.response, handle, timepoint, sent.instrument)
    return Ahead(journey.ask_past(tx, handle), form, responses.next_id(tx))


def submit(
    tx: Transaction,
    study: Study,
    catalogue: Catalogue,
    person: Participant,
    timepoint: str,
    sent: Submission,
    actor: Actor,
    now: datetime,
    ahead: Ahead | None = None,
) -> Receipt:
    """Take a response for good; see the module's text. ahead: what was asked for before.

    Raises `AnswerFault`, `InstrumentNotHere`, `VersionUnknown`, `PackUnknown`, `ResponseIdTaken`.
    """
    ahead = ahead or ask(tx, person.handle, timepoint, sent)
    way = journey.build(study, person, ahead.past.found(), now, {timepoint})
    stop = way.at(timepoint)
    definition = _instrument_of(stop, catalogue, sent.instrument)
    if sent.version != definition.version:
        raise VersionUnknown()
    _check_pack(catalogue, sent.instrument, sent.pack, sent.language)
    checked = answering.validate(definition, sent.answers)
    wire = checked.on_the_wire()
    content = answering.content_hash(
        answers=wire,
        instrument=sent.instrument,
        language=sent.language,
        pack=sent.pack,
        response=sent.response,
        version=sent.version,
    )
    stored_as, (earlier, revision) = sent.response, ahead.form.found()
    if earlier:
        _check_same_visit(earlier, person, timepoint, sent.instrument)
        if earlier.content_hash != content:
            # Two phones went on from one draft and so share its id: the second one gets its own.
            stored_as = str(uuid5(UUID(sent.response), content))
            earlier = responses.by_uuid(tx, stored_as)
    if earlier:
        return _receipt(sent.response, content, earlier.received_at, earlier.standing, repeated=True)
    new = _new_response(stored_as, way, stop, sent, definition, wire, content, revision, now)
    raised = _store(tx, study, definition, checked, new, ahead.new_id.found(), way, now)
    detail = {
        "response": stored_as,
        "timepoint": timepoint,
        "instrument": sent.instrument,
        "standing": new.standing,
        "reason": new.reason,
        "hash": content,
        **({"alerts": list(raised)} if raised else {}),
    }
    if new.opened_at and sent.mode not in BY_STAFF:
        drafts.drop(tx, person.id, timepoint, sent.instrument)
    # Last of all: from here to the commit the site's other writers wait.
    audit.append(tx, person.site, actor, "response_received", person.study_number, detail, now)
    return _receipt(sent.response, content, now, new.standing, repeated=False)


def _store(
    tx: Transaction,
    study: Study,
    definition: Instrument,
    checked: Answers,
    new: NewResponse,
    new_id: int | None,
    way: Journey,
    now: datetime,
) -> tuple[str, ...]:
    """The response with its scores, alerts and outbox rows; returns which alert rules it set off."""
    response_id = responses.add(tx, new, new_id)
    sheet = score(definition.scoring, checked.for_scoring())
    responses.add_scores(tx, response_id, sheet.algorithm, sheet.scores.values(), new.content_hash)
    if new.standing == "current":
        registries = tuple(destination.id for destination in study.registries)
        outbox.enqueue(tx, registries, response_id, way.person.id, "submitted", now)
    visits = [one.id for one in way.site.timepoints]
    return alerts.raise_for(
        tx, study.alerts, definition, sheet.scores, way.person, visits, new.timepoint, response_id, now
    )


def _new_response(
    uuid: str,
    way: Journey,
    stop: Stop,
    sent: Submission,
    definition: Instrument,
    wire: Wire,
    content: str,
    last_revision: int,
    now: datetime,
) -> NewResponse:
    standing, reason = standing_of(way, stop, sent.instrument, sent.completed_on, sent.aside)
    visit = stop.visit
    return NewResponse(
        uuid=uuid,
        participant_id=way.person.id,
        timepoint=visit.timepoint,
        instrument=sent.instrument,
        version=sent.version,
        language=sent.language,
        pack=sent.pack,
        mode=sent.mode,
        helper=sent.helper,
        standing=standing,
        reason=reason,
        # After a withdrawal the registry knows this form already: what counts now must rank above it.
        revision=last_revision + 1 if standing == "current" else 1,
        started_at=sent.started_at,
        finished_at=sent.finished_at,
        received_at=now,
        opened_at=stop.opened.get(sent.instrument),
        window=(visit.due, visit.opens, visit.closes) if visit.due and visit.opens and visit.closes else None,
        answers=wire,
        free_text=definition.free_text,
        content_hash=content,
        completed_on=sent.completed_on,
        entered_by=sent.entered_by,
    )


def _receipt(
    response: str, content: str, received_at: datetime, standing: Standing, *, repeated: bool
) -> Receipt:
    return Receipt(receipt_number(content), response, content, received_at, standing, repeated)


def receipt_number(content_hash: str) -> str:
    """Short enough to be read out on the telephone."""
    return f"{content_hash[:4]}-{content_hash[4:8]}".upper()


def _instrument_of(stop: Stop, catalogue: Catalogue, instrument: str) -> Instrument:
    if instrument not in stop.timepoint.instruments:
        raise InstrumentNotHere()
    return catalogue.instrument(instrument)


def _check_pack(catalogue: Catalogue, instrument: str, digest: str, language: str) -> None:
    try:
        pack = catalogue.pack_by_hash(digest)
    except NotFound as fault:
        raise PackUnknown() from fault
    if (pack.instrument, pack.language) != (instrument, language):
        raise PackUnknown()


def _check_same_visit(earlier: Stored, person: Participant, timepoint: str, instrument: str) -> None:
    if (earlier.participant_id, earlier.timepoint, earlier.instrument) != (person.id, timepoint, instrument):
        raise ResponseIdTaken()

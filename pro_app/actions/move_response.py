"""Moving a response to the visit, or the participant, it belongs to.

It is withdrawn where it is and put where it belongs, as received then; both stay on record, and the trail of
both participants says so. The registry hears of both steps.
"""

from datetime import datetime

from pro_app import journey, successor
from pro_app.errors import NotFound
from pro_app.instruments.catalogue import Catalogue
from pro_app.records import audit, corrections, data_locks, outbox, responses
from pro_app.records.audit import Actor
from pro_app.records.corrections import CorrectionRefused
from pro_app.records.participants import Participant
from pro_app.records.responses import Stored
from pro_app.records.store import Transaction
from pro_app.schedule.elements import Study


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
    """Whether it can go there. Raises `CorrectionRefused`, `ResponseChanged`, `NotFound`, `DataLocked`."""
    data_locks.check(person)
    data_locks.check(to)
    stored = successor.current(tx, person, uuid, seen_revision)
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
    for one in sorted((person, to), key=lambda one: one.id):  # in one order, whichever way it moves
        data_locks.hold(tx, one)
    successor.check_reason("move", reason)
    stored = check_move(tx, study, person, uuid, seen_revision, to, timepoint, now)
    instrument = successor.same_version(catalogue, stored)
    checked = successor.checked(instrument, responses.answers_of(tx, uuid))
    visit = journey.of(tx, study, to, now).at(timepoint).visit
    window = (visit.due, visit.opens, visit.closes) if visit.due and visit.opens and visit.closes else None
    revision = corrections.last_revision(tx, to.id, timepoint, stored.instrument) + 1
    _, opened_at = corrections.timing_of(tx, stored)
    corrections.retire(tx, stored, "withdrawn", reason, stored.revision + 1)
    outbox.enqueue(tx, successor.registries(study), stored.id, person.id, "withdrawn", now)
    new = successor.next_row(
        stored, instrument, checked, to.id, timepoint, window, opened_at, revision, "moved_here"
    )
    response_id, raised = successor.store(tx, study, instrument, new, checked, to, now)
    outbox.enqueue(tx, successor.registries(study), response_id, to.id, "submitted", now)
    detail = {
        **successor.told(new, uuid, reason),
        **raised,
        "from": {"participant": person.study_number, "timepoint": stored.timepoint},
        "to": {"participant": to.study_number, "timepoint": timepoint},
    }
    audit.append(tx, person.site, actor, "response_moved", person.study_number, detail, now)
    if to.id != person.id:
        audit.append(tx, to.site, actor, "response_moved", to.study_number, detail, now)
    return new.uuid

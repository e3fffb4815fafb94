"""The investigator's sign-off: a signature under what a participant has answered at a visit.

It is bound to the responses by a hash over each one's id, revision and content. Whatever changes afterwards
(a correction, a response moved, withdrawn, chosen or come late) makes another hash: the signature stays on
record, is shown as void, and the visit can be signed again. Who signs has just proved again who they are;
that is the edge's part, and how it was done is kept with the signature.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pro_app.errors import ProAppError
from pro_app.records import audit, participants, signatures
from pro_app.records.audit import Actor
from pro_app.records.participants import Participant
from pro_app.records.signatures import Proof, Signature
from pro_app.records.store import Transaction
from pro_app.schedule.elements import Study

# What a signature says; its sentence is in the pages' words. Another meaning gets another code.
REVIEWED = "reviewed"
# So many participants are shown at once, and at most so many looked through for them.
SHOWN = 50
AT_MOST = 300


class State(StrEnum):
    """Where a visit stands. `CHANGED`: something counts now that was not signed, or no longer what was."""

    UNSIGNED = "unsigned"
    SIGNED = "signed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit that has something to sign, or was signed. `hash`: of what counts now, "" for nothing;
    `signed`: every signature under it, the newest last."""

    timepoint: str
    hash: str
    signed: tuple[Signature, ...]

    @property
    def last(self) -> Signature | None:
        return self.signed[-1] if self.signed else None

    @property
    def state(self) -> State:
        if self.last is None:
            return State.UNSIGNED
        return State.SIGNED if self.last.hash == self.hash else State.CHANGED

    @property
    def to_sign(self) -> bool:
        return bool(self.hash) and self.state is not State.SIGNED


@dataclass(frozen=True, slots=True)
class Sheet:
    """What of one participant is to be signed or was, in the study's order of visits."""

    person: Participant
    visits: tuple[Visit, ...]

    @property
    def to_sign(self) -> tuple[Visit, ...]:
        return tuple(one for one in self.visits if one.to_sign)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the list. `after`: the study number to go on from, "" at the end."""

    sheets: tuple[Sheet, ...]
    after: str


class NothingToSign(ProAppError):
    """No visit was chosen, or none that has anything to sign."""

    code = "sign_nothing"


class ChangedSinceShown(ProAppError):
    """What counts is no longer what was on the page: it has to be looked at again before it is signed."""

    code = "sign_changed"


def sheets(tx: Transaction, study: Study, people: Sequence[Participant]) -> tuple[Sheet, ...]:
    """Where each of them stands; two queries."""
    ids = [one.id for one in people]
    content, signed = signatures.contents(tx, ids), signatures.of_many(tx, ids)
    order = {one.id: place for place, one in enumerate(study.timepoints)}
    return tuple(
        Sheet(
            person,
            tuple(
                Visit(name, _hash(content[person.id].get(name)), tuple(signed[person.id].get(name, ())))
                for name in sorted(
                    {*content[person.id], *signed[person.id]},
                    key=lambda name: (order.get(name, len(order)), name),
                )
            ),
        )
        for person in people
    )


def page(tx: Transaction, study: Study, sites: Iterable[str], after: str, *, every: bool) -> Page:
    """The next participants of these sites who have something to sign; with `every`, also all the others.

    Fewer than `SHOWN` when nobody else has, or when so many others were looked through on the way.
    """
    codes, shown, looked_at = tuple(sites), list[Sheet](), 0
    while looked_at < AT_MOST:
        people = participants.page(tx, codes, after=after, limit=SHOWN)
        looked_at += len(people)
        for sheet in sheets(tx, study, people):
            after = sheet.person.study_number
            if sheet.to_sign or (every and sheet.visits):
                shown.append(sheet)
                if len(shown) == SHOWN:
                    return Page(tuple(shown), after)
        if len(people) < SHOWN:
            return Page(tuple(shown), "")
    return Page(tuple(shown), after)


def sign(
    tx: Transaction,
    study: Study,
    person: Participant,
    seen: Mapping[str, str],
    name: str,
    proved_by: Proof,
    actor: Actor,
    now: datetime,
) -> tuple[str, ...]:
    """Sign the visits in `seen` (timepoint -> the hash that stood on the page); returns them.

    Raises `NothingToSign`, or `ChangedSinceShown` when anything came or was corrected meanwhile; then
    nothing is signed.
    """
    (sheet,) = sheets(tx, study, [person])
    known = {one.timepoint: one for one in sheet.visits}
    if any(known[one].hash != shown for one, shown in seen.items() if one in known):
        raise ChangedSinceShown()
    wanted = [one for one in sheet.to_sign if one.timepoint in seen]
    if not wanted:
        raise NothingToSign()
    content = signatures.contents(tx, [person.id])[person.id]
    for visit in wanted:
        text = content[visit.timepoint]
        signatures.add(
            tx,
            Signature(
                participant_id=person.id,
                timepoint=visit.timepoint,
                meaning=REVIEWED,
                signed_by=actor.name,
                name=name,
                proved_by=proved_by,
                signed_at=now,
                content=text,
                hash=signatures.hash_of(text),
            ),
        )
        detail = {
            "timepoint": visit.timepoint,
            "meaning": REVIEWED,
            "with": proved_by,
            "again": bool(visit.signed),
            "hash": visit.hash,
        }
        audit.append(tx, person.site, actor, "visit_signed", person.study_number, detail, now)
    return tuple(one.timepoint for one in wanted)


def _hash(content: str | None) -> str:
    return signatures.hash_of(content) if content else ""

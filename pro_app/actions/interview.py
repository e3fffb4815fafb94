"""An interview: staff ask, by telephone or at the bed, and enter what the participant says.

The draft of an interview is its own, beside one that the participant may have begun: nobody reads another
person's unfinished answers by opening a form. They are taken over only on purpose, without free text, and
that leaves a trace. The finished response is stored by `actions.answer`, like every other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pro_app import journey
from pro_app.errors import NotFound, ProAppError
from pro_app.instruments import answers as answering
from pro_app.instruments.catalogue import Catalogue
from pro_app.instruments.definition import Instrument
from pro_app.instruments.wording import WordingPack
from pro_app.journey import Journey, Stop
from pro_app.records import audit, drafts, responses
from pro_app.records.audit import Actor
from pro_app.records.drafts import Draft
from pro_app.records.participants import Participant
from pro_app.records.responses import Stored
from pro_app.records.store import Transaction
from pro_app.schedule.elements import Study
from pro_app.schedule.status import MEANING, Status
from pro_app.schedule.window import VisitState


class NothingToTakeOver(ProAppError):
    """The participant has begun nothing, or has sent it meanwhile."""

    code = "nothing_to_take_over"


@dataclass(frozen=True, slots=True)
class Form:
    """One instrument of the visit. `draft`: of the interview; `theirs`: what the participant has begun."""

    instrument: Instrument
    draft: Draft | None
    theirs: Draft | None
    sent: Stored | None

    @property
    def answered(self) -> int:
        """How many items of the interview have a value or a refusal so far."""
        return len(self.draft.answers) if self.draft else 0


@dataclass(frozen=True, slots=True)
class Interview:
    """One visit as an interviewer finds it."""

    way: Journey
    stop: Stop
    forms: tuple[Form, ...]

    def form(self, instrument: str) -> Form:
        """Raises `NotFound` when the visit does not ask it."""
        for form in self.forms:
            if form.instrument.id == instrument:
                return form
        raise NotFound()

    @property
    def to_do(self) -> tuple[Form, ...]:
        return tuple(form for form in self.forms if form.sent is None)

    @property
    def hindrance(self) -> str | None:
        """The code of why nothing may be asked now; None when it may, if only late."""
        if MEANING[Status(self.way.person.status)].final:
            return "stopped"
        if self.way.person.locked_at is not None:
            return "locked"
        if self.stop.assessment.state is VisitState.UNSCHEDULED:
            return "unscheduled"
        return "upcoming" if self.stop.assessment.state is VisitState.UPCOMING else None

    @property
    def late(self) -> bool:
        """Whether the window is over, so that what is answered now is kept as late."""
        return self.stop.assessment.state.missing


def look(
    tx: Transaction, study: Study, catalogue: Catalogue, person: Participant, timepoint: str, now: datetime
) -> Interview:
    """Raises `NotFound` when the study has no such timepoint."""
    way = journey.of(tx, study, person, now)
    stop = way.at(timepoint)
    kept = drafts.of_visit(tx, person.id, timepoint)
    forms = tuple(
        Form(
            catalogue.instrument(name),
            kept.get(_place(name)),
            kept.get(name),
            responses.current(tx, person.id, timepoint, name) if name in stop.received else None,
        )
        for name in stop.timepoint.instruments
    )
    return Interview(way, stop, forms)


def keep(
    tx: Transaction,
    person: Participant,
    timepoint: str,
    instrument: Instrument,
    pack: WordingPack,
    response: str,
    answers: Mapping[str, object],
    now: datetime,
) -> None:
    """Keep what was said so far. Raises the faults of `instruments.answers.validate`."""
    checked = answering.validate(instrument, answers, partial=True)
    drafts.put(
        tx,
        person.id,
        timepoint,
        _place(instrument.id),
        response=response,
        language=pack.language,
        pack=pack.hash,
        position=None,
        answers=checked.on_the_wire(),
        now=now,
    )


def take_over(
    tx: Transaction,
    person: Participant,
    timepoint: str,
    form: Form,
    pack: WordingPack,
    response: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Go on from what the participant has begun, without their own words; returns how many answers came.

    Raises `NothingToTakeOver`.
    """
    if form.theirs is None or form.sent is not None:
        raise NothingToTakeOver()
    texts = form.instrument.free_text
    answers = {item: answer for item, answer in form.theirs.answers.items() if item not in texts}
    keep(tx, person, timepoint, form.instrument, pack, response, answers, now)
    detail = {"timepoint": timepoint, "instrument": form.instrument.id, "items": len(answers)}
    audit.append(tx, person.site, actor, "draft_taken_over", person.study_number, detail, now)
    return len(answers)


def forget(tx: Transaction, person: Participant, timepoint: str, instrument: str) -> None:
    """Let go of the interview's draft, its response being stored."""
    drafts.drop(tx, person.id, timepoint, _place(instrument))


def _place(instrument: str) -> str:
    """Under which the draft is kept, apart from the participant's own."""
    return f"{instrument}/interview"

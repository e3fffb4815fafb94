"""The scene of the reminder tests: a study, two patients, and providers that are ten lines long.

Wang (zh-Hans, telephone and e-mail) is operated on 8 December 2026: the visit before surgery is open from
30 November to 7 December. `NOON` is 1 December at noon in Beijing: only the first step is due.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from pro_app.actions import remind, send
from pro_app.actions.enrol import Enrolment, enrol
from pro_app.actions.remind import Tally
from pro_app.actions.send import Result
from pro_app.letters.carriers import Carriers
from pro_app.links import Links
from pro_app.ports import Channel, Message, Messenger, Outcome
from pro_app.records import deliveries, participants, responses
from pro_app.records.audit import Actor
from pro_app.records.deliveries import Delivery
from pro_app.records.participants import Participant
from pro_app.records.responses import NewResponse
from pro_app.records.store import Store
from pro_app.schedule.elements import Study
from pro_app.schedule.study import load_study

QUESTIONNAIRES = Path(__file__).resolve().parents[3] / "questionnaires"
LI = Actor("staff", "li")
NOON = datetime(2026, 12, 1, 4, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BASE_URL = "https://follow.example.cn"


def the_study() -> Study:
    return load_study(QUESTIONNAIRES / "studies" / "nct06120426.toml", ("bpi-sf", "qlq-c30"))


@dataclass
class Provider:
    """Takes every message, or answers with what `script` says next."""

    channel: Channel
    name: str = "inbox"
    script: list[Outcome | Exception] = field(default_factory=list)
    taken: list[Message] = field(default_factory=list)
    known: dict[str, Outcome] | None = None

    def send(self, message: Message, now: datetime) -> Outcome:
        said = self.script.pop(0) if self.script else Outcome("accepted", self.name, f"id-{len(self.taken)}")
        if isinstance(said, Exception):
            raise said
        if said.status in ("accepted", "unknown"):
            self.taken.append(message)
        return said

    def look_up(self, reference: str) -> Outcome | None:
        return None if self.known is None else self.known.get(reference, Outcome("later", self.name))


class Scene:
    """One hospital's program: a database, a study, two providers."""

    def __init__(self, store: Store, *messengers: Messenger) -> None:
        self.store = store
        self.study = the_study()
        self.links = Links(store.keys)
        self.sms, self.email = Provider("sms"), Provider("email")
        self.carriers = Carriers(messengers or (self.sms, self.email))

    @property
    def post(self) -> send.Post:
        return send.Post(self.study, self.carriers, self.links, BASE_URL)

    def enrol(self, number: int = 3, **changes: object) -> Participant:
        """Wang, or somebody like him with another study number."""
        facts: dict[str, object] = {
            "study_number": f"CZ-{number:03d}",
            "site": "CZ",
            "language": "zh-Hans",
            "name": "王建国",
            "phone": f"138{number:04d}0000",
            "email": f"wang{number}@example.org",
            "surgery_planned_on": date(2026, 12, 8),
        }
        command = Enrolment(**{**facts, **changes})  # type: ignore[arg-type]
        with self.store.writing() as tx:
            return enrol(tx, self.study, self.links, command, LI, NOON - 10 * DAY)

    def wang(self) -> Participant:
        return self.enrol()

    def mary(self) -> Participant:
        """Reads English, has e-mail only."""
        return self.enrol(
            1,
            study_number="P3-001",
            site="P3",
            language="en",
            name="Mary Miller",
            phone="",
            email="mary@example.org",
        )

    def remind(self, now: datetime = NOON) -> Tally:
        with self.store.writing() as tx:
            return remind.remind(tx, self.study, now)

    def send(self, now: datetime = NOON) -> Result:
        return send.send(self.store, self.post, now, chance=lambda: 0.5)

    def tick(self, now: datetime = NOON) -> Result:
        self.remind(now)
        return self.send(now)

    def rows(self, person: Participant) -> tuple[Delivery, ...]:
        with self.store.reading() as tx:
            return deliveries.of_participant(tx, person.id)

    def states(self, person: Participant) -> list[tuple[str, str, str, str | None]]:
        return [(row.step, row.channel, row.state, row.reason) for row in self.rows(person)]

    def fresh(self, person: Participant) -> Participant:
        with self.store.reading() as tx:
            return participants.by_id(tx, person.id)

    def turn(self, person: Participant, status: str, now: datetime = NOON) -> None:
        with self.store.writing() as tx:
            found = participants.by_id(tx, person.id)
            participants.set_status(tx, found, status, None, now)  # type: ignore[arg-type]

    def move(self, person: Participant, planned_on: date) -> None:
        with self.store.writing() as tx:
            found = participants.by_id(tx, person.id)
            participants.set_surgery(tx, found, "planned", planned_on, None)

    def finish(self, person: Participant, timepoint: str = "baseline", now: datetime = NOON) -> None:
        """The answers of both instruments come in."""
        with self.store.writing() as tx:
            for instrument in ("bpi-sf", "qlq-c30"):
                responses.add(tx, _answered(person, timepoint, instrument, now))


def _answered(person: Participant, timepoint: str, instrument: str, now: datetime) -> NewResponse:
    return NewResponse(
        uuid=f"{person.id:08d}-{timepoint}-{instrument}",
        participant_id=person.id,
        timepoint=timepoint,
        instrument=instrument,
        version="1",
        language=person.language,
        pack="p",
        mode="own_phone",
        helper=None,
        standing="current",
        reason=None,
        revision=1,
        started_at=now,
        finished_at=now,
        received_at=now,
        opened_at=None,
        window=None,
        answers={},
        free_text=frozenset(),
        content_hash="0" * 64,
    )

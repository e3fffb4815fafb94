"""What became of messages that a provider took: reports that come, questions we ask, mail that comes back."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from pro_app.actions import learn
from pro_app.actions.learn import Learnt
from pro_app.letters.carriers import Carriers
from pro_app.letters.reports import Report, Returned
from pro_app.ports import Outcome
from pro_app.records import audit, participants
from pro_app.records.deliveries import Delivery
from pro_app.records.participants import Participant
from pro_app.records.schema import participant
from pro_app.records.store import Store
from tests.integration.reminders.scene import DAY, HOUR, NOON, Provider, Scene
from tests.unit.reminders.test_returned import notification


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> str:
    """SQLite; PostgreSQL too where the statement itself is what is tested."""
    return getattr(request, "param", "sqlite")


both_databases = pytest.mark.parametrize(
    "database_kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


@pytest.fixture
def scene(store: Store) -> Scene:
    return Scene(store)


def sent(scene: Scene, person: Participant | None = None) -> tuple[Participant, Delivery]:
    """Wang, and his text message, which a provider has taken."""
    wang = person or scene.wang()
    scene.tick()
    (row,) = scene.rows(wang)
    return wang, row


def hear(scene: Scene, status: str, row: Delivery, now: datetime = NOON + HOUR, **more: object) -> str:
    outcome = Outcome(status, "inbox", detail=str(more.pop("detail", "")))  # type: ignore[arg-type]
    with scene.store.writing() as tx:
        return learn.take_in(tx, Report(outcome, row.reference, **more), now)  # type: ignore[arg-type]


@both_databases
def test_a_message_that_arrived_is_delivered_and_stays_so(scene: Scene) -> None:
    wang, row = sent(scene)

    assert hear(scene, "delivered", row) == "delivered"
    assert [hear(scene, late, row) for late in ("delivered", "refused", "accepted")] == ["known"] * 3

    (now_,) = scene.rows(wang)
    assert (now_.state, now_.resolved_at) == ("delivered", NOON + HOUR)


def test_a_message_that_failed_after_all_is_followed_by_an_e_mail(scene: Scene) -> None:
    wang, row = sent(scene)

    assert hear(scene, "refused", row) == "failed"
    assert scene.tick(NOON + 2 * HOUR).sent == 1

    states = [("opens", "sms", "failed", "delivery_refused"), ("opens", "email", "sent", None)]
    assert scene.states(wang) == states


def test_an_address_that_bounced_is_used_no_more_until_it_is_corrected(scene: Scene) -> None:
    mary, row = sent(scene, scene.mary())

    assert hear(scene, "address_refused", row, addresses=("Mary@example.org",)) == "address_refused"
    assert scene.tick(NOON + 2 * DAY).sent == 0
    assert ("plus-2d", "sms", "not_sent", "held_no_address") in scene.states(mary)

    with scene.store.writing() as tx:
        fresh = participants.by_id(tx, mary.id)
        identity = participants.Identity(name="Mary Miller", email="mary@corrected.example")
        participants.set_identity(tx, fresh, identity, "en")
    assert scene.tick(NOON + 2 * DAY).sent == 1


def test_a_bounce_of_the_address_before_does_not_close_the_corrected_one(scene: Scene) -> None:
    mary, row = sent(scene, scene.mary())
    with scene.store.writing() as tx:
        fresh = participants.by_id(tx, mary.id)
        identity = participants.Identity(name="Mary Miller", email="mary@corrected.example")
        participants.set_identity(tx, fresh, identity, "en")

    assert hear(scene, "address_refused", row, addresses=("mary@example.org",)) == "address_refused"
    assert scene.tick(NOON + HOUR).sent == 0, "the step was tried on its only channel"
    assert scene.tick(NOON + 2 * DAY).sent == 1


def test_a_closed_way_is_found_in_the_history_without_the_address(scene: Scene) -> None:
    wang, row = sent(scene)

    hear(scene, "address_refused", row, addresses=("13800030000",), detail="no such number 13800030000")

    with scene.store.reading() as tx:
        event = audit.history(tx, "CZ-003")[0]
        assert audit.verify(tx) == ()
    assert (event.action, event.actor.name) == ("address_refused", "inbox")
    assert event.detail == {"timepoint": "baseline", "step": "opens", "channel": "sms", "audience": "patient"}
    assert "13800030000" not in str(scene.rows(wang)[0].detail)


def test_a_delay_is_noted_and_changes_nothing_else(scene: Scene) -> None:
    wang, row = sent(scene)

    assert hear(scene, "later", row, detail="4.4.1 nobody at home") == "noted"
    assert hear(scene, "later", row, detail="4.4.1 nobody at home") == "known"

    (now_,) = scene.rows(wang)
    assert (now_.state, now_.detail) == ("sent", "4.4.1 nobody at home")


def test_a_report_of_another_provider_or_of_no_message_of_ours_is_none(scene: Scene) -> None:
    wang, row = sent(scene)
    strangers = [
        Report(Outcome("delivered", "tencent"), row.reference),
        Report(Outcome("delivered", "inbox"), "6f1f6d1e-4f5a-4c3b-9a63-0a6f3f0f5d11"),
        Report(Outcome("delivered", "inbox"), remote_id="somebody else's"),
        Report(Outcome("delivered", "inbox")),
    ]

    assert learn.take_all(scene.store, strangers, NOON) == Learnt(unknown=4)
    assert scene.rows(wang)[0].state == "sent"


@both_databases
def test_a_report_finds_its_message_by_the_provider_s_own_id(scene: Scene) -> None:
    wang, _ = sent(scene)

    report = Report(Outcome("delivered", "inbox"), remote_id="id-0")
    assert learn.take_all(scene.store, [report, report], NOON) == Learnt(delivered=1, known=1)
    assert scene.rows(wang)[0].state == "delivered"


def test_a_report_that_overtakes_the_provider_s_own_answer_is_kept(store: Store) -> None:
    """A callback may be here before the call that sent the message has returned."""

    class Hasty(Provider):
        def send(self, message, now):  # type: ignore[no-untyped-def]
            with store.writing() as tx:
                learn.take_in(tx, Report(Outcome("delivered", self.name), message.reference), now)
            return super().send(message, now)

    scene = Scene(store, Hasty("sms"))
    wang = scene.wang()
    scene.tick()

    assert scene.states(wang) == [("opens", "sms", "delivered", None)]


@dataclass
class Asked(Provider):
    """Counts the questions."""

    questions: int = 0

    def look_up(self, reference: str) -> Outcome | None:
        self.questions += 1
        return super().look_up(reference)


@both_databases
def test_a_provider_that_says_nothing_is_asked_a_few_times_and_then_no_more(store: Store) -> None:
    provider = Asked("sms")
    scene = Scene(store, provider)
    wang, _ = sent(scene)
    asked_at = []
    for hours in range(24 * 9):
        before = provider.questions
        learn.ask(store, scene.carriers, NOON + hours * HOUR + timedelta(minutes=1))
        if provider.questions > before:
            asked_at.append(hours)

    assert asked_at == [2, 8, 24, 72]
    assert scene.rows(wang)[0].state == "sent"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("delivered", "delivered"),
        ("refused", "failed"),
        ("address_refused", "address_refused"),
        # "Not on record" of a message that it took proves nothing: it must not be sent again.
        ("later", "sent"),
        ("unknown", "sent"),
    ],
)
def test_what_a_provider_answers_about_a_taken_message_counts(store: Store, status: str, state: str) -> None:
    provider = Provider("sms")
    scene = Scene(store, provider)
    wang, row = sent(scene)
    provider.known = {row.reference: Outcome(status, "inbox")}  # type: ignore[arg-type]

    learn.ask(store, scene.carriers, NOON + 3 * HOUR)

    assert [row.state for row in scene.rows(wang)] == [state]
    assert len(provider.taken) == 1


def test_a_provider_that_is_asked_by_its_own_id_is(store: Store) -> None:
    class ByItsId(Provider):
        def find_by_its_id(self, remote_id: str, now: datetime) -> Outcome | None:
            assert remote_id == "id-0"
            return Outcome("delivered", self.name)

    scene = Scene(store, ByItsId("sms"))
    sent(scene)

    assert learn.ask(store, scene.carriers, NOON + 3 * HOUR) == Learnt(delivered=1)


def test_a_provider_that_stumbles_or_is_gone_holds_up_no_other_question(store: Store) -> None:
    class Stumbles(Provider):
        def look_up(self, reference: str) -> Outcome | None:
            raise RuntimeError

    scene = Scene(store, Stumbles("sms"), Provider("email", known={}))
    wang, mary = scene.wang(), scene.mary()
    scene.tick()
    (letter,) = scene.rows(mary)
    email = scene.carriers.named("inbox", "email")
    assert isinstance(email, Provider)
    email.known = {letter.reference: Outcome("delivered", "inbox")}

    assert learn.ask(store, scene.carriers, NOON + 3 * HOUR) == Learnt(delivered=1)
    assert learn.ask(store, Carriers([]), NOON + 9 * HOUR) == Learnt()
    assert scene.rows(wang)[0].state == "sent"


@dataclass
class Mailbox:
    """Returned mail in a list."""

    mails: list[bytes]
    marked: list[str] = field(default_factory=list)

    def wanted(self, now: datetime) -> bool:
        return True

    def unread(self) -> Iterator[Returned]:
        for number, content in enumerate(self.mails):
            if str(number) not in self.marked:
                yield Returned(str(number), content)

    def done(self, keys: list[str]) -> None:
        self.marked += keys


def bounced(row: Delivery, status: str = "5.1.1") -> bytes:
    about = f"Final-Recipient: rfc822; mary@example.org\nAction: failed\nStatus: {status}"
    return notification(to=f"bounces+{row.reference}@hospital.example", recipient=about)


def smtp_scene(store: Store) -> Scene:
    return Scene(store, Provider("email", "smtp"))


def test_returned_mail_is_taken_in_once_and_what_is_none_is_counted(store: Store) -> None:
    scene = smtp_scene(store)
    mary, row = sent(scene, scene.mary())
    mailbox = Mailbox(
        [
            b"Subject: Buy now\r\n\r\nCheap!",
            b"Auto-Submitted: auto-replied\r\nSubject: Away\r\n\r\nBack on Monday.",
            bounced(row),
            bounced(row),
            notification(),
        ]
    )

    found = learn.collect(store, mailbox, NOON + HOUR)

    assert found == Learnt(address_refused=1, known=1, unknown=1, ignored=2)
    assert mailbox.marked == ["0", "1", "2", "3", "4"]
    assert scene.rows(mary)[0].state == "address_refused"
    assert learn.collect(store, mailbox, NOON + HOUR) == Learnt()


def test_a_mail_is_marked_only_after_its_report_is_safe(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = smtp_scene(store)
    _, row = sent(scene, scene.mary())
    mailbox = Mailbox([b"Subject: first\r\n\r\n", bounced(row)])
    with monkeypatch.context() as patch:
        patch.setattr(learn, "take_in", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            learn.collect(store, mailbox, NOON + HOUR)
    assert mailbox.marked == ["0"], "what was dealt with before the fault is marked"

    assert learn.collect(store, mailbox, NOON + HOUR).address_refused == 1


def test_a_report_about_a_broken_participant_holds_up_no_other(store: Store) -> None:
    scene = smtp_scene(store)
    broken, mary = scene.enrol(1, phone=""), scene.mary()
    scene.tick()
    with store.writing() as tx:
        spoiled = participant.update().where(participant.c.id == broken.id)
        tx.conn.execute(spoiled.values(identity_sealed="k1.AAAA"))
    mailbox = Mailbox([bounced(scene.rows(broken)[0]), bounced(scene.rows(mary)[0])])

    assert learn.collect(store, mailbox, NOON + HOUR) == Learnt(address_refused=2)
    assert scene.rows(broken)[0].refused_address == ""

"""Yesterday's backup is restored: nobody is written to twice, the registry gets no second record."""

import io
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from pro_app.actions import reconcile, restore
from pro_app.instruments.catalogue import Catalogue
from pro_app.ports import Outcome, Parcel, RegistryReceipt
from pro_app.records import milestones, replacing
from pro_app.records.ledger import Entry
from pro_app.records.schema import staff_session
from pro_app.records.store import Store
from pro_app.schedule.elements import Study
from tests.integration.clinic.people import hired
from tests.integration.operations.hospital import OPERATOR, SECRET, Hospital
from tests.integration.registry.ward import Ward
from tests.integration.reminders.scene import DAY, HOUR, NOON, Provider, Scene
from tests.unit.registry.cast import STUDY, citations

HELD = milestones.HELD


@pytest.fixture
def scene(store: Store) -> Scene:
    return Scene(store)


def saved(scene: Scene, catalogue: Catalogue, folder: Path, at: datetime = NOON) -> bytes:
    return Hospital(scene.store, scene.study, catalogue, at, folder).save()


def back(scene: Scene, backup: bytes, folder: Path, now: datetime) -> tuple[Scene, Store]:
    """The same hospital with yesterday's database: its providers have seen what they have seen."""
    found = restore.open_backup(io.BytesIO(backup), SECRET)
    url = f"sqlite:///{folder / 'restored.sqlite'}"
    with replacing.fresh(url, found.ring(None), "x", replace=False) as (tx, _):
        restore.fill(tx, found, now, own_secret=False, actor=OPERATOR)
    store = Store(url, scene.store.keys)
    again = Scene(store, scene.sms, scene.email)
    again.sms, again.email = scene.sms, scene.email
    return again, store


@pytest.fixture
def opened() -> Iterator[list[Store]]:
    stores: list[Store] = []
    yield stores
    for one in stores:
        one.close()


def taken(scene: Scene) -> list[str]:
    return [message.to for provider in (scene.sms, scene.email) for message in provider.taken]


def test_a_message_that_was_waiting_in_the_backup_is_not_sent_again(
    scene: Scene, catalogue: Catalogue, tmp_path: Path, opened: list[Store]
) -> None:
    wang = scene.wang()
    scene.remind()
    backup = saved(scene, catalogue, tmp_path)
    scene.send(NOON + HOUR)
    assert len(taken(scene)) == 1
    later, store = back(scene, backup, tmp_path, NOON + 2 * HOUR)
    opened.append(store)
    assert [(row.state, row.reason) for row in later.rows(wang)] == [("not_sent", HELD)]
    later.tick(NOON + 6 * HOUR)
    assert len(taken(scene)) == 1


def test_a_message_that_was_decided_after_the_backup_is_not_decided_again(
    scene: Scene, catalogue: Catalogue, tmp_path: Path, opened: list[Store]
) -> None:
    wang = scene.wang()
    backup = saved(scene, catalogue, tmp_path)
    scene.tick(NOON + HOUR)
    assert len(taken(scene)) == 1
    later, store = back(scene, backup, tmp_path, NOON + 2 * HOUR)
    opened.append(store)
    for hours in (3, 4, 6):
        later.tick(NOON + hours * HOUR)
    assert len(taken(scene)) == 1
    assert [(row.state, row.reason) for row in later.rows(wang)] == [("not_sent", HELD)]


def test_what_becomes_due_after_the_restore_is_sent_as_ever(
    scene: Scene, catalogue: Catalogue, tmp_path: Path, opened: list[Store]
) -> None:
    wang = scene.wang()
    backup = saved(scene, catalogue, tmp_path)
    scene.tick(NOON + HOUR)
    later, store = back(scene, backup, tmp_path, NOON + 2 * HOUR)
    opened.append(store)
    for days in range(1, 7):
        later.tick(NOON + days * DAY)
    steps = [row.step for row in later.rows(wang) if row.state == "sent"]
    assert steps == ["plus-2d", "plus-5d", "last-day"]
    assert len(taken(scene)) == 4


def test_a_person_lets_them_go(
    scene: Scene, catalogue: Catalogue, tmp_path: Path, opened: list[Store]
) -> None:
    scene.wang()
    mary = scene.mary()
    backup = saved(scene, catalogue, tmp_path)
    later, store = back(scene, backup, tmp_path, NOON + 2 * HOUR)
    opened.append(store)
    later.tick(NOON + 3 * HOUR)
    assert taken(scene) == []
    with store.writing() as tx:
        restore.release(tx, mary.study_number, OPERATOR, NOON + 4 * HOUR)
    later.tick(NOON + 5 * HOUR)
    assert taken(scene) == ["mary@example.org"]
    with store.writing() as tx:
        restore.release(tx, milestones.EVERYBODY, OPERATOR, NOON + 5 * HOUR)
    later.tick(NOON + 6 * HOUR)
    assert len(taken(scene)) == 2


def test_a_provider_that_knows_our_references_is_asked(
    scene: Scene, catalogue: Catalogue, tmp_path: Path, opened: list[Store]
) -> None:
    wang, mary = scene.wang(), scene.mary()
    scene.remind()
    backup = saved(scene, catalogue, tmp_path)
    by_sms = next(row for row in scene.rows(wang))
    by_mail = next(row for row in scene.rows(mary))
    assert (by_sms.channel, by_mail.channel) == ("sms", "email")
    scene.sms.known = {by_sms.reference: Outcome("delivered", "inbox", "id-1")}
    scene.email.known = {}
    later, store = back(scene, backup, tmp_path, NOON + 2 * HOUR)
    opened.append(store)
    assert restore.ask_providers(store, (scene.sms, scene.email), NOON + 2 * HOUR) == (1, 1)
    later.tick(NOON + 3 * HOUR)
    assert [row.state for row in later.rows(wang)] == ["delivered"]
    assert taken(scene) == ["mary@example.org"]


def test_one_that_was_just_being_handed_over_is_asked_about(
    scene: Scene, catalogue: Catalogue, tmp_path: Path, opened: list[Store]
) -> None:
    wang = scene.wang()
    scene.remind()

    class Photographer(Provider):
        """Takes a backup in the moment in which it has the message."""

        def send(self, message, now):  # type: ignore[no-untyped-def]
            self.backup = saved(scene, catalogue, tmp_path)
            return super().send(message, now)

    provider = Photographer("sms")
    Scene(scene.store, provider).send(NOON)
    later, store = back(scene, provider.backup, tmp_path, NOON + 2 * HOUR)
    opened.append(store)
    assert [row.state for row in later.rows(wang)] == ["unknown"]
    provider.known = {later.rows(wang)[0].reference: Outcome("delivered", "inbox", "id-1")}
    Scene(store, provider).tick(NOON + 3 * HOUR)
    assert [row.state for row in later.rows(wang)] == ["delivered"]
    assert len(provider.taken) == 1


class Book:
    """A registry that keeps a record by what it is about, as ours do, and can be read back."""

    name = "central"

    def __init__(self) -> None:
        self.records: dict[str, Entry] = {}
        self.arrivals: list[str] = []

    def entry(self, parcel: Parcel) -> Entry:
        about = (parcel.participant, parcel.timepoint, parcel.instrument)
        return Entry(
            "/".join(about),
            parcel.study_number,
            parcel.site,
            parcel.timepoint,
            parcel.instrument,
            parcel.content_hash,
        )

    def deliver(self, parcel: Parcel) -> RegistryReceipt:
        entry = self.entry(parcel)
        self.records[entry.remote_id] = entry
        self.arrivals.append(parcel.response)
        return RegistryReceipt(entry.remote_id, str(len(self.arrivals)), parcel.content_hash)

    def held(self, _study: str) -> Iterator[Entry]:
        yield from self.records.values()


def test_the_registry_gets_no_second_record_and_the_gap_is_listed(
    store: Store, study: Study, catalogue: Catalogue, tmp_path: Path, opened: list[Store]
) -> None:
    ward, book = Ward(store, NOON), Book()
    wang = ward.enrol("CZ-001")
    ward.answer(wang, "2w")
    backup = Hospital(store, study, catalogue, NOON, tmp_path).save()
    in_the_gap = ward.answer(wang, "1m")
    assert [one.delivered for one in ward.sync(book)] == [2]
    scene = Scene(store)
    _, restored = back(scene, backup, tmp_path, NOON + DAY)
    opened.append(restored)
    after = Ward(restored, NOON + DAY)
    assert [one.delivered for one in after.sync(book)] == [1]
    assert len(book.records) == 2
    found = reconcile.reconcile(restored, book, NOON + DAY, study=STUDY, citations=citations())
    assert [(one.kind, one.study_number, one.timepoint) for one in found.differences] == [
        ("extra", "CZ-001", "1m")
    ]
    assert len(book.arrivals) == 3
    assert in_the_gap in book.arrivals


def test_a_phone_that_still_has_its_copy_delivers_it_again(
    hospital: Hospital, tmp_path: Path, opened: list[Store]
) -> None:
    wang = hospital.enrol()
    backup = hospital.save()
    kept_on_the_phone = hospital.submit(wang)
    scene = Scene(hospital.store)
    _, restored = back(scene, backup, tmp_path, hospital.now + DAY)
    opened.append(restored)
    again = Hospital(restored, hospital.study, hospital.catalogue, hospital.now + HOUR, tmp_path)
    again.submit(wang, response=kept_on_the_phone)
    again.submit(wang, response=kept_on_the_phone)
    with restored.reading() as tx:
        assert tx.conn.execute(text("SELECT uuid, standing FROM response")).all() == [
            (kept_on_the_phone, "current")
        ]
        assert tx.conn.execute(text("SELECT count(*) FROM outbox")).scalar_one() == 1


def test_nobody_is_signed_in_after_a_restore(hospital: Hospital, tmp_path: Path, opened: list[Store]) -> None:
    li = hired(hospital.store, "li", "nurse", "CZ", hospital.now)
    with hospital.store.writing() as tx:
        row = {"token_hash": "x", "staff_id": li.id, "created_at": hospital.now, "seen_at": hospital.now}
        tx.conn.execute(insert(staff_session).values(**row))
    _, restored = back(Scene(hospital.store), hospital.save(), tmp_path, hospital.now)
    opened.append(restored)
    with restored.reading() as tx:
        assert (
            tx.conn.execute(text("SELECT count(*) FROM staff_session WHERE ended_at IS NULL")).scalar_one()
            == 0
        )

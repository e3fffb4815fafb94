"""In production the doctor asks for what a demonstration needs not have."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from pro_app import sealed_stream
from pro_app.cli import doctor_backups as doctor
from pro_app.cli import doctor_messages
from pro_app.clock import utc_now
from pro_app.records import milestones
from pro_app.records.store import Store
from tests.integration.operations.test_watching import house_of

PUBLIC = sealed_stream.new_pair()[1]


def test_backups_must_be_closed_for_somebody_and_be_young(store: Store, tmp_path: Path) -> None:
    house = house_of(store, tmp_path)
    bare = replace(house, settings=replace(house.settings, mode="production"))
    found = {one.check: one for one in doctor._backups(bare)}
    assert not found["backup key"].good
    assert "backup-pair" in found["backup key"].says
    assert not found["backup"].good
    kept = replace(house, settings=replace(bare.settings, backup_key=PUBLIC))
    with store.writing() as tx:
        milestones.record(tx, milestones.BACKUP, utc_now() - timedelta(hours=40), {})
    assert not {one.check: one for one in doctor._backups(kept)}["backup"].good
    with store.writing() as tx:
        milestones.record(tx, milestones.BACKUP, utc_now() - timedelta(hours=3), {})
    assert all(one.good for one in doctor._backups(kept))


def test_a_restore_that_nobody_has_finished_is_named(store: Store, tmp_path: Path) -> None:
    house = house_of(store, tmp_path)
    now = utc_now()
    with store.writing() as tx:
        milestones.after_restore(tx, now - timedelta(days=1), now, {})
    found = {one.check: one for one in doctor._restored(house)}
    assert not found["restored"].good
    assert "restore --gap" in found["restored"].says
    with store.writing() as tx:
        milestones.record(tx, milestones.RELEASED, now, {"of": milestones.EVERYBODY})
    assert "restored" not in {one.check for one in doctor._restored(house)}


def test_somebody_must_be_there_to_be_written_to_of_misuse(store: Store, tmp_path: Path) -> None:
    house = house_of(store, tmp_path)
    assert next(doctor_messages._security(house)).good
    bare = replace(house, settings=replace(house.settings, mode="production"))
    found = next(doctor_messages._security(bare))
    assert not found.good
    assert "PRO_APP_SECURITY_MAIL" in found.says
    kept = replace(bare, settings=replace(bare.settings, security_mail="security@hospital.example"))
    assert next(doctor_messages._security(kept)).good

"""A page that a phone kept from the release before still delivers, and is stored as what it was."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from pro_app.instruments.catalogue import Catalogue, load_catalogue
from pro_app.instruments.installed import install
from pro_app.instruments.wording import PackLabel
from pro_app.records import migrating
from tests.conftest import QUESTIONNAIRES
from tests.integration.operations.hospital import Hospital
from tests.people import sheet

INSTALLED = datetime(2026, 11, 1, tzinfo=UTC)


def with_wording(folder: Path, *owner_versions: str) -> Catalogue:
    """The catalogue after each of these versions of the owner's wording was installed, the last one shown."""
    for number, owner in enumerate(owner_versions):
        known = load_catalogue(QUESTIONNAIRES, folder)
        definition = known.instrument("bpi-sf")
        texts = dict(known.pack("bpi-sf", "en").texts)
        texts["title"] = f"Wording {owner}"
        label = PackLabel(definition.version, "zh-Hans", False, owner, "LIC-7")
        install(folder, definition, label, texts, now=INSTALLED + timedelta(days=number), activate=True)
    return load_catalogue(QUESTIONNAIRES, folder)


def test_answers_given_to_the_wording_of_before_are_taken(hospital: Hospital, tmp_path: Path) -> None:
    wang = hospital.enrol()
    before = with_wording(tmp_path / "wording", "1.0")
    on_the_phone = sheet(before, "bpi-sf", hospital.now)
    # The hospital installs a newer wording and a newer release meanwhile; the phone was in a drawer.
    after = with_wording(tmp_path / "wording", "1.1")
    migrating.down(hospital.store, "0001")
    migrating.up(hospital.store)
    assert after.pack("bpi-sf", "zh-Hans").hash != on_the_phone.pack
    later = replace(hospital, catalogue=after)
    with later.store.writing() as tx:
        later.take_in(tx, wang, on_the_phone)
    with later.store.reading() as tx:
        row = tx.conn.execute(text("SELECT uuid, pack, standing FROM response")).one()
    assert tuple(row) == (on_the_phone.response, on_the_phone.pack, "current")


def test_answers_given_to_the_demonstration_are_taken_after_the_licensed_wording_came(
    hospital: Hospital, tmp_path: Path
) -> None:
    wang = hospital.enrol()
    on_the_phone = sheet(hospital.catalogue, "bpi-sf", hospital.now)
    later = replace(hospital, catalogue=with_wording(tmp_path / "wording", "1.0"))
    with later.store.writing() as tx:
        later.take_in(tx, wang, on_the_phone)
    with later.store.reading() as tx:
        assert tx.conn.execute(text("SELECT pack FROM response")).scalar_one() == on_the_phone.pack

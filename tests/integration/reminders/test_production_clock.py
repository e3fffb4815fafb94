"""The clock of a study in production: silent while there is only demonstration wording."""

from dataclasses import replace
from pathlib import Path

import pytest

from pro_app.clock import remind_and_send
from pro_app.config import read_settings
from pro_app.keys import create_key_file
from pro_app.records.store import Store
from pro_app.wiring import Service, build
from tests.integration.reminders.scene import NOON, Scene
from tests.unit.instruments.owners_words import licensed

SETTINGS = {
    "PRO_APP_MODE": "production",
    "PRO_APP_SECRET_KEY": "a" * 16 + "b" * 16 + "c" * 16,
    "PRO_APP_BASE_URL": "https://follow.example.cn",
    "PRO_APP_SMTP_URL": "smtp://127.0.0.1:9",
    "PRO_APP_REGISTRY_CENTRAL_URL": "https://127.0.0.1:9/fhir",
    "PRO_APP_REGISTRY_CENTRAL_TOKEN": "none",
}


@pytest.fixture
def production(store: Store, tmp_path: Path) -> Service:
    """Built as it is in production, on the test's database and with a provider that takes everything."""
    settings = read_settings({**SETTINGS, "PRO_APP_DATA_DIR": str(tmp_path / "house")})
    settings.data_dir.mkdir()
    create_key_file(settings.key_file)
    built = build(settings)
    built.store.close()
    return replace(built, store=store, registries=(), messengers=(Scene(store).sms,))


def test_nobody_is_written_to_until_the_wording_is_installed(production: Service) -> None:
    scene = Scene(production.store)
    person = scene.wang()
    assert remind_and_send(production, NOON).sent.sent == 0
    assert scene.states(person) == [("opens", "sms", "not_sent", "held_no_wording")]

    words = licensed(production.catalogue, ("bpi-sf", "zh-Hans"), ("qlq-c30", "zh-Hans"))
    assert remind_and_send(replace(production, catalogue=words), NOON).sent.sent == 1

"""Installed wording: locked by its hash, never lost, several side by side."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pro_app.errors import DataFileError
from pro_app.instruments.catalogue import Catalogue, load_catalogue
from pro_app.instruments.installed import (
    AlreadyInstalled,
    Entry,
    NotInstalled,
    activate,
    install,
    read_entries,
)
from pro_app.instruments.wording import PackLabel
from tests.unit.instruments.builders import DEFINITION, folder

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
TEXTS = {
    "title": "小问卷",
    "recall.week": "最近一周",
    "answers.two.1": "一",
    "answers.two.2": "二",
    "answers.yes.1": "有",
    "answers.yes.0": "没有",
    "items.t1.question": "您有猫吗？",
    "items.t2.question": "几只猫？",
    "items.t3.question": "几只狗？",
    "items.t4.question": "它们叫什么？",
}


class Site:
    """A hospital's folders with the tiny questionnaire."""

    def __init__(self, root: Path) -> None:
        self.questionnaires = folder(root)
        self.packs = root / "instance" / "wording"

    def catalogue(self) -> Catalogue:
        return load_catalogue(self.questionnaires, self.packs)

    def install(self, *, language: str = "zh-Hans", owner: str = "v1", active: bool = True) -> Entry:
        instrument = self.catalogue().instrument("tiny")
        label = PackLabel(instrument.version, language, False, owner, "LIC-7")
        return install(self.packs, instrument, label, TEXTS, now=NOW, activate=active)

    def faults(self) -> str:
        with pytest.raises(DataFileError) as caught:
            self.catalogue()
        return str(caught.value.params["faults"])


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_an_installed_pack_is_shown_in_place_of_none(site: Site) -> None:
    entry = site.install()
    pack = site.catalogue().pack("tiny", "zh-Hans")
    assert (pack.hash, pack.demonstration, pack.owner_version, pack.licence) == (
        entry.hash,
        False,
        "v1",
        "LIC-7",
    )
    assert pack.items["t2"].labels == {1: "一", 2: "二"}
    assert site.catalogue().languages("tiny") == ("en", "zh-Hans")
    assert site.catalogue().licensed_languages(["tiny"]) == ("zh-Hans",)
    assert entry.installed_at == "2026-11-22T08:00:00+00:00"


def test_an_installed_pack_goes_before_the_demonstration_wording_which_stays_reachable(site: Site) -> None:
    demonstration = site.catalogue().pack("tiny", "en")
    entry = site.install(language="en")
    assert site.catalogue().pack("tiny", "en").hash == entry.hash
    assert site.catalogue().pack_by_hash(demonstration.hash).demonstration


def test_two_packs_of_a_language_stand_side_by_side_and_the_last_is_active(site: Site) -> None:
    first, second = site.install(owner="v1"), site.install(owner="v2")
    assert site.catalogue().pack("tiny", "zh-Hans").hash == second.hash
    assert site.catalogue().pack_by_hash(first.hash).owner_version == "v1"
    activate(site.packs, first.hash[:10])
    assert site.catalogue().pack("tiny", "zh-Hans").hash == first.hash
    assert [entry.active for entry in read_entries(site.packs)] == [True, False]


def test_activating_one_language_leaves_the_others(site: Site) -> None:
    english, chinese = site.install(language="en"), site.install()
    activate(site.packs, chinese.hash)
    assert site.catalogue().pack("tiny", "en").hash == english.hash


def test_a_pack_can_be_installed_beside_without_being_shown(site: Site) -> None:
    entry = site.install(language="en", active=False)
    assert site.catalogue().pack("tiny", "en").demonstration
    assert site.catalogue().pack_by_hash(entry.hash).owner_version == "v1"


def test_a_waiting_pack_can_be_looked_at_as_if_it_were_active(site: Site) -> None:
    entry = site.install(language="en", active=False)
    catalogue = site.catalogue()
    shown = catalogue.showing(catalogue.pack_by_hash(entry.hash))
    assert shown.pack("tiny", "en").hash == entry.hash
    assert catalogue.pack("tiny", "en").demonstration


def test_the_same_wording_is_installed_once(site: Site) -> None:
    entry = site.install()
    with pytest.raises(AlreadyInstalled) as caught:
        site.install()
    assert caught.value.params == {"hash": entry.hash}


def test_activating_needs_the_beginning_of_exactly_one_hash(site: Site) -> None:
    site.install()
    for beginning in ("", "zz"):
        with pytest.raises(NotInstalled):
            activate(site.packs, beginning)


def test_changed_bytes_stop_the_start_with_a_sentence(site: Site) -> None:
    entry = site.install()
    path = site.packs / f"{entry.hash}.json"
    path.write_text(path.read_text(encoding="utf-8").replace("几只猫", "几只大猫"), encoding="utf-8")
    assert "the wording was changed after it was installed" in site.faults()
    assert entry.hash in site.faults()


def test_a_lost_pack_stops_the_start_with_a_sentence(site: Site) -> None:
    entry = site.install()
    (site.packs / f"{entry.hash}.json").unlink()
    assert "the file is missing; restore it from a backup" in site.faults()


def test_a_pack_of_an_instrument_that_is_gone_stops_the_start(site: Site) -> None:
    site.install()
    path = site.packs / "packs.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"tiny"', '"gone"'), encoding="utf-8")
    assert "there is no instrument gone" in site.faults()


@pytest.mark.parametrize("content", ["{", "5", '[{"hash": "x"}]', '["x"]'])
def test_a_broken_list_stops_the_start_with_a_sentence(site: Site, content: str) -> None:
    site.install()
    (site.packs / "packs.json").write_text(content, encoding="utf-8")
    assert "not the list of installed packs" in site.faults()


def test_a_pack_of_an_older_version_stays_readable_and_is_not_shown(site: Site) -> None:
    entry = site.install()
    definition = site.questionnaires / "tiny" / "definition.toml"
    definition.write_text(DEFINITION.replace('version = "1"', 'version = "2"'), encoding="utf-8")
    wording = site.questionnaires / "tiny" / "wording.en.toml"
    wording.write_text(
        wording.read_text(encoding="utf-8").replace('version = "1"', 'version = "2"'), encoding="utf-8"
    )
    catalogue = site.catalogue()
    assert catalogue.languages("tiny") == ("en",)
    assert (catalogue.pack_by_hash(entry.hash).version, catalogue.pack_by_hash(entry.hash).hash) == (
        "1",
        entry.hash,
    )


def test_the_stored_file_is_the_hashed_content(site: Site) -> None:
    entry = site.install()
    stored = json.loads((site.packs / f"{entry.hash}.json").read_text(encoding="utf-8"))
    assert stored["texts"] == TEXTS
    assert (stored["licence"], stored["owner_version"], stored["demonstration"]) == ("LIC-7", "v1", False)
    assert sorted(path.name for path in site.packs.iterdir()) == sorted([f"{entry.hash}.json", "packs.json"])

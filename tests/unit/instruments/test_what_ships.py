"""The instruments and the demonstration wording that ship, against the facts about them."""

import re

import pytest

from pro_app.config import ROOT
from pro_app.instruments.definition import Instrument
from pro_app.instruments.wording import slots
from pro_app.instruments.wording_check import check
from tests.unit.instruments.builders import filled_in, shipped

C30 = "qlq-c30"
BPI = "bpi-sf"


def _instrument(name: str) -> Instrument:
    return shipped().instrument(name)


def test_the_c30_has_thirty_items_in_order_with_their_codes() -> None:
    items = _instrument(C30).items
    assert [item.id for item in items] == [f"q{n}" for n in range(1, 31)]
    assert [item.number for item in items] == [str(n) for n in range(1, 31)]
    assert {item.codes for item in items[:28]} == {(1, 2, 3, 4)}
    assert {item.kind for item in items[:28]} == {"choice"}
    assert {item.codes for item in items[28:]} == {(1, 2, 3, 4, 5, 6, 7)}
    # Only the two ends of items 29 and 30 are named: that is kind nrs, which labels no code.
    assert {item.kind for item in items[28:]} == {"nrs"}


def test_the_past_week_begins_at_item_six() -> None:
    recalls = [item.recall for item in _instrument(C30).items]
    assert recalls == [None] * 5 + ["past_week"] * 25
    assert _instrument(C30).recall["past_week"].hours == 7 * 24


def test_the_bpi_has_fifteen_questions_of_the_right_kinds() -> None:
    kinds = {item.id: item.kind for item in _instrument(BPI).items}
    assert kinds == {
        **{"bpi1": "yes_no", "bpi2": "body", "bpi7": "text", "bpi8": "percent"},
        **dict.fromkeys(["bpi3", "bpi4", "bpi5", "bpi6"], "nrs"),
        **dict.fromkeys([f"bpi9{letter}" for letter in "abcdefg"], "nrs"),
    }
    assert list(kinds) == [
        "bpi1",
        "bpi2",
        *[f"bpi{n}" for n in range(3, 9)],
        *[f"bpi9{x}" for x in "abcdefg"],
    ]
    assert _instrument(BPI).item("bpi8").codes == tuple(range(0, 101, 10))
    assert _instrument(BPI).item("bpi9c").codes == tuple(range(11))
    assert _instrument(BPI).version == "24h"


def test_every_item_is_a_screen_of_its_own_and_none_hides_another() -> None:
    for name in (C30, BPI, "phq-9"):
        assert [screen.items for screen in _instrument(name).screens] == [
            (item.id,) for item in _instrument(name).items
        ]
        assert {item.shown_if for item in _instrument(name).items} == {None}


def test_the_body_has_named_regions_front_and_back_and_both_sides() -> None:
    regions = _instrument(BPI).regions
    assert len(regions) == 54
    assert {region.side for region in regions if region.id.startswith("front-")} == {"front"}
    assert {region.side for region in regions if region.id.startswith("back-")} == {"back"}
    ids = set(_instrument(BPI).region_ids)
    assert {name.replace("-left", "-right") for name in ids if name.endswith("-left")} == {
        name for name in ids if name.endswith("-right")
    }


def test_the_published_thresholds_are_there_with_side_and_source() -> None:
    found = {each.scale: (each.side, each.value) for each in _instrument(C30).thresholds}
    below = {"PF2": 83, "RF2": 58, "SF": 58, "EF": 71, "CF": 75}
    above = {"FA": 39, "PA": 25, "NV": 8, "DY": 17, "DI": 17, "FI": 17, "SL": 50, "AP": 50, "CO": 50}
    assert found == {
        **{scale: ("below", value) for scale, value in below.items()},
        **{scale: ("above", value) for scale, value in above.items()},
    }
    assert all("2020;118:1-8" in each.source for each in _instrument(C30).thresholds)
    assert all("European" in each.note for each in _instrument(C30).thresholds)


def test_the_codes_of_the_registries_are_there() -> None:
    c30, bpi = _instrument(C30), _instrument(BPI)
    assert c30.codes["cdisc"] == "EORTC QLQ-C30 V3.0"
    assert c30.codes["snomed"] == "273446001"
    assert c30.codes["fhir_questionnaire"].endswith("/Questionnaire/mii-qst-pro-eortc-qlq-c30")
    assert [item.codes_map["cdisc"] for item in c30.items] == [f"EOR01{n:02d}" for n in range(1, 31)]
    assert c30.item("q9").codes_map["fhir_link_id"] == "qlq-c30-q09"
    cdisc = [scale.codes.get("cdisc") for scale in c30.scoring.scales]
    assert cdisc == [f"EOR01{n}" for n in range(31, 46)] + [None]
    assert c30.scoring.scale("PF2").codes["fhir"] == "eortc-qlq-c30-pf"
    assert bpi.codes["cdisc"] == "BPI SHORT FORM"
    assert bpi.scoring.scale("INTERFERENCE").codes["loinc"] == "77565-0"


@pytest.mark.parametrize("name", [C30, BPI, "phq-9"])
def test_each_instrument_has_complete_wording_in_three_languages(name: str) -> None:
    assert shipped().languages(name) == ("en", "zh-Hans", "zh-Hant")
    for pack in shipped().active_packs(name):
        assert pack.demonstration
        assert set(pack.items) == set(_instrument(name).item_ids)
        assert all(words.question for words in pack.items.values())
        for item in _instrument(name).items:
            words = pack.items[item.id]
            if item.kind in ("choice", "yes_no"):
                assert set(words.labels) == set(item.codes)
                assert all(words.labels.values())
            elif item.codes:
                assert words.low_end
                assert words.high_end
                assert words.labels == {}


@pytest.mark.parametrize("name", [C30, BPI, "phq-9"])
@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
def test_our_own_wording_passes_the_check_a_site_has_to_pass(name: str, language: str) -> None:
    findings = check(_instrument(name), filled_in(name, language))
    assert [finding for finding in findings if finding.serious] == []


def test_both_chinese_wordings_say_the_same_thing_sign_by_sign() -> None:
    for name in (C30, BPI, "phq-9"):
        simplified, traditional = shipped().pack(name, "zh-Hans"), shipped().pack(name, "zh-Hant")
        assert set(simplified.texts) == set(traditional.texts)


def test_no_python_knows_the_third_instrument() -> None:
    python = list((ROOT / "pro_app").rglob("*.py"))
    assert len(python) > 30
    assert [
        path for path in python if re.search(r"phq", path.read_text(encoding="utf-8"), re.IGNORECASE)
    ] == []
    assert sorted(path.name for path in (ROOT / "questionnaires" / "phq-9").iterdir()) == [
        "definition.toml",
        "wording.en.toml",
        "wording.zh-Hans.toml",
        "wording.zh-Hant.toml",
    ]


def test_the_third_instrument_is_scored_from_its_data() -> None:
    from pro_app.scoring.engine import score

    plan = _instrument("phq-9").scoring
    answers = {f"phq{n}": 1 for n in range(1, 10)}
    line = score(plan, {**answers, "phq9": 3}).scores["PHQ9"]
    assert (line.value, line.band) == (11.0, "moderate")
    assert score(plan, {**answers, "phq9": None}).scores["PHQ9"].reason == "too_few_answered"
    assert "phq10" not in plan.answers


def test_every_slot_of_a_pack_says_what_goes_there() -> None:
    for name in (C30, BPI):
        keys = [slot.key for slot in slots(_instrument(name))]
        assert len(set(keys)) == len(keys)
        assert all(slot.about for slot in slots(_instrument(name)))


def test_definition_files_hold_no_wording() -> None:
    for instrument in shipped().instruments.values():
        content = (ROOT / "questionnaires" / instrument.id / "definition.toml").read_text(encoding="utf-8")
        for pack in shipped().active_packs(instrument.id):
            assert [words.question for words in pack.items.values() if words.question in content] == []

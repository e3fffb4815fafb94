"""What may be an answer, and what a response is known by."""

import hashlib
import json
from pathlib import Path

import pytest

from pro_app.instruments.answers import (
    Answer,
    AnswerFault,
    Answers,
    canonical,
    content_hash,
    stored_codes,
    validate,
)
from tests.unit.instruments.builders import shipped, tiny

BPI = shipped().instrument("bpi-sf")
C30 = shipped().instrument("qlq-c30")
BODY = {"regions": ["back-sacrum", "back-buttock-left"], "worst": "back-sacrum"}


def _all_bpi(**changes: object) -> dict[str, object]:
    answers: dict[str, object] = {item.id: {"value": 5} for item in BPI.items if item.kind == "nrs"}
    answers |= {"bpi1": {"value": True}, "bpi2": {"value": BODY}, "bpi7": {"value": "芬太尼贴剂"}}
    return {**answers, "bpi8": {"value": 70}, **changes}


def _fault(raw: dict[str, object], *, partial: bool = False) -> AnswerFault:
    with pytest.raises(AnswerFault) as caught:
        validate(BPI, raw, partial=partial)
    return caught.value


def test_a_complete_set_of_answers_is_kept_as_it_was_given() -> None:
    found = validate(BPI, _all_bpi(bpi4={"missing": "skipped"}))
    assert (found.instrument, found.version) == ("bpi-sf", "24h")
    assert list(found.items) == list(BPI.item_ids)
    assert found.items["bpi2"].value == BODY
    assert found.items["bpi4"] == Answer(missing="skipped")
    assert found.on_the_wire() == {**_all_bpi(), "bpi4": {"missing": "skipped"}}


def test_scoring_gets_codes_of_the_scored_items_and_none_for_missing_ones() -> None:
    found = validate(BPI, _all_bpi(bpi4={"missing": "not_reached"})).for_scoring()
    assert set(found) == {"bpi3", "bpi4", "bpi5", "bpi6", *[f"bpi9{letter}" for letter in "abcdefg"]}
    assert (found["bpi3"], found["bpi4"]) == (5, None)
    assert validate(BPI, {}, partial=True).for_scoring()["bpi3"] is None


def test_kept_answers_can_be_scored_again_with_their_text_sealed() -> None:
    kept = {**_all_bpi(bpi4={"missing": "skipped"}), "bpi7": {"sealed": True}}
    assert stored_codes(BPI, kept) == validate(BPI, _all_bpi(bpi4={"missing": "skipped"})).for_scoring()  # type: ignore[arg-type]


def test_a_draft_may_leave_items_out_and_a_response_may_not() -> None:
    assert list(validate(BPI, {"bpi9a": {"value": 0}}, partial=True).items) == ["bpi9a"]
    raw = _all_bpi()
    del raw["bpi9g"]
    fault = _fault(raw)
    assert (fault.item, fault.code) == ("bpi9g", "answer_absent")


@pytest.mark.parametrize("value", [11, -1, 2.5, 5.0, "5", True, None, [5], {"value": 5}])
def test_what_is_no_code_is_refused_with_item_and_value(value: object) -> None:
    fault = _fault({"bpi3": {"value": value}}, partial=True)
    assert (fault.item, fault.value, fault.code) == ("bpi3", value, "answer_not_a_code")
    assert fault.params == {"item": "bpi3", "value": repr(value)}


@pytest.mark.parametrize("value", [1, 0, "yes", None, 1.0])
def test_yes_and_no_are_true_and_false_only(value: object) -> None:
    assert _fault({"bpi1": {"value": value}}, partial=True).code == "answer_not_a_code"


@pytest.mark.parametrize("value", [5, 101, 75, 100.0])
def test_relief_goes_by_tens(value: object) -> None:
    assert _fault({"bpi8": {"value": value}}, partial=True).code == "answer_not_a_code"
    assert validate(BPI, {"bpi8": {"value": 100}}, partial=True).items["bpi8"].value == 100


@pytest.mark.parametrize(
    "given",
    [
        5,
        None,
        [],
        "x",
        {},
        {"value": 5, "missing": "skipped"},
        {"valeu": 5},
        {"missing": "lost"},
        {"missing": 1},
    ],
)
def test_an_answer_of_another_shape_is_refused(given: object) -> None:
    assert _fault({"bpi3": given}, partial=True).code == "answer_shape"


def test_an_item_of_another_instrument_is_refused() -> None:
    fault = _fault({"q1": {"value": 1}}, partial=True)
    assert (fault.item, fault.code) == ("q1", "answer_unknown_item")


@pytest.mark.parametrize("text", ["", "布洛芬 400 mg，一日三次", "x" * 1000, "line\nbreak", "🙂"])
def test_free_text_may_be_anything_up_to_a_thousand_signs(text: str) -> None:
    assert validate(BPI, {"bpi7": {"value": text}}, partial=True).items["bpi7"].value == text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x" * 1001, "answer_too_long"),
        (5, "answer_not_text"),
        ("a\0b", "answer_not_text"),
        ("\ud800", "answer_not_text"),
    ],
)
def test_free_text_that_can_not_be_kept_is_refused(text: object, code: str) -> None:
    assert _fault({"bpi7": {"value": text}}, partial=True).code == code


def test_a_long_wrong_value_is_shortened_in_the_message() -> None:
    assert len(str(_fault({"bpi7": {"value": "x" * 5000}}, partial=True).params["value"])) == 60


@pytest.mark.parametrize(
    "value",
    [
        {"regions": [], "worst": None},
        {"regions": ["front-head"], "worst": None},
        {"regions": ["front-head"], "worst": "front-head"},
    ],
)
def test_regions_of_the_diagram_are_an_answer(value: object) -> None:
    assert validate(BPI, {"bpi2": {"value": value}}, partial=True).items["bpi2"].value == value


@pytest.mark.parametrize(
    "value",
    [
        {"regions": ["front-tail"], "worst": None},
        {"regions": ["front-head"], "worst": "front-neck"},
        {"regions": ["front-head", "front-head"], "worst": None},
        {"regions": [5], "worst": None},
        {"regions": [["front-head"]], "worst": None},
        {"regions": "front-head", "worst": None},
        {"regions": []},
        {"regions": [], "worst": None, "more": 1},
        ["front-head"],
        None,
    ],
)
def test_anything_else_is_no_answer_to_the_diagram(value: object) -> None:
    assert _fault({"bpi2": {"value": value}}, partial=True).code == "answer_not_regions"


def _tiny(tmp_path: Path, first: object, second: object) -> Answers:
    raw = {"t1": first, "t2": second, "t3": {"value": 2}, "t4": {"value": ""}}
    return validate(tiny(tmp_path), raw)


def test_a_hidden_item_is_not_shown_and_a_shown_one_is(tmp_path: Path) -> None:
    found = _tiny(tmp_path, {"value": False}, {"missing": "not_shown"})
    assert found.items["t2"].missing == "not_shown"


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        ({"value": True}, {"missing": "not_shown"}, "answer_shown"),
        ({"value": False}, {"value": 1}, "answer_hidden"),
        ({"missing": "skipped"}, {"value": 1}, "answer_hidden"),
        ({"missing": "skipped"}, {"missing": "skipped"}, "answer_hidden"),
    ],
)
def test_answers_must_follow_the_skip_rule(tmp_path: Path, first: object, second: object, code: str) -> None:
    with pytest.raises(AnswerFault) as caught:
        _tiny(tmp_path, first, second)
    assert (caught.value.item, caught.value.code) == ("t2", code)


def test_an_item_without_a_rule_can_not_be_hidden() -> None:
    assert _fault(_all_bpi(bpi5={"missing": "not_shown"})).code == "answer_shown"


def _known_by(raw: dict[str, object]) -> bytes:
    return canonical(
        answers=validate(BPI, raw).on_the_wire(),
        instrument="bpi-sf",
        language="zh-Hans",
        pack="0" * 64,
        response="5a4e2f8c-0000-4000-8000-000000000001",
        version="24h",
    )


def test_the_canonical_form_is_sorted_json_in_utf8_without_spaces() -> None:
    content = _known_by(_all_bpi())
    assert content.startswith(b'{"answers":{"bpi1":{"value":true},"bpi2":{"value":{"regions":["back-sacrum",')
    assert "芬太尼贴剂".encode() in content
    assert b": " not in content
    assert list(json.loads(content)) == ["answers", "instrument", "language", "pack", "response", "version"]


def test_the_order_in_which_answers_came_does_not_change_the_hash_and_their_content_does() -> None:
    turned = dict(reversed(list(_all_bpi().items())))
    assert _known_by(turned) == _known_by(_all_bpi())
    assert _known_by(_all_bpi(bpi3={"value": 6})) != _known_by(_all_bpi())
    assert _known_by(_all_bpi(bpi3={"missing": "skipped"})) != _known_by(
        _all_bpi(bpi3={"missing": "not_reached"})
    )


def test_the_content_hash_is_the_sha256_of_the_canonical_form() -> None:
    answers = validate(C30, {item: {"value": 1} for item in C30.item_ids}).on_the_wire()
    parts = {"instrument": "qlq-c30", "language": "en", "pack": "p", "response": "r", "version": "3.0"}
    content = canonical(answers=answers, **parts)
    assert content_hash(answers=answers, **parts) == hashlib.sha256(content).hexdigest()

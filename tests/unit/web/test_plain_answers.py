"""What the plain form keeps, misses, sends and shows."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask_babel import Babel
from werkzeug.datastructures import MultiDict

from pro_app.instruments.answers import validate
from pro_app.instruments.catalogue import Catalogue
from pro_app.instruments.definition import Instrument, ShownIf
from pro_app.web import forms, plain_answers


@pytest.fixture(autouse=True)
def babel() -> Iterator[None]:
    app = Flask("words")
    app.config["SECRET_KEY"] = "x" * 32
    Babel(app)
    context = app.test_request_context()
    context.push()
    yield
    context.pop()


@pytest.fixture
def pain(catalogue: Catalogue) -> Instrument:
    return catalogue.instrument("bpi-sf")


def kept(
    catalogue: Catalogue, pain: Instrument, before: plain_answers.Wire, **posted: str
) -> plain_answers.Wire:
    form = forms.form_class(pain, catalogue.pack("bpi-sf", "en"))(
        formdata=MultiDict(posted), meta={"csrf": False}
    )
    form.validate()
    return plain_answers.given(pain, form, posted, before)


def test_what_was_only_left_open_is_not_kept(catalogue: Catalogue, pain: Instrument) -> None:
    assert kept(catalogue, pain, {}, bpi3="4", bpi7="") == {"bpi3": {"value": 4}}


def test_a_refusal_and_an_answer_taken_back_are_kept_as_skipped(
    catalogue: Catalogue, pain: Instrument
) -> None:
    before = {"bpi7": {"value": "tea"}, "bpi4": {"value": 1}}
    answers = kept(catalogue, pain, before, bpi3="", bpi7="")
    assert answers == {name: {"missing": "skipped"} for name in ("bpi3", "bpi4", "bpi7")}


def test_what_has_a_fault_is_not_kept(catalogue: Catalogue, pain: Instrument) -> None:
    assert kept(catalogue, pain, {}, bpi3="11", bpi4="x", bpi7="y" * 1001, bpi5="5") == {"bpi5": {"value": 5}}


def test_optional_questions_are_never_missed(pain: Instrument) -> None:
    left = [item.id for item in plain_answers.left_open(pain, {"bpi1": {"value": True}})]
    assert "bpi7" not in left and "bpi1" not in left and len(left) == 13


def test_a_complete_sheet_is_always_a_valid_one(pain: Instrument) -> None:
    for answers in ({}, {"bpi3": {"value": 4}}, {"bpi3": {"missing": "not_shown"}}):
        validate(pain, plain_answers.complete(pain, answers))


def test_what_a_rule_hides_is_neither_missed_nor_sent(pain: Instrument) -> None:
    items = tuple(
        replace(item, shown_if=ShownIf("bpi1", (True,))) if item.id == "bpi3" else item for item in pain.items
    )
    ruled = replace(pain, items=items)
    answers = {"bpi1": {"value": False}, "bpi3": {"value": 4}}
    assert "bpi3" not in [item.id for item in plain_answers.left_open(ruled, {"bpi1": {"value": False}})]
    assert plain_answers.complete(ruled, answers)["bpi3"] == {"missing": "not_shown"}
    validate(ruled, plain_answers.complete(ruled, answers))


@pytest.mark.parametrize(
    ("item", "answer", "words"),
    [
        ("bpi1", {"value": True}, "Yes"),
        ("bpi1", {"value": False}, "No"),
        ("bpi3", {"value": 0}, "0"),
        ("bpi8", {"value": 30}, "30 %"),
        ("bpi7", {"value": "tea"}, "tea"),
        ("bpi3", {"missing": "skipped"}, "left out"),
        ("bpi3", None, ""),
        ("bpi2", {"value": {"regions": [], "worst": None}}, "Nothing hurts"),
        (
            "bpi2",
            {"value": {"regions": ["back-head", "front-neck"], "worst": "front-neck"}},
            "Back of the head, Throat (hurts most)",
        ),
    ],
)
def test_an_answer_reads_as_it_was_given(
    catalogue: Catalogue, pain: Instrument, item: str, answer: dict[str, object] | None, words: str
) -> None:
    assert plain_answers.spoken(pain.item(item), catalogue.pack("bpi-sf", "en"), answer) == words

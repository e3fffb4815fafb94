"""A form made from a definition says exactly what was ticked, and an empty answer is never a number."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, render_template_string
from flask_babel import Babel
from werkzeug.datastructures import MultiDict

from pro_app.instruments.answers import validate
from pro_app.instruments.catalogue import Catalogue, load_catalogue
from pro_app.web import forms

QUESTIONNAIRES = Path(__file__).resolve().parents[3] / "questionnaires"
RENDER = """{% from "question/field_set.html" import field_set %}
{{ field_set(item, words, form[item.id], worst=form[item.id ~ "_worst"] if item.kind == "body" else None,
             nothing=form[item.id ~ "_none"] if item.kind == "body" else None, may_skip=True) }}"""


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(QUESTIONNAIRES)


@pytest.fixture
def in_request() -> Iterator[None]:
    app = Flask("pro_app.web")
    app.config["SECRET_KEY"] = "for this test only"
    Babel(app)
    with app.test_request_context():
        yield


def filled(catalogue: Catalogue, instrument_id: str, **typed: object) -> forms.FlaskForm:
    instrument = catalogue.instrument(instrument_id)
    made = forms.form_class(instrument, catalogue.pack(instrument_id, "en"))
    return made(formdata=MultiDict(typed), meta={"csrf": False})


@pytest.mark.usefixtures("in_request")
class TestForms:
    def test_every_item_has_a_field_of_its_name_and_the_questions_words(self, catalogue: Catalogue) -> None:
        for instrument in catalogue.instruments.values():
            pack = catalogue.pack(instrument.id, "zh-Hans")
            form = forms.form_class(instrument, pack)(meta={"csrf": False})
            for item in instrument.items:
                assert form[item.id].label.text == pack.items[item.id].question

    def test_an_empty_form_is_every_item_skipped_and_passes_the_servers_check(
        self, catalogue: Catalogue
    ) -> None:
        for instrument in catalogue.instruments.values():
            form = filled(catalogue, instrument.id)
            assert form.validate()
            wire = forms.to_wire(instrument, form)
            assert wire == {item.id: {"missing": "skipped"} for item in instrument.items}
            validate(instrument, wire)

    def test_wangs_ticks_arrive_as_numbers_truths_text_and_regions(self, catalogue: Catalogue) -> None:
        form = filled(
            catalogue,
            "bpi-sf",
            bpi1="1",
            bpi2=["front-head", "back-sacrum"],
            bpi2_worst="back-sacrum",
            bpi3="0",
            bpi7=" 布洛芬\r\n热敷 ",
            bpi8="70",
        )
        assert form.validate()
        wire = forms.to_wire(catalogue.instrument("bpi-sf"), form)
        assert wire["bpi1"] == {"value": True}
        assert wire["bpi2"] == {"value": {"regions": ["front-head", "back-sacrum"], "worst": "back-sacrum"}}
        assert wire["bpi3"] == {"value": 0}
        assert wire["bpi7"] == {"value": "布洛芬\n热敷"}
        assert wire["bpi8"] == {"value": 70}
        assert wire["bpi4"] == {"missing": "skipped"}
        validate(catalogue.instrument("bpi-sf"), wire)

    def test_a_worst_spot_that_was_not_shaded_is_shaded(self, catalogue: Catalogue) -> None:
        form = filled(catalogue, "bpi-sf", bpi2=["front-head"], bpi2_worst="front-neck")
        wire = forms.to_wire(catalogue.instrument("bpi-sf"), form)
        assert wire["bpi2"] == {"value": {"regions": ["front-head", "front-neck"], "worst": "front-neck"}}

    def test_nothing_hurts_is_an_answer_and_leaving_the_figure_empty_is_none(
        self, catalogue: Catalogue
    ) -> None:
        said = filled(catalogue, "bpi-sf", bpi2_none="y")
        nothing = {"value": {"regions": [], "worst": None}}
        assert forms.to_wire(catalogue.instrument("bpi-sf"), said)["bpi2"] == nothing
        left = filled(catalogue, "bpi-sf")
        assert forms.to_wire(catalogue.instrument("bpi-sf"), left)["bpi2"] == {"missing": "skipped"}

    @pytest.mark.parametrize(
        ("field", "typed"),
        [
            ("bpi3", "11"),
            ("bpi3", "many"),
            ("bpi8", "55"),
            ("bpi1", "2"),
            ("bpi2", ["tail"]),
            ("bpi7", "x" * 1001),
        ],
    )
    def test_what_is_no_answer_is_refused_beside_its_question(
        self, catalogue: Catalogue, field: str, typed: object
    ) -> None:
        form = filled(catalogue, "bpi-sf", **{field: typed})
        assert not form.validate()
        assert list(form.errors) == [field]

    def test_answers_given_before_are_shown_again(self, catalogue: Catalogue) -> None:
        instrument = catalogue.instrument("bpi-sf")
        wire = forms.to_wire(
            instrument,
            filled(
                catalogue,
                "bpi-sf",
                bpi1="0",
                bpi2="front-head",
                bpi2_worst="front-head",
                bpi3="7",
                bpi7="ice",
            ),
        )
        made = forms.form_class(instrument, catalogue.pack("bpi-sf", "en"))
        again = made(data=forms.from_wire(instrument, wire), meta={"csrf": False})
        assert forms.to_wire(instrument, again) == wire

    def test_every_kind_renders_as_a_group_with_its_question_as_legend(self, catalogue: Catalogue) -> None:
        instrument = catalogue.instrument("bpi-sf")
        pack = catalogue.pack("bpi-sf", "en")
        form = filled(catalogue, "bpi-sf", bpi3="12")
        form.validate()
        for item in instrument.items:
            page = render_template_string(RENDER, item=item, words=pack.items[item.id], form=form)
            assert f'<fieldset class="question kind-{item.kind}"' in page
            assert "<legend>" in page and "&#39;" not in pack.items[item.id].question
            assert page.count(f'name="{item.id}"') >= max(1, len(item.codes))
            assert ('role="alert"' in page) is (item.id == "bpi3")

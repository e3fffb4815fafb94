"""The passport says how each number came about; the comparison finds any that is not so."""

import json
from dataclasses import replace
from fractions import Fraction

import pytest

from pro_app.scoring.engine import score
from pro_app.scoring.faults import NotAnAnswer
from pro_app.scoring.passport import Passport, Steps, as_json, differences, passport
from tests.unit.scoring.plans import plan, scale, small_plan

ANSWERS: dict[str, int | None] = {**{f"q{n}": 2 for n in range(1, 31)}, "q1": 1, "q3": None, "q29": 6}


def _made(name: str = "qlq-c30", answers: dict[str, int | None] = ANSWERS) -> Passport:
    return passport(plan(name), answers, language="zh-Hans", pack="p" * 64, answers_hash="a" * 64)


def _steps(made: Passport, name: str) -> Steps:
    return next(step for step in made.scales if step.scale == name)


def test_every_step_of_a_scale_can_be_followed() -> None:
    step = _steps(_made(), "PF2")
    assert [(part.name, part.value) for part in step.parts] == [
        ("q1", "1"),
        ("q2", "2"),
        ("q3", None),
        ("q4", "2"),
        ("q5", "2"),
    ]
    assert (step.answered, step.minimum, step.sum, step.mean) == (4, 3, "7", "7/4")
    assert step.formula == "(1 - (7/4 - 1) / 3) x 100"
    assert (step.exact, step.value) == ("75", 75.0)
    assert "Fayers" in step.source


def test_a_symptom_scale_and_global_health_are_not_turned_round() -> None:
    assert _steps(_made(), "FA").formula == "(2 - 1) / 3 x 100"
    assert _steps(_made(), "QL2").formula == "(4 - 1) / 6 x 100"


def test_the_summary_shows_what_each_scale_put_in() -> None:
    step = _steps(_made(), "SUMMARY")
    shares = {part.name: (part.value, part.share) for part in step.parts}
    assert shares["PF2"] == ("75", "75")
    assert shares["FA"] == ("100/3", "200/3")
    assert sum(Fraction(part.share or 0) for part in step.parts) == Fraction(step.sum or 0)
    assert step.value == float(Fraction(step.sum or 0) / 13)


def test_a_score_that_could_not_be_computed_has_a_reason_and_no_formula() -> None:
    step = _steps(_made(answers={"q21": 3}), "EF")
    assert (step.value, step.exact, step.formula, step.reason) == (None, None, None, "too_few_answered")
    assert (step.answered, step.minimum, step.sum) == (1, 2, "3")
    step = _steps(_made(answers={"q21": 3}), "CF")
    assert (step.sum, step.mean, step.reason) == (None, None, "none_answered")


def test_the_formulas_of_a_mean_and_of_sums_are_written_out() -> None:
    assert _steps(_made("bpi-sf", {"bpi3": 7}), "WORST").formula == "7"
    assert _steps(_made("bpi-sf", {"bpi3": 7}), "WORST").band == "severe"
    sums = small_plan(scale(name="P", method="sum"), scale(name="F", method="sum", prorate=True))
    made = passport(sums, {"a": 2, "b": 3}, language="en", pack="", answers_hash="")
    assert [step.formula for step in made.scales] == ["5", "5/2 x 3"]
    assert [step.value for step in made.scales] == [5.0, 7.5]


@pytest.mark.parametrize("name", ["qlq-c30", "bpi-sf", "phq-9"])
def test_the_passport_gives_the_values_of_the_score_and_says_what_it_stands_for(name: str) -> None:
    answers: dict[str, int | None] = {item: codes[1] for item, codes in plan(name).answers.items()}
    made, sheet = _made(name, answers), score(plan(name), answers)
    assert {step.scale: step.value for step in made.scales} == {
        line.scale: line.value for line in sheet.scores.values()
    }
    assert (made.algorithm, made.citation) == (sheet.algorithm, sheet.citation)
    assert (made.language, made.pack, made.answers_hash) == ("zh-Hans", "p" * 64, "a" * 64)


def test_the_json_is_stable_and_holds_all_of_it() -> None:
    text = as_json(_made())
    assert text == as_json(_made())
    read = json.loads(text)
    assert [step["scale"] for step in read["scales"]] == list(plan("qlq-c30").names)
    assert read["scales"][1]["parts"][2] == {"name": "q3", "share": None, "value": None}


def test_answers_that_can_not_be_scored_have_no_passport() -> None:
    with pytest.raises(NotAnAnswer):
        _made(answers={"q1": 9})


def test_stored_scores_that_agree_have_no_difference() -> None:
    sheet = score(plan("qlq-c30"), ANSWERS)
    assert differences(sheet.scores.values(), sheet) == []


def test_every_kind_of_difference_is_named() -> None:
    sheet = score(plan("qlq-c30"), {**ANSWERS, "q28": None})
    stored = {line.scale: line for line in sheet.scores.values()}
    stored["PF2"] = replace(stored["PF2"], value=75.00001)
    stored["RF2"] = replace(stored["RF2"], value=stored["RF2"].value + 1e-12)  # type: ignore[operator]
    stored["FI"] = replace(stored["FI"], reason="too_few_answered")
    stored["SL"] = replace(stored["SL"], value=None, reason="none_answered")
    del stored["EF"]
    stored["TOTAL"] = replace(stored["CF"], scale="TOTAL")
    found = {each.scale: each for each in differences(stored.values(), sheet)}
    assert set(found) == {"PF2", "FI", "SL", "EF", "TOTAL"}
    assert (found["PF2"].stored, found["PF2"].computed) == (75.00001, 75.0)
    assert found["EF"].stored_reason == "not_stored"
    assert found["TOTAL"].computed_reason == "not_defined"

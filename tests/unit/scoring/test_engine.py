"""The engine on answers that can be scored in one's head."""

import pytest

from pro_app.scoring.engine import check_identity, score
from pro_app.scoring.faults import ForeignItem, NotAnAnswer, OtherInstrument
from pro_app.scoring.result import NONE_ANSWERED, SCALE_MISSING, TOO_FEW_ANSWERED
from tests.unit.scoring.plans import plan, scale, small_plan

C30 = [f"q{n}" for n in range(1, 31)]
BEST = dict.fromkeys(C30, 1) | {"q29": 7, "q30": 7}
WORST = dict.fromkeys(C30, 4) | {"q29": 1, "q30": 1}


def test_a_person_without_any_complaint_has_the_best_of_all_scores() -> None:
    scores = score(plan("qlq-c30"), BEST).scores
    assert {name: line.value for name, line in scores.items()} == {
        **dict.fromkeys(("QL2", "PF2", "RF2", "EF", "CF", "SF", "SUMMARY"), 100.0),
        **dict.fromkeys(("FA", "NV", "PA", "DY", "SL", "AP", "CO", "DI", "FI"), 0.0),
    }


def test_a_person_with_every_complaint_has_the_worst_of_all_scores() -> None:
    scores = score(plan("qlq-c30"), WORST).scores
    assert {name: line.value for name, line in scores.items()} == {
        **dict.fromkeys(("QL2", "PF2", "RF2", "EF", "CF", "SF", "SUMMARY"), 0.0),
        **dict.fromkeys(("FA", "NV", "PA", "DY", "SL", "AP", "CO", "DI", "FI"), 100.0),
    }


def test_the_scales_come_under_their_sas_names_in_their_order() -> None:
    names = "QL2 PF2 RF2 EF CF SF FA NV PA DY SL AP CO DI FI SUMMARY"
    assert list(score(plan("qlq-c30"), BEST).scores) == names.split()
    assert plan("bpi-sf").names == ("SEVERITY", "INTERFERENCE", "WORST", "AFFECTIVE", "ACTIVITY")


def test_a_skipped_item_is_left_out_of_the_mean_and_not_counted_as_zero() -> None:
    line = score(plan("qlq-c30"), {**BEST, "q1": 3, "q2": None}).scores["PF2"]
    # (3 + 1 + 1 + 1) / 4 = 1.5; (1 - 0.5 / 3) x 100
    assert line.value == pytest.approx(83.33333333333333, abs=1e-12)
    assert line.used == ("q1", "q3", "q4", "q5")
    assert line.missing == ("q2",)


def test_nothing_answered_is_no_score_with_its_reason_and_never_zero() -> None:
    scores = score(plan("qlq-c30"), {}).scores
    assert {line.value for line in scores.values()} == {None}
    assert scores["EF"].reason == NONE_ANSWERED
    assert scores["EF"].missing == ("q21", "q22", "q23", "q24")
    assert scores["SUMMARY"].reason == SCALE_MISSING
    assert "QL2" not in scores["SUMMARY"].missing


def test_one_answered_item_of_four_is_too_few() -> None:
    line = score(plan("qlq-c30"), {"q21": 2}).scores["EF"]
    assert (line.value, line.reason, line.used) == (None, TOO_FEW_ANSWERED, ("q21",))


def test_the_summary_needs_all_thirteen_scales_and_names_the_one_it_lacks() -> None:
    line = score(plan("qlq-c30"), {**BEST, "q8": None}).scores["SUMMARY"]
    assert (line.value, line.reason, line.missing) == (None, SCALE_MISSING, ("DY",))
    assert len(line.used) == 12


def test_the_summary_does_without_global_health_and_money() -> None:
    line = score(plan("qlq-c30"), {**BEST, "q28": None, "q29": None, "q30": None}).scores["SUMMARY"]
    assert line.value == 100.0


def test_the_result_says_what_it_was_computed_by() -> None:
    sheet = score(plan("qlq-c30"), BEST)
    assert (sheet.instrument, sheet.version, sheet.algorithm) == ("qlq-c30", "3.0", "qlq-c30-3.0/1")
    assert "Fayers" in sheet.citation
    assert "Giesinger" in plan("qlq-c30").scale("SUMMARY").source


def test_pain_severity_needs_all_four_items() -> None:
    answers = {"bpi3": 8, "bpi4": 2, "bpi5": 5, "bpi6": 4}
    assert score(plan("bpi-sf"), answers).scores["SEVERITY"].value == 4.75
    line = score(plan("bpi-sf"), {**answers, "bpi6": None}).scores["SEVERITY"]
    assert (line.value, line.reason) == (None, TOO_FEW_ANSWERED)


def test_pain_interference_needs_four_of_seven() -> None:
    four = {"bpi9a": 1, "bpi9b": 2, "bpi9c": 3, "bpi9d": 5}
    assert score(plan("bpi-sf"), four).scores["INTERFERENCE"].value == 2.75
    line = score(plan("bpi-sf"), {**four, "bpi9d": None}).scores["INTERFERENCE"]
    assert (line.value, line.reason) == (None, TOO_FEW_ANSWERED)


def test_the_provisional_sub_dimensions_are_marked_and_need_all_their_items() -> None:
    answers = {f"bpi9{letter}": value for value, letter in enumerate("abcdefg")}
    scores = score(plan("bpi-sf"), answers).scores
    assert scores["AFFECTIVE"].value == pytest.approx((1 + 4 + 6) / 3, abs=1e-12)
    assert scores["ACTIVITY"].value == (0 + 2 + 3 + 5) / 4
    assert score(plan("bpi-sf"), {**answers, "bpi9b": None}).scores["AFFECTIVE"].value is None
    assert [each.name for each in plan("bpi-sf").scales if each.provisional] == ["AFFECTIVE", "ACTIVITY"]


@pytest.mark.parametrize(
    ("worst", "band"),
    [(0, "none"), (1, "mild"), (4, "mild"), (5, "moderate"), (6, "moderate"), (7, "severe"), (10, "severe")],
)
def test_worst_pain_has_the_class_of_serlin(worst: int, band: str) -> None:
    line = score(plan("bpi-sf"), {"bpi3": worst}).scores["WORST"]
    assert (line.value, line.band) == (float(worst), band)


def test_worst_pain_that_was_not_answered_has_no_class() -> None:
    line = score(plan("bpi-sf"), {}).scores["WORST"]
    assert (line.value, line.reason, line.band) == (None, NONE_ANSWERED, None)


@pytest.mark.parametrize("value", [17, 0, 5, -1, 2.5, 1.0, "3", "", True, False, [2], float("nan")])
def test_what_is_no_code_of_the_item_is_refused_with_item_and_value(value: object) -> None:
    with pytest.raises(NotAnAnswer) as caught:
        score(plan("qlq-c30"), {"q1": 1, "q2": value})  # type: ignore[dict-item]
    assert caught.value.params == {"instrument": "qlq-c30", "item": "q2", "value": repr(value)}


def test_seven_is_an_answer_to_item_29_and_none_to_item_28() -> None:
    assert score(plan("qlq-c30"), {"q29": 7}).scores["QL2"].value == 100.0
    with pytest.raises(NotAnAnswer):
        score(plan("qlq-c30"), {"q28": 7})


@pytest.mark.parametrize("item", ["q31", "bpi3", "bpi8", "Q1"])
def test_an_item_of_elsewhere_is_refused_even_when_it_is_empty(item: str) -> None:
    with pytest.raises(ForeignItem) as caught:
        score(plan("qlq-c30"), {"q1": 1, item: None})
    assert caught.value.params["item"] == item


def test_answers_to_another_version_or_instrument_are_refused() -> None:
    score(plan("bpi-sf"), {}, instrument="bpi-sf", version="24h")
    with pytest.raises(OtherInstrument) as caught:
        score(plan("bpi-sf"), {}, instrument="bpi-sf", version="7d")
    assert caught.value.params["other"] == "bpi-sf 7d"
    with pytest.raises(OtherInstrument):
        check_identity(plan("bpi-sf"), "qlq-c30", None)


def test_a_sum_counts_what_is_there_and_a_prorated_sum_fills_up() -> None:
    answers = {"a": 2, "b": 3, "c": None}
    plain = small_plan(scale(method="sum", range=(2, 12)))
    filled = small_plan(scale(method="sum", prorate=True, range=(3, 12)))
    assert score(plain, answers).scores["S"].value == 5.0
    assert score(filled, answers).scores["S"].value == 7.5


def test_a_mean_between_two_whole_numbers_has_no_class() -> None:
    from pro_app.scoring.plan import Band

    plan_with_bands = small_plan(scale(bands=(Band("few", 1, 2, "us"),)))
    assert score(plan_with_bands, {"a": 1, "b": 2}).scores["S"].band is None
    assert score(plan_with_bands, {"a": 2, "b": 2}).scores["S"].band == "few"
    assert score(plan_with_bands, {"a": 4, "b": 4}).scores["S"].band is None


def test_a_scale_that_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        plan("bpi-sf").scale("TOTAL")

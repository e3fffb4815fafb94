"""What must hold for any answers at all."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pro_app.scoring.engine import score
from pro_app.scoring.plan import ScoringPlan
from tests.unit.scoring.plans import plan

NAMES = st.sampled_from(["qlq-c30", "bpi-sf", "phq-9"])


@st.composite
def answered(draw: st.DrawFn) -> tuple[ScoringPlan, dict[str, int | None]]:
    """An instrument, and answers to it with anything missing."""
    chosen = plan(draw(NAMES))
    return chosen, {
        item: draw(st.one_of(st.none(), st.sampled_from(codes))) for item, codes in chosen.answers.items()
    }


@given(answered())
@settings(max_examples=150, deadline=None)
def test_a_score_is_in_its_range_or_has_a_reason(case: tuple[ScoringPlan, dict[str, int | None]]) -> None:
    chosen, answers = case
    for scale in chosen.scales:
        line = score(chosen, answers).scores[scale.name]
        assert (line.value is None) == (line.reason is not None)
        if line.value is not None:
            assert scale.range[0] <= line.value <= scale.range[1]


@given(answered(), st.data())
@settings(max_examples=150, deadline=None)
def test_the_order_of_the_answers_within_a_scale_does_not_matter(
    case: tuple[ScoringPlan, dict[str, int | None]], data: st.DataObject
) -> None:
    chosen, answers = case
    scale = data.draw(st.sampled_from([each for each in chosen.scales if each.items]))
    mixed = data.draw(st.permutations([answers[item] for item in scale.items]))
    moved = {**answers, **dict(zip(scale.items, mixed, strict=True))}
    # The very same double, not only a close one.
    assert score(chosen, moved).scores[scale.name].value == score(chosen, answers).scores[scale.name].value


@given(answered(), st.data())
@settings(max_examples=150, deadline=None)
def test_one_more_answer_never_takes_a_score_away(
    case: tuple[ScoringPlan, dict[str, int | None]], data: st.DataObject
) -> None:
    chosen, answers = case
    item = data.draw(st.sampled_from(list(chosen.answers)))
    more = {**answers, item: data.draw(st.sampled_from(chosen.answers[item]))}
    before, after = score(chosen, answers).scores, score(chosen, more).scores
    for name, line in before.items():
        assert line.value is None or after[name].value is not None


@given(answered(), st.data())
@settings(max_examples=150, deadline=None)
def test_a_higher_code_moves_the_score_in_the_direction_of_the_scale(
    case: tuple[ScoringPlan, dict[str, int | None]], data: st.DataObject
) -> None:
    chosen, answers = case
    scale = data.draw(st.sampled_from([each for each in chosen.scales if each.items]))
    item = data.draw(st.sampled_from(scale.items))
    low, high = sorted(data.draw(st.permutations(chosen.answers[item]))[:2])
    one = score(chosen, {**answers, item: low}).scores[scale.name].value
    other = score(chosen, {**answers, item: high}).scores[scale.name].value
    if one is not None and other is not None:
        assert (other < one) if scale.reverse else (other > one)

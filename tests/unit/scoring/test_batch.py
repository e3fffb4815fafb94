"""Many rows at once: the same values, the same refusals, no growing memory."""

import random

import pytest

from pro_app.scoring import batch
from pro_app.scoring.batch import Batch, score_rows
from pro_app.scoring.engine import score
from pro_app.scoring.faults import NotAnAnswer
from pro_app.scoring.plan import ScoringPlan
from tests.unit.scoring.plans import plan, scale, small_plan


def _rows(chosen: ScoringPlan, count: int) -> list[list[int | None]]:
    chance = random.Random(7)
    return [
        [
            chance.choice([*codes, None]) if chance.random() < 0.3 else codes[-1]
            for codes in chosen.answers.values()
        ]
        for _ in range(count)
    ]


@pytest.mark.parametrize("name", ["qlq-c30", "bpi-sf", "phq-9"])
def test_every_row_has_the_values_it_has_alone(name: str) -> None:
    rows = _rows(plan(name), 600)
    for row, values in zip(rows, score_rows(plan(name), rows), strict=True):
        alone = score(plan(name), dict(zip(plan(name).answers, row, strict=True)))
        assert values == tuple(line.value for line in alone.scores.values())


def test_rows_are_scored_lazily_from_any_iterable() -> None:
    first = next(score_rows(plan("bpi-sf"), iter([[4] * 11, [5] * 11])))
    assert first == (4.0, 4.0, 4.0, 4.0, 4.0)
    assert list(score_rows(plan("bpi-sf"), [])) == []


@pytest.mark.parametrize("value", [17, 2.5, 2.0, "3", True])
def test_a_wrong_value_is_refused_also_after_its_equal_was_seen(value: object) -> None:
    good = [3] * 30
    with pytest.raises(NotAnAnswer) as caught:
        list(score_rows(plan("qlq-c30"), [[1] * 30, [2] * 30, good, [*good[:4], value, *good[5:]]]))  # type: ignore[list-item]
    assert caught.value.params["item"] == "q5"
    assert caught.value.params["value"] == repr(value)


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        list(score_rows(plan("bpi-sf"), [[1] * 10]))
    with pytest.raises(ValueError, match="zip"):
        list(score_rows(plan("bpi-sf"), [[1] * 11, [1] * 12]))


@pytest.mark.parametrize("most", [0, 50, 10**9])
def test_what_is_remembered_does_not_change_the_values(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    for name in ("qlq-c30", "bpi-sf"):
        rows = _rows(plan(name), 300)
        usual = list(score_rows(plan(name), rows))
        with monkeypatch.context() as patch:
            patch.setattr(batch, "MOST_PATTERNS", most)
            patch.setattr(batch, "MOST_IN_A_BLOCK", most)
            assert list(score_rows(plan(name), rows)) == usual


def test_no_table_can_grow_with_the_number_of_rows() -> None:
    chosen = plan("bpi-sf")
    cells: Batch[None] = Batch(chosen, lambda code: code, lambda *_: None)
    for turn in range(3):
        chance = random.Random(turn)
        columns = [
            [chance.choice([*codes, None]) for _ in range(20_000)] for codes in chosen.answers.values()
        ]
        cells.columns(columns)
    for block in cells._blocks:
        if isinstance(block, batch._Patterns):
            assert len(block) <= batch.MOST_PATTERNS
    # Interference: at most 71 sums of seven codes for each of eight counts.
    assert len(cells._results["INTERFERENCE"]) <= 8 * 71


def test_a_score_of_scores_of_scores_is_exact_too() -> None:
    chosen = small_plan(
        scale(name="M"),
        scale(name="L", method="linear", reverse=True, range=(0, 100), minimum=1),
        scale(
            name="D", method="mean_of_scales", items=(), scales=("M", "L"), reversed_scales=("L",), minimum=1
        ),
        scale(name="E", method="mean_of_scales", items=(), scales=("D", "M"), minimum=2),
    )
    rows: list[list[int | None]] = [
        [a, b, c] for a in (None, 1, 2, 4) for b in (None, 1, 3) for c in (None, 2, 4)
    ]
    for row, values in zip(rows, score_rows(chosen, rows), strict=True):
        alone = score(chosen, dict(zip("abc", row, strict=True)))
        assert values == tuple(line.value for line in alone.scores.values())


def test_the_first_wrong_cell_of_a_row_is_found() -> None:
    cells: Batch[str] = Batch(plan("bpi-sf"), lambda code: "" if code is None else str(code), lambda *_: "")
    assert cells.first_fault(["10"] * 11) is None
    fault = cells.first_fault(["10", "11", "x", *["1"] * 8])
    assert fault is not None
    assert (fault.params["item"], fault.params["value"]) == ("bpi4", "'11'")

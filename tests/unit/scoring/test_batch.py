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


def test_patterns_are_remembered_only_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "MOST_PATTERNS", 10)
    chosen = plan("bpi-sf")
    rows = _rows(chosen, 500)
    assert len({tuple(row[4:]) for row in rows}) > 10
    limited: Batch[float | None] = Batch(
        chosen, lambda code: code, lambda _s, v, _n: None if v is None else float(v)
    )
    columns = [list(column) for column in zip(*rows, strict=True)]
    found = list(zip(*limited.columns(columns), strict=True))
    assert found == list(score_rows(chosen, rows))
    assert max(len(step._patterns) for step in limited._steps) == 10


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

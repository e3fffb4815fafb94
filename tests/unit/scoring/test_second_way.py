"""The same rules written a second time, by another route: whole columns, numpy, floating point.

It shares nothing with the engine: not the definition files, not the fractions, not the tables.
"""

import numpy as np
import pytest

from pro_app.scoring.batch import score_rows
from tests.unit.scoring.plans import plan

FUNCTION = {"PF2": (1, 2, 3, 4, 5), "RF2": (6, 7), "EF": (21, 22, 23, 24), "CF": (20, 25), "SF": (26, 27)}
SYMPTOM = {
    **{"FA": (10, 12, 18), "NV": (14, 15), "PA": (9, 19)},
    **{"DY": (8,), "SL": (11,), "AP": (13,), "CO": (16,), "DI": (17,), "FI": (28,)},
}


def _answers(codes: list[list[int]], rows: int, missing: float) -> np.ndarray:
    chance = np.random.default_rng(20231108)
    columns = [chance.choice(each, rows).astype(float) for each in codes]
    table = np.column_stack(columns)
    table[chance.random(table.shape) < missing] = np.nan
    return table


def _mean(table: np.ndarray, numbers: tuple[int, ...], needed: float) -> np.ndarray:
    part = table[:, [number - 1 for number in numbers]]
    count = np.sum(~np.isnan(part), axis=1)
    total = np.nansum(part, axis=1)
    return np.where(count >= needed, total / np.maximum(count, 1), np.nan)


def _c30(table: np.ndarray) -> np.ndarray:
    half = {name: _mean(table, items, len(items) / 2) for name, items in {**FUNCTION, **SYMPTOM}.items()}
    scores = {name: (1 - (half[name] - 1) / 3) * 100 for name in FUNCTION}
    scores |= {name: (half[name] - 1) / 3 * 100 for name in SYMPTOM}
    scores["QL2"] = (_mean(table, (29, 30), 1) - 1) / 6 * 100
    # With a nan in any of the thirteen the plain mean is nan: that is the rule.
    thirteen = [scores[name] for name in FUNCTION] + [100 - scores[name] for name in SYMPTOM if name != "FI"]
    scores["SUMMARY"] = np.mean(thirteen, axis=0)
    return np.column_stack([scores[name] for name in plan("qlq-c30").names])


def _bpi(table: np.ndarray) -> np.ndarray:
    columns = [
        _mean(table, (1, 2, 3, 4), 4),
        _mean(table, (5, 6, 7, 8, 9, 10, 11), 4),
        table[:, 0],
        _mean(table, (6, 9, 11), 3),
        _mean(table, (5, 7, 8, 10), 4),
    ]
    return np.column_stack(columns)


@pytest.mark.parametrize("missing", [0.0, 0.02, 0.3, 0.7])
@pytest.mark.parametrize("name", ["qlq-c30", "bpi-sf"])
def test_both_ways_agree_on_random_answers(name: str, missing: float) -> None:
    codes = [[1, 2, 3, 4]] * 28 + [[1, 2, 3, 4, 5, 6, 7]] * 2 if name == "qlq-c30" else [list(range(11))] * 11
    table = _answers(codes, 1500, missing)
    theirs = _c30(table) if name == "qlq-c30" else _bpi(table)
    rows = [[None if np.isnan(value) else int(value) for value in row] for row in table]
    ours = np.array(list(score_rows(plan(name), rows)), dtype=float)
    assert np.array_equal(np.isnan(ours), np.isnan(theirs))
    assert np.nanmax(np.abs(ours - theirs), initial=0.0) < 1e-9

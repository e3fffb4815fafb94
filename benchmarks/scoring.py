"""Scoring many answer sheets: in the engine beside numpy, and through CSV beside copying the file."""

import csv
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.rows import Row
from pro_app.config import ROOT
from pro_app.instruments.catalogue import load_instrument
from pro_app.scoring.batch import score_rows
from pro_app.scoring.engine import score
from pro_app.scoring.plan import ScoringPlan

ROWS = 200_000
RUNS = 3
SHARE_MISSING = 0.03
SINGLE = 2_000


def measure(folder: Path) -> list[Row]:
    """The figures of issue 3: at least 200,000 rows a second in the engine, 60,000 through CSV."""
    folder.mkdir(parents=True, exist_ok=True)
    plan = load_instrument(ROOT / "questionnaires", "qlq-c30").scoring
    answers = _answers(plan)
    engine = ROWS / _best(lambda: sum(1 for _ in score_rows(plan, answers)))
    peer = ROWS / _best(lambda: _numpy(answers))
    source = folder / "answers.csv"
    with source.open("w", newline="") as file:
        csv.writer(file).writerows([list(plan.answers), *answers])
    through = ROWS / _best(lambda: _score_file(source, folder / "scores.csv"))
    copied = ROWS / _best(lambda: _copy_file(source, folder / "copy.csv"))
    sheets = [dict(zip(plan.answers, row, strict=True)) for row in answers[:SINGLE]]
    single = _best(lambda: [score(plan, sheet) for sheet in sheets]) / SINGLE * 1e6
    return [
        Row("QLQ-C30 rows scored, engine", engine, "rows/s", target=200_000, at_least=True),
        Row("the same, beside numpy by whole columns", engine, "rows/s", peer, "numpy"),
        Row("QLQ-C30 rows scored, CSV to CSV", through, "rows/s", target=60_000, at_least=True),
        Row("the same, beside copying the CSV", through, "rows/s", copied, "csv copy"),
        Row("one QLQ-C30 sheet with used and missing items", single, "µs"),
    ]


def _answers(plan: ScoringPlan) -> list[list[int | None]]:
    chance = random.Random(6120426)
    return [
        [None if chance.random() < SHARE_MISSING else chance.choice(codes) for codes in plan.answers.values()]
        for _ in range(ROWS)
    ]


def _best(work: Callable[[], object]) -> float:
    """Seconds of the quickest of some runs: what the machine can, not what else it was doing."""
    times = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times)


def _score_file(source: Path, target: Path) -> None:
    arguments = ["score", "qlq-c30", "--in", str(source), "--out", str(target)]
    subprocess.run([sys.executable, "-m", "pro_app", *arguments], cwd=ROOT, check=True)


def _copy_file(source: Path, target: Path) -> None:
    with source.open(newline="") as given, target.open("w", newline="") as copy:
        csv.writer(copy).writerows(csv.reader(given))


def _numpy(answers: list[list[int | None]]) -> list[list[float]]:
    """The fifteen scales and the summary by whole columns, rows in and rows out as in the engine."""
    table = np.array(answers, dtype=float)

    def mean(*numbers: int) -> np.ndarray:
        part = table[:, [number - 1 for number in numbers]]
        count = np.sum(~np.isnan(part), axis=1)
        return np.where(2 * count >= len(numbers), np.nansum(part, axis=1) / np.maximum(count, 1), np.nan)

    function = [mean(1, 2, 3, 4, 5), mean(6, 7), mean(21, 22, 23, 24), mean(20, 25), mean(26, 27)]
    symptom = [mean(10, 12, 18), mean(14, 15), mean(9, 19), *(mean(n) for n in (8, 11, 13, 16, 17, 28))]
    functional = [(1 - (each - 1) / 3) * 100 for each in function]
    symptoms = [(each - 1) / 3 * 100 for each in symptom]
    health = (mean(29, 30) - 1) / 6 * 100
    summary = np.mean([*functional, *(100 - each for each in symptoms[:-1])], axis=0)
    found: list[list[float]] = np.column_stack([health, *functional, *symptoms, summary]).tolist()
    return found

"""Our scores against those of other people's programs, row by row, to 1e-9."""

import csv
from pathlib import Path

import pytest

from pro_app.config import ROOT
from pro_app.instruments.catalogue import load_instrument
from pro_app.scoring.batch import score_rows
from pro_app.scoring.engine import score

HERE = Path(__file__).parent
BPI_COLUMNS = {
    "bpi3": "worst",
    "bpi4": "least",
    "bpi5": "average",
    "bpi6": "now",
    **{f"bpi9{letter}": letter for letter in "abcdefg"},
}
FILES = {
    "qlq-c30": ("qlq_c30.csv", {f"q{n}": f"q{n}" for n in range(1, 31)}, 151),
    "bpi-sf": ("bpi_sf.csv", BPI_COLUMNS, 120),
}


def _rows(instrument: str) -> list[tuple[dict[str, int | None], dict[str, float | None]]]:
    name, columns, count = FILES[instrument]
    with (HERE / name).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == count
    return [
        (
            {item: int(row[column]) if row[column] else None for item, column in columns.items()},
            {
                key.upper(): float(value) if value else None
                for key, value in row.items()
                if key not in columns.values()
            },
        )
        for row in rows
    ]


@pytest.mark.parametrize("instrument", FILES)
def test_every_recorded_row_is_scored_as_the_other_program_scored_it(instrument: str) -> None:
    plan = load_instrument(ROOT / "questionnaires", instrument).scoring
    for number, (answers, expected) in enumerate(_rows(instrument), 2):
        sheet = score(plan, answers)
        for scale, value in expected.items():
            ours = sheet.scores[scale].value
            assert ours == (None if value is None else pytest.approx(value, abs=1e-9, rel=0)), (number, scale)


@pytest.mark.parametrize("instrument", FILES)
def test_the_tables_for_many_rows_give_the_same_doubles(instrument: str) -> None:
    plan = load_instrument(ROOT / "questionnaires", instrument).scoring
    rows = [answers for answers, _ in _rows(instrument)]
    together = list(score_rows(plan, [[row[item] for item in plan.answers] for row in rows]))
    for row, values in zip(rows, together, strict=True):
        one_by_one = tuple(line.value for line in score(plan, row).scores.values())
        assert values == one_by_one


def test_the_recorded_rows_have_both_what_can_and_what_cannot_be_computed() -> None:
    for instrument in FILES:
        values = [value for _, expected in _rows(instrument) for value in expected.values()]
        assert values.count(None) > 50
        assert len(values) - values.count(None) > 50

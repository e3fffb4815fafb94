"""The page for statisticians shows two participants by hand; what it says is what comes out."""

import csv
import re

import pytest

from pro_app.config import ROOT
from pro_app.scoring.engine import score
from tests.unit.scoring.plans import plan

PAGE = (ROOT / "docs" / "instruments-and-scoring.md").read_text(encoding="utf-8")


def _participants() -> list[dict[str, int | None]]:
    blocks = re.findall(r"```csv\n(.*?)```", PAGE, re.DOTALL)
    rows = [next(csv.DictReader(block.splitlines())) for block in blocks]
    return [{item: int(cell) if cell else None for item, cell in row.items()} for row in rows]


@pytest.mark.parametrize(("name", "which"), [("qlq-c30", 0), ("bpi-sf", 1)])
def test_every_score_on_the_page_is_the_one_that_comes_out(name: str, which: int) -> None:
    sheet = score(plan(name), _participants()[which])
    told = dict(re.findall(r"^\| ([A-Z0-9]+) \|.*\| ([\d.]+) \|$", PAGE, re.MULTILINE))
    for scale in plan(name).scales:
        if not scale.provisional:
            assert float(told[scale.name]) == sheet.scores[scale.name].value


def test_the_items_that_the_page_calls_missing_are_missing() -> None:
    missing = [item for item, code in _participants()[0].items() if code is None]
    assert missing == ["q3", "q22", "q23", "q30"]
    without = score(plan("qlq-c30"), {**_participants()[0], "q24": None}).scores
    assert (without["EF"].reason, without["SUMMARY"].reason) == ("too_few_answered", "scale_missing")


def test_mary_has_the_class_that_the_page_names() -> None:
    assert score(plan("bpi-sf"), _participants()[1]).scores["WORST"].band == "severe"


def test_every_algorithm_on_the_page_is_the_one_in_the_files() -> None:
    for name in ("qlq-c30", "bpi-sf", "phq-9"):
        assert f"`{plan(name).algorithm}`" in PAGE

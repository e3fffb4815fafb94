"""Tables of text: columns found by name, others passed through, bad rows told with their place."""

from collections.abc import Sequence

import pytest

from pro_app.scoring import table
from pro_app.scoring.faults import BadRow, ColumnsMissing, ColumnTwice
from pro_app.scoring.table import TableScorer
from tests.unit.scoring.plans import plan, scale, small_plan

SMALL = small_plan(scale(name="M"), scale(name="P", minimum=1, provisional=True))


def _scored(
    scorer: TableScorer, rows: list[Sequence[str]], bad: list[BadRow] | None = None
) -> list[list[str]]:
    return [list(row) for chunk in scorer.chunks(rows, bad) for row in chunk]


def test_scores_stand_behind_the_columns_that_were_there() -> None:
    scorer = TableScorer(SMALL, ["id", "c", "a", "site", "b"])
    assert scorer.header == ["id", "c", "a", "site", "b", "M"]
    assert _scored(scorer, [["1", "3", "2", "Changzheng", "1"], ["2", "", "", "", "4"]]) == [
        ["1", "3", "2", "Changzheng", "1", "2"],
        ["2", "", "", "", "4", ""],
    ]


def test_provisional_scales_are_written_when_asked_for() -> None:
    scorer = TableScorer(SMALL, ["a", "b", "c"], provisional=True)
    assert _scored(scorer, [["", "", "4"]]) == [["", "", "4", "", "4"]]
    assert TableScorer(plan("bpi-sf"), list(plan("bpi-sf").answers)).header[-3:] == [
        "SEVERITY",
        "INTERFERENCE",
        "WORST",
    ]


def test_a_score_has_all_its_digits_and_no_point_when_it_is_whole() -> None:
    scorer = TableScorer(SMALL, ["a", "b", "c"])
    assert [row[-1] for row in _scored(scorer, [["1", "1", "2"], ["1", "2", ""]])] == [
        "1.3333333333333333",
        "1.5",
    ]


def test_the_long_form_has_a_row_for_each_scale_with_its_reason() -> None:
    scorer = TableScorer(plan("bpi-sf"), ["id", *plan("bpi-sf").answers], long=True)
    assert scorer.header == [
        "id",
        "row",
        "scale",
        "value",
        "reason",
        "band",
        "answered",
        "parts",
        "algorithm",
    ]
    rows = _scored(
        scorer, [["Wang", "7", "", "", "", "1", "2", "", "", "", "", ""], [], ["Mary", *[""] * 11]]
    )
    assert rows == [
        ["Wang", "2", "SEVERITY", "", "too_few_answered", "", "1", "4", "bpi-sf/1"],
        ["Wang", "2", "INTERFERENCE", "", "too_few_answered", "", "2", "7", "bpi-sf/1"],
        ["Wang", "2", "WORST", "7", "", "severe", "1", "1", "bpi-sf/1"],
        ["Mary", "4", "SEVERITY", "", "none_answered", "", "0", "4", "bpi-sf/1"],
        ["Mary", "4", "INTERFERENCE", "", "none_answered", "", "0", "7", "bpi-sf/1"],
        ["Mary", "4", "WORST", "", "none_answered", "", "0", "1", "bpi-sf/1"],
    ]


def test_the_long_form_works_without_any_other_column() -> None:
    scorer = TableScorer(SMALL, ["a", "b", "c"], long=True)
    assert _scored(scorer, [["1", "2", "3"]]) == [["2", "M", "2", "", "", "3", "3", "small/1"]]


def test_an_input_column_with_the_name_of_a_score_is_kept_under_another_name() -> None:
    scorer = TableScorer(SMALL, ["M", "M_in", "a", "b", "c"])
    assert scorer.renamed == {"M": "M_in_in"}
    assert scorer.header == ["M_in_in", "M_in", "a", "b", "c", "M"]


def test_missing_and_doubled_item_columns_are_named() -> None:
    with pytest.raises(ColumnsMissing) as missing:
        TableScorer(SMALL, ["a", "x"])
    assert missing.value.params == {"instrument": "small", "columns": "b c"}
    with pytest.raises(ColumnTwice) as twice:
        TableScorer(SMALL, ["a", "b", "c", "b"])
    assert twice.value.params == {"columns": "b"}


@pytest.mark.parametrize("cell", ["5", "0", "2.5", "3.0", " 3", "NA", ".", "true", "３", "-1"])
def test_a_bad_cell_stops_with_its_row_and_column(cell: str) -> None:
    scorer = TableScorer(SMALL, ["a", "b", "c"])
    with pytest.raises(BadRow) as caught:
        _scored(scorer, [["1", "2", "3"], ["1", cell, "3"]])
    assert caught.value.params == {
        "row": 3,
        "column": "b",
        "problem": f"{cell!r} is none of 1 2 3 4, and not blank",
    }
    assert caught.value.cells == ("1", cell, "3")


def test_a_row_with_too_many_or_too_few_cells_is_bad() -> None:
    scorer = TableScorer(SMALL, ["a", "b", "c"])
    for row in (["1", "2"], ["1", "2", "3", "4"]):
        with pytest.raises(BadRow) as caught:
            _scored(scorer, [row])
        assert caught.value.params["problem"] == f"{len(row)} cells, but the header has 3"


def test_bad_rows_are_set_aside_and_the_rest_is_scored() -> None:
    bad: list[BadRow] = []
    scorer = TableScorer(SMALL, ["a", "b", "c"])
    rows = _scored(scorer, [["1", "1", "1"], ["9", "1", "1"], [], ["1", "2"], ["4", "4", "4"]], bad)
    assert [row[-1] for row in rows] == ["1", "4"]
    assert [(fault.params["row"], fault.params["column"]) for fault in bad] == [(3, "a"), (5, "-")]


def test_a_chunk_of_bad_rows_only_gives_nothing() -> None:
    bad: list[BadRow] = []
    assert _scored(TableScorer(SMALL, ["a", "b", "c"]), [["9", "1", "1"]], bad) == []
    assert len(bad) == 1


def test_rows_are_counted_on_across_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "CHUNK", 3)
    scorer = TableScorer(SMALL, ["a", "b", "c"])
    with pytest.raises(BadRow) as caught:
        _scored(scorer, [["1", "1", "1"]] * 7 + [["1", "1", "x"]])
    assert caught.value.params["row"] == 9

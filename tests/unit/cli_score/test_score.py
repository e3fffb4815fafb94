"""`pro-app score`, as a statistician runs it."""

import csv
import io
import random
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pro_app.cli import score as score_module
from pro_app.cli.score import score
from pro_app.config import ROOT
from pro_app.scoring.batch import CHUNK

ITEMS = [f"q{n}" for n in range(1, 31)]
SCALES = [
    "QL2",
    "PF2",
    "RF2",
    "EF",
    "CF",
    "SF",
    "FA",
    "NV",
    "PA",
    "DY",
    "SL",
    "AP",
    "CO",
    "DI",
    "FI",
    "SUMMARY",
]
GOOD = ["2"] * 28 + ["6", "6"]


def _run(*arguments: str, given: str | bytes | None = None) -> Result:
    return CliRunner().invoke(score, list(arguments), input=given)


def _file(path: Path, rows: list[list[str]], header: list[str] = ITEMS) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_file_comes_out_with_scores_behind_its_columns(tmp_path: Path) -> None:
    source = _file(tmp_path / "in.csv", [["王", *GOOD], ["Mary", *[""] * 30]], ["name", *ITEMS])
    done = _run("qlq-c30", "--in", str(source), "--out", str(tmp_path / "out.csv"))
    assert (done.exit_code, done.output) == (0, "")
    wang, mary = _read(tmp_path / "out.csv")
    assert list(wang) == ["name", *ITEMS, *SCALES]
    assert (wang["name"], wang["QL2"], wang["PF2"], wang["FA"]) == (
        "王",
        "83.33333333333333",
        "66.66666666666667",
        "33.333333333333336",
    )
    assert {mary[scale] for scale in SCALES} == {""}


def test_standard_input_and_output_can_be_used() -> None:
    given = ",".join(ITEMS) + "\n" + ",".join(GOOD) + "\n"
    done = _run("qlq-c30", "--in", "-", "--out", "-", given=given)
    assert done.exit_code == 0
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert rows[0]["SUMMARY"] == "66.66666666666667"


def test_the_long_form_has_a_row_for_each_scale(tmp_path: Path) -> None:
    source = _file(tmp_path / "in.csv", [GOOD])
    assert _run("qlq-c30", "--in", str(source), "--out", str(tmp_path / "o"), "--long").exit_code == 0
    rows = _read(tmp_path / "o")
    assert [row["scale"] for row in rows] == SCALES
    assert rows[0]["value"] == "83.33333333333333"


def test_the_recorded_vectors_go_through_with_their_own_score_columns_kept(tmp_path: Path) -> None:
    source = ROOT / "tests" / "golden" / "qlq_c30.csv"
    done = _run("qlq-c30", "--in", str(source), "--out", str(tmp_path / "o"))
    assert "Columns that are called like a score are passed through: PF2 as PF2_in" in done.stderr
    rows = _read(tmp_path / "o")
    assert len(rows) == 151
    for row in rows:
        for scale in SCALES:
            recorded = row[f"{scale}_in"]
            assert (row[scale] == "") == (recorded == "")
            assert not recorded or abs(float(row[scale]) - float(recorded)) < 1e-9


def test_a_bad_row_stops_with_file_row_and_column_and_leaves_no_half_file(tmp_path: Path) -> None:
    source = _file(tmp_path / "in.csv", [GOOD, [*GOOD[:4], "17", *GOOD[5:]]])
    done = _run("qlq-c30", "--in", str(source), "--out", str(tmp_path / "out.csv"))
    assert done.exit_code == 1
    assert done.stderr == (
        f"Error: {source}: Row 3 (the header is row 1), column q5: '17' is none of 1 2 3 4, and not blank.\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_with_an_errors_file_the_rest_is_scored_and_the_bad_rows_can_be_mended(tmp_path: Path) -> None:
    bad = [*GOOD[:4], "2.5", *GOOD[5:]]
    source = _file(tmp_path / "in.csv", [GOOD, bad, [], GOOD[:-1], GOOD])
    out, errors = tmp_path / "out.csv", tmp_path / "errors.csv"
    done = _run("qlq-c30", "--in", str(source), "--out", str(out), "--errors", str(errors))
    assert (done.exit_code, done.stderr) == (0, f"Rows that could not be scored: 2, in {errors}.\n")
    assert len(_read(out)) == 2
    first, second = _read(errors)
    assert (first["error_row"], first["error_column"], first["q5"]) == ("3", "q5", "2.5")
    assert (second["error_row"], second["error_column"], second["error_problem"]) == (
        "5",
        "-",
        "29 cells, but the header has 30",
    )
    again = _file(tmp_path / "mended.csv", [[*first.values()][:3] + GOOD], list(first))
    assert _run("qlq-c30", "--in", str(again), "--out", str(tmp_path / "again.csv")).exit_code == 0


def test_an_errors_file_for_good_rows_says_nothing(tmp_path: Path) -> None:
    source = _file(tmp_path / "in.csv", [GOOD])
    done = _run("qlq-c30", "--in", str(source), "--out", str(tmp_path / "o"), "--errors", str(tmp_path / "e"))
    assert (done.exit_code, done.output) == (0, "")
    assert _read(tmp_path / "e") == []


def test_the_pain_inventory_is_scored_and_its_provisional_scales_when_asked_for(tmp_path: Path) -> None:
    items = ["bpi3", "bpi4", "bpi5", "bpi6", *[f"bpi9{letter}" for letter in "abcdefg"]]
    source = _file(tmp_path / "in.csv", [["7", "1", "4", "2", *"0123456"]], items)
    _run("bpi-sf", "--in", str(source), "--out", str(tmp_path / "o"))
    _run("bpi-sf", "--in", str(source), "--out", str(tmp_path / "p"), "--provisional")
    assert list(_read(tmp_path / "o")[0])[11:] == ["SEVERITY", "INTERFERENCE", "WORST"]
    assert list(_read(tmp_path / "o")[0].values())[11:] == ["3.5", "3", "7"]
    assert list(_read(tmp_path / "p")[0])[14:] == ["AFFECTIVE", "ACTIVITY"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty: it needs a first row with the names of the columns."),
        (b"id,q1\n1,2\n", "no column for these items of qlq-c30: q2 q3 q4"),
        (",".join([*ITEMS, "q7"]).encode(), "has these columns twice: q7"),
        ((",".join(ITEMS) + '\n"1').encode(), "is not valid CSV: unexpected end of data."),
        ((",".join(ITEMS) + "\n中").encode("gb18030"), "The file is not utf-8 text; save it as UTF-8"),
    ],
)
def test_a_file_that_can_not_be_read_is_one_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes(content)
    done = _run("qlq-c30", "--in", str(source), "--out", str(tmp_path / "o"))
    assert done.exit_code == 1
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "o").exists()


def test_a_table_saved_by_a_spreadsheet_is_read_whatever_its_marks(tmp_path: Path) -> None:
    text = ",".join(["名", *ITEMS]) + "\r\n" + ",".join(["王", *GOOD]) + "\r\n"
    for name, content, more in (
        ("bom", text.encode("utf-8-sig"), []),
        ("gb", text.encode("gb18030"), ["--encoding", "gb18030"]),
    ):
        (tmp_path / name).write_bytes(content)
        done = _run("qlq-c30", "--in", str(tmp_path / name), "--out", str(tmp_path / "o"), *more)
        assert done.exit_code == 0, done.output
        assert _read(tmp_path / "o")[0]["名"] == "王"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["sf-36", "--in", "-", "--out", "-"],
            "There is no instrument sf-36; there are: bpi-sf, phq-9, qlq-c30.",
        ),
        (["qlq-c30", "--in", "nowhere.csv", "--out", "-"], "nowhere.csv: No such file or directory."),
        (["qlq-c30", "--in", "-", "--out", "no/such/folder.csv"], "No such file or directory."),
        (["qlq-c30", "--in", "-", "--out", "-", "--encoding", "klingon"], "klingon is no text encoding"),
        (["qlq-c30", "--in", "a", "--out", "./a"], "--in, --out and --errors must be different files."),
        (
            ["qlq-c30", "--in", "b", "--out", "-", "--errors", "-"],
            "--in, --out and --errors must be different",
        ),
    ],
)
def test_a_wrong_call_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = _run(*arguments, given=",".join(ITEMS) + "\n")
    assert done.exit_code == 1
    assert sentence in done.stderr


def test_the_bar_follows_the_bytes_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = _file(tmp_path / "in.csv", [GOOD] * 9000)
    seen: list[int] = []
    monkeypatch.setattr(score_module.tqdm, "update", lambda _bar, n: seen.append(n))
    monkeypatch.setattr(score_module.tqdm, "close", lambda _bar: None)
    assert _run("qlq-c30", "--in", str(source), "--out", str(tmp_path / "o")).exit_code == 0
    assert len(seen) == -(-9000 // CHUNK)
    assert all(step > 0 for step in seen)


def test_a_reader_that_has_seen_enough_ends_it_quietly(tmp_path: Path) -> None:
    source = _file(tmp_path / "in.csv", [GOOD] * 20000)
    command = f"{sys.executable} -m pro_app score qlq-c30 --in {source} --out - | head -n 1"
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == ",".join([*ITEMS, *SCALES]) + "\n"
    assert done.stderr == ""


def test_a_named_pipe_can_be_read(tmp_path: Path) -> None:
    command = (
        f"cat tests/golden/qlq_c30.csv | {sys.executable} -m pro_app score qlq-c30 --in /dev/stdin --out -"
    )
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.count("\n") == 152


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Peak memory of ten times the rows, in a process of its own, is the same within 8 MiB."""
    chance = random.Random(5)
    lines = [",".join(chance.choice("1234") for _ in range(28)) + ",5,6\n" for _ in range(8000)]
    peaks = []
    for times in (1, 10):
        source = tmp_path / "in.csv"
        with source.open("w") as file:
            file.write(",".join(ITEMS) + "\n")
            for _ in range(times):
                file.writelines(lines)
        program = (
            "import resource, sys\n"
            "from pro_app.cli.score import score\n"
            "score(sys.argv[1:], standalone_mode=False)\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)\n"
        )
        arguments = ["qlq-c30", "--in", str(source), "--out", str(tmp_path / "o")]
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
        )
        peaks.append(int(done.stderr.splitlines()[-1]) * (1 if sys.platform == "darwin" else 1024))
    assert resource.getpagesize() < peaks[0]
    assert peaks[1] - peaks[0] < 8 * 1024 * 1024

"""`pro-app export` and `pro-app report` as a statistician and an operator use them."""

import csv
import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from pro_app.cli.export import export
from pro_app.cli.report import report
from pro_app.config import ROOT
from pro_app.errors import ProAppError
from pro_app.instruments.catalogue import Catalogue
from pro_app.keys import KeyRing, create_key_file, load_key_ring
from pro_app.links import Links
from pro_app.records import audit, migrating
from pro_app.records.store import Store
from pro_app.schedule.elements import Study
from tests.contract.registry import peers
from tests.integration.exports.reading_back import manifest, rows
from tests.integration.exports.ward import SECRET, Ward, filled


@pytest.fixture
def home(
    tmp_path: Path, study: Study, catalogue: Catalogue, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """An installation with the filled ward, found by its environment."""
    folder = tmp_path / "instance"
    folder.mkdir()
    create_key_file(folder / "keys.json")
    keys: KeyRing = load_key_ring(folder / "keys.json", None)
    store = Store(f"sqlite:///{folder / 'pro_app.sqlite'}", keys)
    migrating.up(store)
    filled(Ward(store, study, catalogue, Links(keys), now))
    store.close()
    monkeypatch.setenv("PRO_APP_DATA_DIR", str(folder))
    return folder


# The words by their names, whether or not the program's list has them yet.
PROGRAM = (
    "from pro_app.cli.main import WORDS, main\n"
    "WORDS.setdefault('export', 'export:export')\n"
    "WORDS.setdefault('report', 'report:report')\n"
    "main()\n"
)


def run(*arguments: str, limit: Callable[[], None] | None = None) -> subprocess.CompletedProcess[str]:
    """A word as a program of its own."""
    command = [sys.executable, "-c", PROGRAM, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, preexec_fn=limit)


def test_who_has_only_the_export_reproduces_every_score(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert CliRunner().invoke(export, ["--format", "csv-wide", "--out", str(out)]).exit_code == 0
    compared = 0
    for name in ("qlq-c30", "bpi-sf"):
        scored = tmp_path / f"{name}-scored.csv"
        again = run("score", name, "--in", str(out / f"{name}.csv"), "--out", str(scored), "--provisional")
        assert again.returncode == 0, again.stderr
        with scored.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                for scale in [column.removesuffix("_in") for column in row if column.endswith("_in")]:
                    assert row[scale] == row[f"{scale}_in"], scale  # to the last digit
                    compared += bool(row[scale])
    assert compared > 40


def test_the_scripts_beside_the_files_load_them(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert CliRunner().invoke(export, ["--out", str(out)]).exit_code == 0
    loaded = subprocess.run(
        [sys.executable, str(out / "load.py")], capture_output=True, text=True, check=False
    )
    assert loaded.returncode == 0, loaded.stderr
    assert "qlq-c30.csv: 12 rows" in loaded.stdout


IN_R = """
source("load.R")
for (data in list(qlq_c30, bpi_sf)) {
  with_value <- function(test) names(data)[sapply(data, test)]
  cat(nrow(data), length(with_value(is.numeric)), length(with_value(is.factor)),
      length(with_value(function(x) inherits(x, "Date"))),
      length(with_value(function(x) inherits(x, "POSIXct"))), sum(data$QL2, data$WORST, na.rm = TRUE),
      sum(data$state == "in_window"), "\n")
}
cat(format(qlq_c30$received_at[1], "%Y-%m-%dT%H:%M:%SZ"), format(qlq_c30$due[1]), "\n")
cat(as.character(qlq_c30$q3_missing[1]), as.character(qlq_c30$QL2_reason[1]), is.na(qlq_c30$q3[1]), "\n")
"""


@pytest.mark.peer
def test_the_r_script_loads_numbers_codes_days_and_instants_as_what_they_are(
    home: Path, tmp_path: Path
) -> None:
    if shutil.which("Rscript") is None:
        peers.missing("R is not installed")
    out = tmp_path / "out"
    assert CliRunner().invoke(export, ["--out", str(out), "--language", "zh-Hans"]).exit_code == 0
    (out / "ask.R").write_text(IN_R)
    done = subprocess.run(["Rscript", "ask.R"], cwd=out, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    of_r = [line.split() for line in done.stdout.splitlines()]
    for found, (name, scale) in zip(of_r, (("qlq-c30", "QL2"), ("bpi-sf", "WORST")), strict=False):
        mine = rows(out, f"{name}.csv")
        assert int(found[0]) == len(mine) == 12
        assert float(found[5]) == sum(float(row[scale]) for row in mine if row[scale])
        assert int(found[6]) == sum(row["state"] == "in_window" for row in mine)
        assert all(int(count) for count in found[1:5])
    first = rows(out, "qlq-c30.csv")[0]
    assert of_r[2] == [first["received_at"], first["due"]]
    assert of_r[3] == [first["q3_missing"], first["QL2_reason"], "TRUE"]


def test_the_export_is_told_and_written_to_the_audit_trail(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    told = CliRunner().invoke(export, ["--format", "csv-long", "--out", str(out), "--site", "CZ"])
    assert "1 participants, 12 expected forms, 3 received" in told.output
    store = Store(f"sqlite:///{home / 'pro_app.sqlite'}", load_key_ring(home / "keys.json", None))
    with store.reading() as tx:
        (event,) = audit.history(tx, "NCT06120426")
        assert not audit.verify(tx)
    store.close()
    assert event.action == "exported"
    assert event.detail["sites"] == ["CZ"]
    assert event.detail["forms"] == 12


def test_json_is_the_manifest(home: Path, tmp_path: Path) -> None:
    done = run("export", "--out", str(tmp_path / "out"), "--json")
    assert json.loads(done.stdout) == manifest(tmp_path / "out")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--format", "xls"], "xls"),
        (["--language", "fr"], "fr"),
        (["--site", "ZZ"], "ZZ"),
        (["--timepoint", "9m"], "9m"),
    ],
)
def test_what_does_not_exist_is_refused_and_leaves_nothing(
    home: Path, tmp_path: Path, arguments: list[str], said: str
) -> None:
    done = CliRunner().invoke(export, ["--out", str(tmp_path / "out"), *arguments])
    assert isinstance(done.exception, ProAppError)
    assert said in json.dumps(done.exception.params)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["instance"]


def test_an_older_export_is_never_touched(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert CliRunner().invoke(export, ["--out", str(out)]).exit_code == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    again = CliRunner().invoke(export, ["--out", str(out)])
    assert isinstance(again.exception, ProAppError)
    assert again.exception.code == "export_folder_used"
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_a_disk_that_fills_is_one_sentence_and_leaves_nothing(home: Path, tmp_path: Path) -> None:
    """The kernel refuses to let any file of the process grow beyond 60,000 bytes, as a full disk would."""

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))

    done = run("export", "--format", "qs", "--out", str(tmp_path / "out"), limit=limited)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "export_no_space" in done.stderr or "not enough room" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["instance"]


def test_a_killed_export_leaves_no_folder_of_that_name(home: Path, tmp_path: Path) -> None:
    script = (
        "import os, sys\n"
        "from pro_app.exports import aside\n"
        "aside.Aside.settle = lambda self, about: os._exit(9)\n"
        "from pro_app.cli.export import export\n"
        f"export(['--out', {str(tmp_path / 'out')!r}])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=os.environ, check=False)
    assert done.returncode == 9
    assert not (tmp_path / "out").exists()
    assert CliRunner().invoke(export, ["--out", str(tmp_path / "out")]).exit_code == 0


def test_the_report_counts_what_the_export_lists(home: Path, tmp_path: Path) -> None:
    CliRunner().invoke(export, ["--format", "csv-long", "--out", str(tmp_path / "out")])
    made = CliRunner().invoke(report, ["--out", str(tmp_path / "report"), "--html", "--language", "en"])
    assert made.exit_code == 0, made.output
    lines = {
        (row["site"], row["timepoint"], row["instrument"]): row
        for row in rows(tmp_path / "report", "completion.csv")
    }
    forms = rows(tmp_path / "out", "forms.csv")
    for (site, visit, instrument), row in lines.items():
        mine = [
            one
            for one in forms
            if site in ("all", one["site"]) and (one["timepoint"], one["instrument"]) == (visit, instrument)
        ]
        assert int(row["in_window"]) == sum(one["state"] == "in_window" for one in mine)
        assert int(row["late"]) == sum(one["state"] == "late" for one in mine)
    assert lines["P3", "1m", "qlq-c30"]["late"] == "1"
    assert SECRET not in (tmp_path / "report" / "report.html").read_text("utf-8")

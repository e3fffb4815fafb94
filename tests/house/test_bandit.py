"""bandit over the program: what it finds of middle weight and more is known, and each has its reason."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import ROOT

# (file, what bandit calls it) -> why it is right.
KNOWN = {
    ("pro_app/web/charts.py", "B704"): "an ElementTree that was serialised: it escapes",
    ("pro_app/web/clinic_card.py", "B704"): "segno's own SVG of a QR code",
    ("pro_app/web/locale.py", "B704"): "our own sentences; a rule of semgrep keeps variables out",
}


def found_in(folder: Path) -> set[tuple[str, str]]:
    command = [
        sys.executable,
        "-m",
        "bandit",
        "-q",
        "-r",
        str(folder),
        "-f",
        "json",
        "--severity-level",
        "medium",
    ]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    told = json.loads(ran.stdout)
    assert not told["errors"]
    return {(one["filename"].removeprefix(f"{ROOT}/"), one["test_id"]) for one in told["results"]}


@pytest.mark.slow
def test_bandit_finds_what_is_known_and_nothing_else() -> None:
    assert found_in(ROOT / "pro_app") == set(KNOWN)


@pytest.mark.slow
def test_bandit_would_find_it(tmp_path: Path) -> None:
    wrong = (
        "import pickle\nimport subprocess\npickle.loads(b'')\nsubprocess.run('ls', shell=True)\nexec('1')\n"
    )
    (tmp_path / "wrong.py").write_text(wrong)
    assert {name for _, name in found_in(tmp_path)} >= {"B301", "B102"}

"""Our own rules (deploy/rules): each fires on every line of its examples, and nowhere in the program.

semgrep wants other versions of some packages than the tests do, and 380 MB: it is installed once into
`.peers/`, from a lock with hashes, for `make audit` and `make test-heavy`. Without network it is skipped with
that reason; with CI=true that is a failure.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.house.source import ROOT

RULES = ROOT / "deploy" / "rules"
EXAMPLES = RULES / "examples"
PEERS = ROOT / ".peers"
Found = set[tuple[str, str, int]]
pytestmark = pytest.mark.slow


def install(folder: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True, timeout=120)
    pip = [str(folder / "bin" / "pip"), "install", "-q", "--disable-pip-version-check", "--require-hashes"]
    lock = str(RULES / "semgrep.lock")
    subprocess.run([*pip, "-r", lock], check=True, capture_output=True, text=True, timeout=600)


def semgrep() -> Path:
    """The folder of its programs; installed when the lock has changed."""
    digest = hashlib.sha256((RULES / "semgrep.lock").read_bytes()).hexdigest()[:12]
    folder = PEERS / f"semgrep-{digest}"
    PEERS.mkdir(exist_ok=True)
    with (PEERS / "semgrep.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "installed").exists():
            shutil.rmtree(folder, ignore_errors=True)
            try:
                install(folder)
            except (OSError, subprocess.SubprocessError) as fault:
                said = str(getattr(fault, "stderr", "") or fault)[-300:]
                if os.environ.get("CI") == "true":
                    pytest.fail(f"semgrep can't be installed: {said}; on CI no peer may be missing")
                pytest.skip(f"semgrep can't be installed: {said}")
            (folder / "installed").write_text("ok\n")
    return folder / "bin"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One run over the program and the examples."""
    bin_folder, home = semgrep(), tmp_path_factory.mktemp("home")
    environ = {"PATH": f"{bin_folder}:{os.environ['PATH']}", "HOME": str(home), "SEMGREP_SEND_METRICS": "off"}
    command = [
        "semgrep",
        "scan",
        "--metrics=off",
        "--disable-version-check",
        "--jobs",
        "1",
        "--quiet",
        "--json",
    ]
    command += ["--no-git-ignore", "--config", "deploy/rules/python.yaml", "pro_app", "deploy/rules/examples"]
    ran = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=300, check=False
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


def hits(report: dict[str, Any]) -> Found:
    return {(one["check_id"].split(".")[-1], one["path"], one["start"]["line"]) for one in report["results"]}


def expected() -> Found:
    """Each line after a `ruleid:` in the examples."""
    found = set()
    for file in EXAMPLES.iterdir():
        for number, line in enumerate(file.read_text().splitlines(), 1):
            if named := re.search(r"\bruleid: ([\w-]+)", line):
                found.add((named[1], str(file.relative_to(ROOT)), number + 1))
    return found


def test_every_rule_fires_on_each_of_its_examples_and_on_nothing_else_there(report: dict[str, Any]) -> None:
    assert {hit for hit in hits(report) if hit[1].startswith("deploy/rules/examples")} == expected()
    rules = {rule["id"] for rule in yaml.safe_load((RULES / "python.yaml").read_text())["rules"]}
    assert set(Counter(name for name, _, _ in expected())) == rules, "a rule without an example"


def test_no_rule_fires_on_the_program(report: dict[str, Any]) -> None:
    assert not report["errors"]
    assert not {hit for hit in hits(report) if hit[1].startswith("pro_app")}


def test_all_of_the_program_was_looked_at(report: dict[str, Any]) -> None:
    looked = set(report["paths"]["scanned"])
    modules = {
        str(path.relative_to(ROOT)) for path in (ROOT / "pro_app").rglob("*.py") if path.stat().st_size
    }
    assert not modules - looked


def test_a_path_that_a_rule_leaves_out_exists_and_says_why() -> None:
    for line in (RULES / "python.yaml").read_text().splitlines():
        if named := re.match(r"\s+- (pro_app/\S+)( # .+)?$", line):
            assert (ROOT / named[1]).exists(), line

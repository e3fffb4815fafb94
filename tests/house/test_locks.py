"""What is installed is pinned to the byte, and the list of what the program is made of says the same."""

import importlib.metadata
import importlib.util
import json
import re
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import jsonschema_rs
import pytest

from tests.house.source import ROOT

LOCKS = ("requirements/run.lock", "requirements/test.lock", "deploy/rules/semgrep.lock")
ENTRY = re.compile(r"^([a-z0-9][\w.-]*)(?:\[[\w,-]+\])?==([\w.+!-]+)(?: ; .+?)? \\$")


def entries(lock: str) -> dict[str, int]:
    """`name==version` of each package with the number of its hashes; raises at any line of another kind."""
    found: dict[str, int] = {}
    last = ""
    for number, line in enumerate(lock.splitlines(), 1):
        if begun := ENTRY.match(line):
            last = f"{begun[1]}=={begun[2]}"
            found[last] = 0
        elif re.match(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$", line):
            found[last] += 1
        elif line.strip() and not line.lstrip().startswith("#"):
            raise ValueError(f"line {number} is neither a pinned package nor a hash: {line}")
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_pinned_with_the_hashes_of_its_files(name: str) -> None:
    found = entries((ROOT / name).read_text())
    assert found and all(found.values())


@pytest.mark.parametrize(
    "line", ["flask~=3.1", "flask==3.1", "flask @ https://example.org/flask.whl", "-e .", "--index-url a"]
)
def test_a_line_that_pins_nothing_is_noticed(line: str) -> None:
    with pytest.raises(ValueError, match="line 1"):
        entries(line)


def test_what_installs_insists_on_the_hashes() -> None:
    script = (ROOT / "deploy" / "environment").read_text()
    assert "--require-hashes -r" in script
    installs = [line for line in script.splitlines() if "pip install" in line and "-r " in line]
    assert all("--require-hashes" in line for line in installs)


def test_every_wish_is_in_its_lock() -> None:
    for name in LOCKS:
        wishes = re.findall(r"^([a-z0-9][\w-]*)", (ROOT / name).with_suffix(".in").read_text(), re.M)
        locked = {entry.split("==")[0] for entry in entries((ROOT / name).read_text())}
        assert set(wishes) <= locked, name


@pytest.fixture(scope="module")
def sbom() -> ModuleType:
    loader = SourceFileLoader("sbom", str(ROOT / "deploy" / "sbom"))
    spec = importlib.util.spec_from_loader("sbom", loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def test_the_list_of_parts_is_valid_whole_and_the_same_each_time(sbom: ModuleType, tmp_path: Path) -> None:
    lock, made = ROOT / "requirements" / "run.lock", tmp_path / "sbom.cdx.json"
    command = [sys.executable, str(ROOT / "deploy" / "sbom"), str(lock), str(made)]
    subprocess.run(command, check=True, capture_output=True)
    told = json.loads(made.read_text())
    assert told == sbom.document(lock.read_text(), "pro-follow-up", told["metadata"]["component"]["version"])
    listed = {f"{one['name']}=={one['version']}": len(one["hashes"]) for one in told["components"]}
    assert listed == entries(lock.read_text())
    check_against_cyclonedx(told)


def check_against_cyclonedx(told: dict[str, object]) -> None:
    folder = Path(
        str(importlib.metadata.distribution("cyclonedx-python-lib").locate_file("cyclonedx/schema/_res"))
    )
    schema = json.loads((folder / "bom-1.6.SNAPSHOT.schema.json").read_text())
    # Its two neighbours hold lists of licences and signatures, of which we name none.
    schema["properties"].pop("signature", None)
    text = json.dumps(schema)
    for name in ("spdx", "jsf-0.82", "cryptography-defs"):
        text = re.sub(rf'{{"\$ref": "{re.escape(name)}[^"]*"[^}}]*}}', "{}", text)
    jsonschema_rs.validator_for(json.loads(text)).validate(told)


def test_who_needs_what_hangs_together(sbom: ModuleType) -> None:
    """Everything in the list is there because we asked for it, or something that we asked for did."""
    told = sbom.document((ROOT / "requirements" / "run.lock").read_text(), "pro-follow-up", "1")
    wants = {one["ref"]: one["dependsOn"] for one in told["dependencies"]}
    reached, todo = set(), ["pkg:generic/pro-follow-up@1"]
    while todo:
        ref = todo.pop()
        if ref not in reached:
            reached.add(ref)
            todo += wants[ref]
    assert reached == set(wants)

"""docs/compliance.md is true as far as a machine can tell: its tests exist, each row says how it stands."""

import ast
import re
from functools import cache
from pathlib import Path

from tests.house.source import ROOT

PAGE = (ROOT / "docs" / "compliance.md").read_text()
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::(\w+)`", PAGE)))
STANDINGS = re.compile(r"\bshown: `|\borganisation\b|\bopen\b|\bdeviation \d|see ASVS below|CONTRIBUTING\.md")


@cache
def names_in(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text())
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def missing(file: str, name: str) -> bool:
    path = ROOT / "tests" / file
    return not path.is_file() or name not in names_in(path)


def test_every_test_that_the_page_names_exists() -> None:
    """Who renames a test that shows a requirement finds the page here, and changes it too."""
    assert len(NAMED) > 100
    assert not [f"{file}::{name}" for file, name in NAMED if missing(file, name)]


def test_a_name_that_is_none_would_be_noticed() -> None:
    assert missing("house/test_compliance.py", "test_of_nothing") and missing("house/nowhere.py", "test_it")
    assert not missing("house/test_compliance.py", "test_every_row_says_how_it_stands")


def test_every_row_says_how_it_stands() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("|") and not re.match(r"\|[-|]+$", line)]
    bodies = [row for row in rows if "Asked for" not in row]
    assert len(bodies) > 60
    for row in bodies:
        cells = row.strip("|").split("|")
        assert len(cells) == 4, row
        assert STANDINGS.search(cells[3]), row


def test_every_deviation_that_a_row_points_to_is_written_down() -> None:
    written = set(re.findall(r"^(\d+)\. \*\*", PAGE, re.M))
    assert set(re.findall(r"deviation (\d+)", PAGE)) <= written

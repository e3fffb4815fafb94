"""Files stay small enough to hold one thing, and say nothing that does not belong in them."""

import ast
import re
from pathlib import Path

import pytest

from tests.house.source import ROOT, tracked

LONGEST_FILE = 360
LONGEST_FUNCTION = 60
CODE = tracked("*.py", "*.js", "*.css", "*.html")
TEXT = [
    path
    for path in tracked(
        "*.py",
        "*.js",
        "*.css",
        "*.html",
        "*.md",
        "*.toml",
        "*.in",
        "*.lock",
        "*.json",
        "*.yaml",
        "Makefile",
        "deploy/*",
        ".ci/*",
    )
    if path.name != "test_files.py"
]


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", CODE, ids=shown)
def test_a_file_is_short_enough_to_be_read(path: Path) -> None:
    # The sentences are one list in one place on purpose; a migration is what it is.
    if path.name != "messages.py" and "migrations" not in path.parts:
        assert len(path.read_text().splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("path", tracked("pro_app/*.py"), ids=shown)
def test_a_function_is_short_enough_to_be_understood(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{node.name} has {length} lines"


def test_no_file_names_a_package_registry_or_a_path_of_some_machine() -> None:
    hosts = r"pypi\.org|pythonhosted|registry\.npmjs|deb\.debian|crates\.io|/root/|/home/\w+/|/work/"
    for path in TEXT:
        found = re.search(hosts, path.read_text())
        assert not found, f"{shown(path)}: {found[0] if found else ''}"


def test_no_package_lies_in_the_repository() -> None:
    assert tracked("*.whl", "*.zip", "*.gz", "*.tgz", "*.jar", "*.min.js", "node_modules/*") == []


def test_no_template_has_a_script_or_style_of_its_own() -> None:
    for path in tracked("pro_app/web/templates/*.html", "pro_app/web/templates/**/*.html"):
        text = path.read_text()
        assert not re.search(r"\sstyle=", text), shown(path)
        assert not re.search(r"<style\b|\son[a-z]+=", text), shown(path)
        for script in re.findall(r"<script\b[^>]*>", text):
            assert "src=" in script or 'type="application/json"' in script, f"{shown(path)}: {script}"


def test_every_page_stays_on_our_own_host() -> None:
    for path in tracked("pro_app/web/templates/*.html", "pro_app/web/static/*"):
        if path.suffix in (".html", ".css", ".js"):
            outside = re.search(
                r"""(?:src|href|action|url\(|from)\s*=?\s*["'(]\s*(?:https?:)?//""", path.read_text()
            )
            assert not outside, f"{shown(path)}: {outside[0] if outside else ''}"

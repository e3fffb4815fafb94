"""What the house tests look at: the files git knows, the imports of each module."""

import ast
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def tracked(*patterns: str) -> list[Path]:
    """Files of the project, tracked or new but not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [path for line in listed.splitlines() if (path := ROOT / line).is_file()]


@dataclass(frozen=True)
class Module:
    """A module of the program by dotted name, with everything it imports, also inside functions."""

    name: str
    path: Path
    imports: frozenset[str]


def _imports(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@cache
def modules() -> dict[str, Module]:
    """Every module under pro_app by its dotted name."""
    result = {}
    for path in tracked("pro_app/*.py"):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        result[name] = Module(name, path, frozenset(_imports(ast.parse(path.read_text()))))
    return result

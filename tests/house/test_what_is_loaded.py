"""Nothing heavy is loaded before it is needed (decision 0095); what is loaded late is there when it is."""

import ast
import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import click
import pytest

from tests.house.source import ROOT, modules

main = importlib.import_module("pro_app.cli.main")  # the package's `main` is its function

# What no page needs. `cryptography.x509` comes with jwt, rich and pygments with httpx if they are installed.
NOT_FOR_PAGES = {
    "alembic",
    "apscheduler",
    "cryptography.x509",
    "email_validator",
    "httpx",
    "imaplib",
    "jwt",
    "mailbox",
    "phonenumbers",
    "psycopg",
    "rich",
    "segno",
    "smtplib",
    "sqlalchemy.dialects.postgresql",
    "tqdm",
    "xml.sax",
    "zxcvbn",
    "pro_app.clock",
    "pro_app.exports.shelf",
}
# As `pro-app serve` does it, without the socket; the clock's thread would begin later.
TO_THE_FIRST_PAGE = """
import json, sys
from pro_app.cli import serving
from pro_app.cli.opening import open_service
from pro_app.web.factory import create_app
app = create_app(open_service())
answer = app.test_client().get("/")
assert answer.status_code == 200, answer.status
print(json.dumps(sorted(sys.modules)))
"""


INDENTED = re.compile(r"^ +(?:import|from) ", re.MULTILINE)


def late_imports() -> Iterator[tuple[str, ast.Import | ast.ImportFrom]]:
    """Every import inside a function of the program, with the module it stands in."""
    for name, module in modules().items():
        text = module.path.read_text()
        if not INDENTED.search(text):
            continue
        functions = [one for one in ast.walk(ast.parse(text)) if isinstance(one, ast.FunctionDef)]
        for function in functions:
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    yield name, node


def test_the_first_page_loads_nothing_that_no_page_needs(tmp_path: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PRO_APP_")}
    environ |= {"PRO_APP_DATA_DIR": str(tmp_path), "PRO_APP_MODE": "demo"}
    told = subprocess.run(
        [sys.executable, "-c", TO_THE_FIRST_PAGE],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    loaded = set(json.loads(told.stdout))
    assert {"pro_app.web.factory", "flask", "sqlalchemy"} <= loaded
    assert not loaded & NOT_FOR_PAGES


def test_whatever_is_imported_late_is_there() -> None:
    """The modules; that they have the names which are taken from them is what mypy sees."""
    found = list(late_imports())
    assert {"pro_app.gateways.wire", "pro_app.contact", "pro_app.wiring"} <= {name for name, _ in found}
    for place, node in found:
        named = [one.name for one in node.names] if isinstance(node, ast.Import) else [str(node.module)]
        for name in named:
            assert find_spec(name), f"{place} imports {name} late, and there is no such module"


def test_the_adapters_that_settings_name_are_there() -> None:
    from pro_app.gateways import sms

    for _, _, adapter in sms._PROVIDERS.values():
        module, _, kind = adapter.partition(":")
        assert hasattr(importlib.import_module(f"pro_app.gateways.{module}"), kind)


@pytest.mark.parametrize("word", main.WORDS)
def test_the_list_of_words_says_what_the_word_says_of_itself(word: str) -> None:
    command = main.program.get_command(click.Context(main.program), word)
    assert command is not None and command.help
    assert main._in_short(word) == " ".join(command.help.partition("\n\n")[0].split())

"""`pro-app`: one word per job. Each word's module is loaded only when it is used, so every start is quick."""

import ast
import importlib
import os
import sys
from pathlib import Path
from typing import Any

import click

from pro_app import logs
from pro_app.errors import ProAppError
from pro_app.everlasting import everlasting

WORDS = {
    "serve": "serving:serve",
    "demo": "demo:demo",
    "clock": "tick:clock",
    "tick": "tick:tick",
    "bounce": "bounce:bounce",
    "seed": "seed:seed",
    "plan": "plan:plan",
    "score": "score:score",
    "rescore": "rescore:rescore",
    "wording": "wording:wording",
    "review-pack": "review_pack:review_pack",
    "sync": "sync:sync",
    "reconcile": "sync:reconcile",
    "registry": "registry:registry",
    "export": "export:export",
    "report": "report:report",
    "staff": "staff:staff",
    "audit": "audit:audit",
    "migrate": "migrate:migrate",
    "backup": "backup:backup",
    "restore": "restore:restore",
    "routes": "routes:routes",
    "doctor": "doctor:doctor",
    "keys": "keys:keys",
    "tidy": "tidy:tidy",
}


class Words(click.Group):
    """Finds a word's command in its module when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(WORDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in WORDS:
            return None
        module, _, name = WORDS[cmd_name].partition(":")
        whole = f"pro_app.cli.{module}"
        if whole not in sys.modules:
            with everlasting():
                importlib.import_module(whole)
        found: click.Command = getattr(sys.modules[whole], name)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What each word does, read from its file: to load them all would take a second."""
        with formatter.section("Commands"):
            formatter.write_dl([(word, _in_short(word)) for word in WORDS])


def _in_short(word: str) -> str:
    """The first paragraph of the word's own help, in one line."""
    module, _, name = WORDS[word].partition(":")
    source = Path(__file__).with_name(f"{module}.py").read_text(encoding="utf-8")
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return " ".join((ast.get_docstring(node) or "").partition("\n\n")[0].split())
    raise LookupError(f"{module}.py has no {name}")


@click.group(cls=Words, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pro-follow-up", prog_name="pro-app")
def program() -> None:
    """Deliver the Brief Pain Inventory and the EORTC QLQ-C30 on schedule, score them, sync the scores.

    Settings are PRO_APP_* environment variables; `pro-app doctor` shows all of them with what is wrong.
    """


def main(arguments: list[str] | None = None) -> Any:
    """Run one word. A fault is one clear sentence on standard error and exit code 1."""
    form = os.environ.get("PRO_APP_LOG") == "json"
    logs.install("json" if form else "text", words="PRO_APP_TRACEBACK" in os.environ)
    try:
        program.main(args=arguments, prog_name="pro-app")
    except ProAppError as fault:
        click.echo(str(fault), err=True)
        sys.exit(1)
    except OSError as fault:
        click.echo(f"{fault.filename or 'The system'}: {fault.strerror or fault}", err=True)
        sys.exit(1)
    except Exception as fault:
        if "PRO_APP_TRACEBACK" in os.environ:
            raise
        kind = type(fault).__name__
        click.echo(
            f"Unexpected fault ({kind}). Run it again with PRO_APP_TRACEBACK=1 and report it.", err=True
        )
        sys.exit(2)

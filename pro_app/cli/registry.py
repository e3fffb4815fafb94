"""`pro-app registry`: what the people at the registry import before the first answer sheet arrives."""

from pathlib import Path

import click

from pro_app.cli.opening import open_service
from pro_app.wiring import registry_setup_files


@click.group()
def registry() -> None:
    """Prepare a central registry. `pro-app sync` and `pro-app reconcile` work with it afterwards."""


@registry.command("setup-files")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--replace", is_flag=True, help="Write over files of the same name in FOLDER.")
def setup_files(folder: Path, replace: bool) -> None:
    """Write the files that a registry's manager imports, into FOLDER.

    \b
    REDCap, in this order, in a new longitudinal project with one arm:
      redcap_data_dictionary.csv  Online Designer > Data Dictionary: one form for each instrument
      redcap_events.csv           Define My Events: one event for each visit
      redcap_event_forms.csv      Designate Instruments: which form is asked at which event
    Then let the project's API token import and export records, and set
    PRO_APP_REGISTRY_URL (it ends in /api/) and PRO_APP_REGISTRY_TOKEN. Where the
    project's events have other unique names than in these files, name them:
    PRO_APP_REGISTRY_EVENTS=2w=week_2_arm_1,1m=month_1_arm_1

    \b
    FHIR R4:
      fhir_terminology.json       our code systems and concept maps, for a terminology
                                  server; delivering does not need it

    Signed files need nothing imported; the receiver needs the public half of the
    signing key. The files hold numbers and short names and no wording of any owner.
    They follow the study file: write them anew when its visits or instruments change.
    """
    service = open_service()
    files = registry_setup_files(service)
    there = sorted(name for name in files if (folder / name).exists())
    if there and not replace:
        raise click.ClickException(
            f"{folder} has {', '.join(there)}; nothing was written. Choose another folder, or --replace."
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
        click.echo(f"{folder / name}: {_what(name, text)}")


def _what(name: str, text: str) -> str:
    """How many lines a table has; of the rest its size."""
    return f"{text.count(chr(10)) - 1} rows" if name.endswith(".csv") else f"{len(text.encode()):,} bytes"

"""`pro-app wording`: the owner's licensed text, from an empty template to a locked pack."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from pro_app.cli.instrument_options import data_dir_option, faults_told, questionnaires_option
from pro_app.instruments import installed
from pro_app.instruments.catalogue import load_catalogue, load_instrument
from pro_app.instruments.definition import Instrument
from pro_app.instruments.language import normal
from pro_app.instruments.screen_text import screens
from pro_app.instruments.template import FilledIn, csv_template, read_filled_in, xlsx_template
from pro_app.instruments.wording import PackLabel, WordingPack, build_pack
from pro_app.instruments.wording_check import Finding, check


@click.group()
def wording() -> None:
    """The words of the questionnaires: templates, checks, installed packs."""


@wording.command()
@click.argument("instrument")
@click.argument("language")
@click.option("--out", "folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
@click.option("--force", is_flag=True, help="Write over files of the same name.")
@questionnaires_option
def template(instrument: str, language: str, folder: Path, force: bool, questionnaires_dir: Path) -> None:
    """Write an empty template for INSTRUMENT in LANGUAGE, as CSV and as XLSX."""
    with faults_told():
        found, tag = load_instrument(questionnaires_dir, instrument), normal(language)
        files = {
            folder / f"{found.id}.{tag}.csv": csv_template(found, tag),
            folder / f"{found.id}.{tag}.xlsx": xlsx_template(found, tag),
        }
        there = [path.name for path in files if path.exists()]
        if there and not force:
            raise click.ClickException(
                f"{' and '.join(there)} would be written over; move it, or use --force."
            )
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in files.items():
            path.write_bytes(content)
            click.echo(f"{path}")
    click.echo("Fill in the column text of one of them, then: pro-app wording check FILE")


@wording.command(name="check")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--screens/--no-screens", "show", default=True, help="Show each screen as text.")
@questionnaires_option
def check_file(file: Path, show: bool, questionnaires_dir: Path) -> None:
    """Look through the filled-in template FILE, and show each screen."""
    with faults_told():
        instrument, filled, findings = _checked(file, questionnaires_dir)
        if show:
            label = PackLabel(filled.version, filled.language, False, "", "")
            for text in screens(instrument, build_pack(instrument, label, filled.texts)):
                click.echo(text)
    _tell(findings)
    if any(finding.serious for finding in findings):
        raise click.ClickException(f"{file.name} can't be installed yet.")
    click.echo(f"{file.name} can be installed.")


@wording.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--licence", required=True, metavar="REF", help="Reference of the owner's licence.")
@click.option("--owner-version", required=True, metavar="V", help="What the owner calls this text.")
@click.option("--language", required=True, metavar="CODE", help="BCP 47, as in the file.")
@click.option("--beside", is_flag=True, help="Do not show it to new respondents yet.")
@questionnaires_option
@data_dir_option
def install(
    file: Path,
    licence: str,
    owner_version: str,
    language: str,
    beside: bool,
    questionnaires_dir: Path,
    data_dir: Path,
) -> None:
    """Store the filled-in template FILE in the instance, hashed and locked."""
    with faults_told():
        instrument, filled, findings = _checked(file, questionnaires_dir)
        tag = normal(language)
        if tag != filled.language:
            raise click.ClickException(f"--language is {tag}, but {file.name} says {filled.language}.")
        for name, value in (("--licence", licence), ("--owner-version", owner_version)):
            if not value.strip():
                raise click.ClickException(f"{name} is empty; it is stored with every answer.")
        serious = [finding for finding in findings if finding.serious]
        _tell(findings)
        if serious:
            raise click.ClickException(f"{file.name} can't be installed: {len(serious)} faults, see above.")
        entry = installed.install(
            _packs_dir(data_dir),
            instrument,
            PackLabel(instrument.version, tag, False, owner_version.strip(), licence.strip()),
            filled.texts,
            now=datetime.now(UTC),
            activate=not beside,
        )
    click.echo(f"Installed as {entry.hash}.")
    click.echo(_shown_from(active=entry.active))


@wording.command()
@click.argument("digest", metavar="HASH")
@data_dir_option
def activate(digest: str, data_dir: Path) -> None:
    """Show the installed pack HASH (its beginning is enough) to new respondents."""
    with faults_told():
        entry = installed.activate(_packs_dir(data_dir), digest)
    click.echo(f"{entry.instrument} {entry.language}: {entry.hash} is active. {_shown_from(active=True)}")


@wording.command(name="list")
@questionnaires_option
@data_dir_option
def list_packs(questionnaires_dir: Path, data_dir: Path) -> None:
    """List the wording packs, and which one is active where."""
    with faults_told():
        catalogue = load_catalogue(questionnaires_dir, _packs_dir(data_dir))
        entries = {entry.hash: entry for entry in installed.read_entries(_packs_dir(data_dir))}
    for pack in sorted(catalogue.packs, key=lambda pack: (pack.instrument, pack.language)):
        active = pack.language in catalogue.languages(pack.instrument) and (
            catalogue.pack(pack.instrument, pack.language).hash == pack.hash
        )
        click.echo(_line(pack, entries, active))


def _line(pack: WordingPack, entries: Mapping[str, installed.Entry], active: bool) -> str:
    entry = entries.get(pack.hash)
    origin = "demonstration, not for data collection"
    if entry is not None:
        origin = f"{entry.owner_version}, licence {entry.licence}, installed {entry.installed_at}"
    mark = "active" if active else "      "
    return f"{pack.instrument:<10} {pack.language:<10} {mark}  {pack.hash[:12]}  {origin}"


def _checked(file: Path, questionnaires_dir: Path) -> tuple[Instrument, FilledIn, list[Finding]]:
    filled = read_filled_in(file)
    filled = replace(filled, language=normal(filled.language))
    catalogue = load_catalogue(questionnaires_dir)
    instrument = catalogue.instrument(filled.instrument)
    ours = [pack for pack in catalogue.packs if pack.instrument == instrument.id]
    return instrument, filled, check(instrument, filled, ours)


def _tell(findings: list[Finding]) -> None:
    for finding in findings:
        kind = "fault" if finding.serious else "note"
        click.echo(f"row {finding.row}: {kind}: {finding.key} {finding.what}", err=True)


def _packs_dir(data_dir: Path) -> Path:
    return data_dir / "wording"


def _shown_from(*, active: bool) -> str:
    if active:
        return "New respondents see it from the next start of the program."
    return "Nobody sees it until: pro-app wording activate HASH"

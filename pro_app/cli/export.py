"""`pro-app export`: the study's data as a folder of files that a statistician can use at once."""

import json
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import click
from tqdm import tqdm

from pro_app.actions import export as exporting
from pro_app.actions.export import EVERY_FORMAT, Exported, Wish
from pro_app.cli.opening import open_migrated
from pro_app.exports.formats import FORMATS
from pro_app.records import export_rows
from pro_app.records.audit import Actor
from pro_app.web.export_words import speaking_app, words_in
from pro_app.wiring import Service

OPERATOR = Actor("cli", "command line")


@click.command()
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="FORMAT",
    help=f"{', '.join((*FORMATS, EVERY_FORMAT))}; may be given more than once. [default: csv-wide]",
)
@click.option(
    "--out",
    "target",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder to make; it must not exist yet, or be empty.",
)
@click.option("--language", metavar="CODE", help="Language of labels: zh-Hans or en. [default: the study's]")
@click.option("--site", "sites", multiple=True, metavar="CODE", help="Only this site.")
@click.option("--timepoint", "timepoints", multiple=True, metavar="ID", help="Only this visit.")
@click.option("--arms", is_flag=True, help="With the treatment arm: only for who may be unblinded.")
@click.option("--json", "as_json", is_flag=True, help="Say what was written as JSON.")
def export(
    formats: tuple[str, ...],
    target: Path,
    language: str | None,
    sites: tuple[str, ...],
    timepoints: tuple[str, ...],
    arms: bool,
    as_json: bool,
) -> None:
    """Write every expected form with its state, answers and scores into a new folder.

    Names, contacts and free text never leave. The folder appears only when it is complete; its
    manifest.json has counts, the filter and the SHA-256 of each file.
    """
    service = open_migrated()
    chosen = sites or tuple(site.code for site in service.study.sites)
    wish = Wish(formats or ("csv-wide",), chosen, timepoints, arms)
    done = _write(service, wish, target, language or service.study.languages[0])
    if as_json:
        click.echo((target / "manifest.json").read_text(encoding="utf-8"), nl=False)
    else:
        click.echo(_told(done))


def _write(service: Service, wish: Wish, target: Path, language: str) -> Exported:
    with speaking_app(str(service.settings.translations_dir)).test_request_context():
        words = words_in(language)
    now = datetime.now(UTC)
    with service.store.reading() as tx:
        export_rows.freeze(tx)
        release = version("pro-follow-up")
        edition = exporting.edition_of(tx, service.study, service.catalogue, words, wish, release, now)
        total = export_rows.count_people(tx, wish.sites)
        with tqdm(total=total, unit="participant", desc="Export", disable=None) as bar:
            done = exporting.export(
                tx,
                edition,
                wish,
                target,
                resources=service.fhir_resources,
                tell=bar.update,
            )
    with service.store.writing() as tx:
        exporting.on_the_trail(tx, service.study, wish, done, OPERATOR, now)
    return done


def _told(done: Exported) -> str:
    manifest = json.loads((done.folder / "manifest.json").read_text(encoding="utf-8"))
    names = ", ".join(file["name"] for file in manifest["files"])
    forms = f"{sum(done.forms.values())} expected forms, {done.received} received"
    return f"{done.folder}: {done.participants} participants, {forms}.\n{names}, manifest.json"

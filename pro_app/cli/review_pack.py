"""`pro-app review-pack`: every screen of an instrument in one PDF, for the owner's approval."""

from datetime import UTC, datetime
from pathlib import Path

import click

from pro_app.cli.instrument_options import data_dir_option, faults_told, questionnaires_option
from pro_app.config import ROOT
from pro_app.exports import paper
from pro_app.instruments.catalogue import Catalogue, load_catalogue
from pro_app.instruments.wording import WordingPack
from pro_app.schedule.study import load_study


@click.command()
@click.argument("instrument")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write.")
@click.option("--language", "languages", multiple=True, metavar="CODE", help="Only this language.")
@click.option("--pack", "digest", metavar="HASH", help="Only this wording pack, active or not.")
@click.option("--html", "as_html", is_flag=True, help="Write HTML, not PDF.")
@click.option(
    "--study",
    "study_file",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="PRO_APP_STUDY_FILE",
    default=None,
    help="Study whose emergency sentence the pages show.",
)
@questionnaires_option
@data_dir_option
def review_pack(
    instrument: str,
    out: Path | None,
    languages: tuple[str, ...],
    digest: str | None,
    as_html: bool,
    study_file: Path | None,
    questionnaires_dir: Path,
    data_dir: Path,
) -> None:
    """Print every screen of INSTRUMENT in each installed language, at phone and tablet size, into one PDF."""
    # Flask and the page are loaded here, so that the other words start quickly.
    from pro_app.cli.review_pages import review_book

    with faults_told():
        catalogue = load_catalogue(questionnaires_dir, data_dir / "wording")
        packs = _packs(catalogue, instrument, languages, digest)
        study = load_study(
            study_file or questionnaires_dir / "studies" / "nct06120426.toml", tuple(catalogue.instruments)
        )
        today = datetime.now(UTC).date()
        book = review_book(catalogue, study, packs, translations=ROOT / "translations", made_on=today)
        browser = None if as_html else paper.browser()
        target = out or Path(f"{instrument}-review.{'pdf' if browser else 'html'}")
        if browser is None:
            target = target.with_suffix(".html")
            target.write_text(book, encoding="utf-8")
        else:
            _print(browser, book, target)
    click.echo(
        f"{target}: {len(packs)} languages, {len(catalogue.instrument(instrument).screens)} screens each."
    )
    if browser is None and not as_html:
        click.echo(
            "There is no Chromium on this machine, so this is HTML: open it in a browser and print it "
            "as PDF, A4 landscape, with background graphics.",
            err=True,
        )


def _packs(
    catalogue: Catalogue, instrument: str, languages: tuple[str, ...], digest: str | None
) -> list[WordingPack]:
    """The packs to show. Raises `UnknownInstrument` or `NoWording`."""
    catalogue.instrument(instrument)
    if digest:
        found = [
            pack for pack in catalogue.packs if pack.instrument == instrument and pack.hash.startswith(digest)
        ]
        if len(found) != 1:
            raise click.ClickException(f"{digest} is not the beginning of exactly one pack of {instrument}.")
        return found
    packs = [catalogue.pack(instrument, language) for language in languages]
    packs = packs or list(catalogue.active_packs(instrument))
    if not packs:
        raise click.ClickException(f"There is no wording of {instrument} yet; see `pro-app wording list`.")
    return packs


def _print(browser: str, book: str, target: Path) -> None:
    """Have a headless Chromium print the book; raises ClickException with its last words."""
    try:
        pdf = paper.pdf_of(browser, book, patience_ms=paper.SECONDS_TO_PRINT * 1000)
    except paper.NotPrinted as fault:
        words = fault.params["words"]
        raise click.ClickException(
            f"{Path(browser).name} printed nothing ({words}); use --html and print that."
        ) from fault
    target.write_bytes(pdf)

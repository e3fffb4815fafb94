"""`pro-app report`: which forms came and what the scores are, as CSV, as a page and on paper."""

from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import click
from flask import g

from pro_app.actions.report import Report
from pro_app.actions.report import report as count
from pro_app.cli.opening import open_migrated
from pro_app.exports import paper
from pro_app.exports.aside import aside
from pro_app.records import export_rows
from pro_app.web import report_page
from pro_app.web.assets import Assets
from pro_app.web.export_words import UnknownLanguage, speaking_app
from pro_app.web.locale import LANGUAGES
from pro_app.wiring import Service


@click.command()
@click.option("--out", "target", required=True, type=click.Path(path_type=Path), help="Folder to make.")
@click.option("--language", metavar="CODE", help="zh-Hans or en. [default: the study's]")
@click.option("--site", "sites", multiple=True, metavar="CODE", help="Only this site.")
@click.option("--arms", is_flag=True, help="Tell the arms apart: only for who may be unblinded.")
@click.option("--html", "as_html", is_flag=True, help="Write HTML, not PDF.")
def report(target: Path, language: str | None, sites: tuple[str, ...], arms: bool, as_html: bool) -> None:
    """Write completion (CONSORT-PRO) and score summaries into a new folder: two CSV files and a PDF."""
    service = open_migrated()
    chosen = sites or tuple(site.code for site in service.study.sites)
    for site in chosen:
        service.study.site(site)
    now = datetime.now(UTC)
    with service.store.reading() as tx:
        export_rows.freeze(tx)
        found = count(tx, service.study, service.catalogue, chosen, now, arms=arms)
    page = _page(service, found, language or service.study.languages[0])
    chromium = None if as_html else paper.browser()
    with aside(target) as folder:
        folder.text("completion.csv", mark=True).write(report_page.completion_csv(found))
        folder.text("scores.csv", mark=True).write(report_page.scores_csv(found))
        if chromium:
            folder.binary("report.pdf").write(paper.pdf_of(chromium, page))
        else:
            folder.text("report.html").write(page)
        folder.settle(
            {"study": service.study.id, "as_of": now.isoformat(), "sites": list(chosen), "arms": arms}
        )
    click.echo(f"{target}: completion.csv, scores.csv, {'report.pdf' if chromium else 'report.html'}.")
    if chromium is None and not as_html:
        click.echo(
            "There is no Chromium on this machine, so this is HTML: print it as PDF from a browser.",
            err=True,
        )


def _page(service: Service, found: Report, language: str) -> str:
    """Raises `UnknownLanguage`."""
    if language not in LANGUAGES:
        raise UnknownLanguage(language=language, known=", ".join(LANGUAGES))
    app = speaking_app(str(service.settings.translations_dir))
    with app.test_request_context():
        g.chosen_language = language
        made_by = f"PRO follow-up {version('pro-follow-up')}"
        return report_page.printed_page(found, service.catalogue, Assets(), language, made_by)

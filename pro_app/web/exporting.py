"""Taking data out and the report, for the staff: what may leave, who may take it, who may see arms."""

import tempfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import IO

from flask import Blueprint, Response, current_app, render_template, request, send_file
from flask_babel import gettext as _

from pro_app.actions import export as exporting
from pro_app.actions import report as reporting
from pro_app.actions.export import EVERY_FORMAT, Wish
from pro_app.actions.report import Report
from pro_app.errors import ProAppError
from pro_app.exports import paper
from pro_app.exports.aside import room
from pro_app.exports.formats import FORMATS
from pro_app.records import export_rows
from pro_app.schedule.elements import Site
from pro_app.web import locale, problems, report_page
from pro_app.web.clinic_page import account, actor, sites
from pro_app.web.current import now, service
from pro_app.web.export_words import words_in
from pro_app.web.guard import staff
from pro_app.web.staff_roles import READERS

blueprint = Blueprint("exporting", __name__, url_prefix="/staff")
EXPORTERS = ("site_coordinator", "study_coordinator")
# A site's staff know the arms of their own patients; arms side by side are for the study's coordinator only.
UNBLINDED = ("study_coordinator",)
DISK_FULL = 507
_ALWAYS = (1980, 1, 1, 0, 0, 0)
_one_at_a_time = threading.Lock()


class ExportBusy(ProAppError):
    """One export at a time: each takes a processor for itself."""

    code = "export_busy"


STATUS = {"export_busy": 503, "export_no_space": DISK_FULL}


@blueprint.get("/exports")
@staff(*EXPORTERS)
def listing() -> str:
    return _form()


@blueprint.post("/exports")
@staff(*EXPORTERS)
def make() -> Response:
    """The export as one ZIP; who took it is on the audit trail before the first byte leaves."""
    fault, wish = _wish()
    if fault:
        return Response(_form(fault), 422)
    language = request.form.get("labels", "")
    if language not in locale.LANGUAGES:
        language = locale.language()
    try:
        with _alone(), room(service().settings.data_dir):
            bundle = _bundle(wish, language)
    except ProAppError as refusal:
        answer = Response(_form(problems.sentence(refusal)), STATUS.get(refusal.code, 422))
        if answer.status_code == 503:
            answer.headers["Retry-After"] = "30"
        return answer
    name = f"{service().study.id}-{now():%Y-%m-%d}.zip"
    return send_file(bundle, "application/zip", as_attachment=True, download_name=name)


def _form(fault: str = "") -> str:
    wide, long = _("CSV, one row for each form"), _("CSV, one row for each answer")
    words = {**_FORMAT_WORDS, "csv-wide": wide, "csv-long": long}
    formats = [(name, words.get(name, name)) for name in FORMATS]
    return render_template(
        "exporting/exports.html",
        formats=formats,
        sites=_my_sites(),
        chosen=request.form,
        fault=fault,
        may_see_arms=account().role in UNBLINDED,
    )


_FORMAT_WORDS = {
    "xlsx": "Excel (.xlsx)",
    "sav": "SPSS (.sav)",
    "dta": "Stata (.dta)",
    "xpt": "SAS (.xpt)",
    "qs": "CDISC SDTM QS",
    "odm": "CDISC ODM-XML 1.3.2",
    "ndjson": "FHIR R4 (NDJSON)",
}


def _wish() -> tuple[str, Wish]:
    """What the form asks for, cut down to what this person may have; or what is wrong with it."""
    mine = sites()
    site = request.form.get("site", "")
    visit = request.form.get("timepoint", "")
    formats = tuple(name for name in request.form.getlist("format") if name in (*FORMATS, EVERY_FORMAT))
    arms = bool(request.form.get("arms")) and account().role in UNBLINDED
    known = [one.id for one in service().study.timepoints]
    wish = Wish(formats, (site,) if site else mine, (visit,) if visit else (), arms)
    if not formats:
        return _("Choose at least one format."), wish
    if (site and site not in mine) or (visit and visit not in known):
        return _("Choose a site and a visit from the lists."), wish
    return "", wish


@contextmanager
def _alone() -> Iterator[None]:
    if not _one_at_a_time.acquire(blocking=False):
        raise ExportBusy()
    try:
        yield
    finally:
        _one_at_a_time.release()


def _bundle(wish: Wish, language: str) -> IO[bytes]:
    """An open file with all files of the export; it has no name, so nothing stays behind."""
    house = service()
    with tempfile.TemporaryDirectory(prefix="export-", dir=house.settings.data_dir) as scratch:
        folder = Path(scratch, "export")
        with house.store.reading() as tx:
            export_rows.freeze(tx)
            edition = exporting.edition_of(
                tx, house.study, house.catalogue, words_in(language), wish, version("pro-follow-up"), now()
            )
            done = exporting.export(tx, edition, wish, folder, resources=service().fhir_resources)
        packed = _packed(folder, house.settings.data_dir)
        with house.store.writing() as tx:
            exporting.on_the_trail(tx, house.study, wish, done, actor(), now())
    packed.seek(0)
    return packed


def _packed(folder: Path, place: Path) -> IO[bytes]:
    """All files of the folder in one ZIP, the same bytes for the same files."""
    packed: IO[bytes] = tempfile.TemporaryFile(dir=place)  # noqa: SIM115
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as box:
        for path in sorted(folder.iterdir()):
            entry = zipfile.ZipInfo(f"{folder.name}/{path.name}", _ALWAYS)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with path.open("rb") as source, box.open(entry, "w", force_zip64=True) as part:
                while chunk := source.read(1 << 20):
                    part.write(chunk)
    return packed


def _my_sites() -> list[Site]:
    return [service().study.site(code) for code in sites()]


@blueprint.get("/report")
@staff(*READERS)
def report_page_view() -> str:
    found, site = _report()
    return render_template(
        "exporting/report.html",
        **report_page.facts(found, service().catalogue, locale.language()),
        site=site,
        sites=_my_sites(),
    )


@blueprint.get("/report/completion.csv")
@staff(*READERS)
def completion_file() -> Response:
    found, _site = _report()
    return _download(report_page.completion_csv(found), found, "completion")


@blueprint.get("/report/scores.csv")
@staff(*READERS)
def scores_file() -> Response:
    found, _site = _report()
    return _download(report_page.scores_csv(found), found, "scores")


@blueprint.get("/report.pdf")
@staff(*READERS)
def report_pdf() -> Response:
    """The report on paper; without a Chromium on this server, the page to be printed by the reader's own."""
    found, _site = _report()
    assets = current_app.extensions["pro_app_assets"]
    page = report_page.printed_page(
        found,
        service().catalogue,
        assets,
        locale.language(),
        f"{account().name} · {version('pro-follow-up')}",
    )
    chromium = paper.browser()
    if chromium is None:
        answer = Response(page, content_type="text/html; charset=utf-8")
        answer.headers["Content-Disposition"] = f'attachment; filename="{_name(found, "report")}.html"'
        return answer
    with _alone():
        body = paper.pdf_of(chromium, page)
    answer = Response(body, content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{_name(found, "report")}.pdf"'
    return answer


def _report() -> tuple[Report, str]:
    """The report on what this person may see, and the one site that was chosen."""
    mine, chosen = sites(), request.args.get("site", "")
    site = chosen if chosen in mine else ""
    house = service()
    with house.store.reading() as tx:
        export_rows.freeze(tx)
        found = reporting.report(
            tx,
            house.study,
            house.catalogue,
            (site,) if site else mine,
            now(),
            arms=account().role in UNBLINDED,
        )
    return found, site


def _name(found: Report, what: str) -> str:
    return report_page.stem(found, what, now())


def _download(text: str, found: Report, what: str) -> Response:
    answer = Response(text.encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{_name(found, what)}.csv"'
    return answer

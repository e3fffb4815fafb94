"""Taking data out and the report, for the staff: what may leave, who may take it, who may see arms."""

import logging
from importlib.metadata import version

from flask import (
    Blueprint,
    Response,
    current_app,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from pro_app.actions import report as reporting
from pro_app.actions.export import EVERY_FORMAT, Wish
from pro_app.actions.report import Report
from pro_app.errors import NotFound
from pro_app.exports.formats import FORMATS
from pro_app.exports.sweeping import A_FEW, sweep
from pro_app.exports.workplace import clear
from pro_app.messages import template_of
from pro_app.records import export_jobs, export_rows
from pro_app.records.export_jobs import ExportBusy, ExportStopped, Job
from pro_app.records.store_faults import StoreFault
from pro_app.schedule.elements import Site
from pro_app.web import export_file, export_making, locale, printing, problems, report_page
from pro_app.web.clinic_page import account, actor, sites
from pro_app.web.current import EXTENSION, now, service
from pro_app.web.export_words import words_in
from pro_app.web.guard import staff
from pro_app.web.staff_roles import READERS

log = logging.getLogger(__name__)
blueprint = Blueprint("exporting", __name__, url_prefix="/staff")
EXPORTERS = ("site_coordinator", "study_coordinator")
# A site's staff know the arms of their own patients; arms side by side are for the study's coordinator only.
UNBLINDED = ("study_coordinator",)
# Who asks for little has it at once and sees no progress.
WAITED_FOR_S = 2.0
STATUS = {"export_busy": 503, "export_no_space": 507}


@blueprint.record_once
def _clear_at_start(setup: BlueprintSetupState) -> None:
    """What a process of this machine left when it was killed. The database is swept by clocks and pages."""
    clear(setup.app.extensions[EXTENSION].settings.data_dir)


@blueprint.get("/exports")
@staff(*EXPORTERS)
def listing() -> str:
    return _form()


@blueprint.post("/exports")
@staff(*EXPORTERS)
def make() -> AnyResponse:
    """Begins the export. Little is there at once; of more there is a page that shows how far it is."""
    fault, wish = _wish()
    if fault:
        return Response(_form(fault), 422)
    language = request.form.get("labels", "")
    if language not in locale.LANGUAGES:
        language = locale.language()
    name = f"{service().study.id}-{now():%Y-%m-%d}.zip"
    job = Job(export_jobs.new_name(), account().login, now(), name, wish.formats, wish.sites, wish.arms)
    order = export_making.Order(wish, words_in(language), actor(), now())
    try:
        export_making.begin(service(), job, order).join(WAITED_FOR_S)
    except ExportBusy as refusal:
        return _refused(refusal.code, problems.sentence(refusal))
    job = _found(job.id)
    if job.state == "failed":
        return _refused(job.fault, _fault_of(job))
    return redirect(url_for(".fetch" if job.state == "done" else ".progress", job=job.id), 303)


def _refused(code: str, sentence: str) -> Response:
    answer = Response(_form(sentence), STATUS.get(code) or problems.STATUS.get(code, 422))
    if answer.status_code == 503:
        answer.headers["Retry-After"] = "30"
    return answer


@blueprint.get("/exports/<job>")
@staff(*EXPORTERS)
def progress(job: str) -> str:
    """How far it is, or the file, or why there is none. Looks again by itself, without a script too."""
    found = _mine(job)
    return render_template(
        "exporting/job.html", job=found, said=_said(found), fault=_fault_of(found), formats_of=_formats_of
    )


@blueprint.get("/exports/<job>/progress")
@staff(*EXPORTERS)
def standing(job: str) -> Response:
    """The same for the page's script."""
    found = _mine(job)
    return jsonify(state=found.state, percent=found.percent, said=_said(found))


@blueprint.post("/exports/<job>/stop")
@staff(*EXPORTERS)
def stop(job: str) -> AnyResponse:
    """It won't be made; whoever makes it hears so within a second, on whatever machine."""
    found = _mine(job)
    with service().store.writing(short=True) as tx:
        export_jobs.fail(tx, found.id, ExportStopped.code, {}, now())
    return redirect(url_for(".progress", job=found.id), 303)


@blueprint.get("/exports/<job>/file")
@staff(*EXPORTERS)
def fetch(job: str) -> Response:
    """The export as one ZIP; who took it is on the audit trail since it has this address."""
    found = _mine(job)
    if found.state != "done":
        raise NotFound()
    return export_file.answer(service().store, found)


def _found(name: str) -> Job:
    with service().store.reading(short=True) as tx:
        return export_jobs.find(tx, name, now())


def _mine(name: str) -> Job:
    """The job, if this person asked for it and may still have what is in it; raises `NotFound`."""
    _sweep()
    job = _found(name)
    if not _may_have(job):
        raise NotFound()
    return job


def _sweep() -> None:
    """By whoever looks, for an installation may have no clock just now; a page that can't is still shown."""
    try:
        sweep(service().store, now(), A_FEW)
    except StoreFault as fault:
        log.warning("old exports could not be removed: %s", fault)


def _may_have(job: Job) -> bool:
    mine = account()
    arms = not job.arms or mine.role in UNBLINDED
    return job.owner == mine.login and set(job.sites) <= set(sites()) and arms


def _said(job: Job) -> str:
    if job.state != "working":
        return ""
    if not job.people:
        return _("It is about to begin.")
    if job.done >= job.people:
        return _("All participants are read; the files are being put together.")
    return ngettext(
        "%(done)s of %(num)s participant read.",
        "%(done)s of %(num)s participants read.",
        job.people,
        done=job.done,
    )


def _fault_of(job: Job) -> str:
    if job.state != "failed":
        return ""
    template = _(template_of(job.fault))
    return template % job.params if job.params else template


def _form(fault: str = "") -> str:
    _sweep()
    words = _format_words()
    formats = [(name, words.get(name, name)) for name in FORMATS]
    with service().store.reading(short=True) as tx:
        jobs = [job for job in export_jobs.of(tx, account().login, now()) if _may_have(job)]
        being_made = export_jobs.being_made(tx, now())
    return render_template(
        "exporting/exports.html",
        formats=formats,
        sites=_my_sites(),
        chosen=request.form,
        fault=fault,
        may_see_arms=account().role in UNBLINDED,
        formats_of=_formats_of,
        jobs=jobs,
        others=being_made if being_made and being_made.owner != account().login else None,
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


def _format_words() -> dict[str, str]:
    wide, long = _("CSV, one row for each form"), _("CSV, one row for each answer")
    return {**_FORMAT_WORDS, "csv-wide": wide, "csv-long": long}


def _formats_of(job: Job) -> str:
    words = _format_words()
    return " · ".join(words.get(name, name) for name in job.formats)


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
    return printing.printed(page, _name(found, "report"))


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

"""The investigator's sign-off: what still needs a signature, one participant's visits, and signing them."""

import csv
import io
from collections.abc import Iterator, Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from pro_app.actions import given, prove, sign_off
from pro_app.actions.sign_off import ChangedSinceShown, NothingToSign, Sheet, State
from pro_app.exports.cells import moment, safe
from pro_app.messages import template_of
from pro_app.web import clinic_words, proof
from pro_app.web import lists as read_list
from pro_app.web.clinic_page import account, actor, own_site, person_of, sites
from pro_app.web.current import now, service
from pro_app.web.guard import staff
from pro_app.web.staff_roles import READERS, SIGNERS

blueprint = Blueprint("signing", __name__, url_prefix="/staff")
# Sign, words and tone of each state; the tone is a class of the style sheet.
STATES = {
    State.UNSIGNED: ("○", _("not signed yet"), "open"),
    State.SIGNED: ("✓", _("signed"), "done"),
    State.CHANGED: ("≠", _("changed since it was signed"), "miss"),
}
# What a signature says, by its code: it is shown before signing and beside every signature.
MEANINGS = {
    sign_off.REVIEWED: _(
        "I have reviewed these responses. To the best of my knowledge they are this participant's own, from "
        "this visit, and their record is complete and accurate."
    )
}
PROOFS = {
    "password": _("password"),
    "totp": _("password and code"),
    "recovery_code": _("password and recovery code"),
}
COLUMNS = (
    "study_number",
    "site",
    "visit",
    "state",
    "signed_by",
    "name",
    "meaning",
    "proved_by",
    "signed_at",
    "hash_signed",
    "hash_now",
)
Answered = str | tuple[str, int] | Response


@blueprint.get("/signatures")
@staff(*READERS)
def listing() -> str:
    """Who has something to sign, by study number; with `show=all` everybody who has answered."""
    show = read_list.one_of("show", ("open", "all"), "open")
    after = read_list.text_of("after")
    wish = read_list.one_of("site", sites())
    with service().store.reading() as tx:
        page = sign_off.page(tx, service().study, (wish,) if wish else sites(), after, every=show == "all")
    return render_template(
        "signing/list.html",
        page=page,
        show=show,
        after=after,
        site=wish,
        sites=[service().study.site(code) for code in sites()],
        states=STATES,
        visits=_visits(),
        may_sign=account().role in SIGNERS,
        zone=(own_site() or service().study.sites[0]).time_zone,
    )


@blueprint.get("/signatures.csv")
@staff(*READERS)
def table() -> Response:
    """Every visit that can be signed or was, with its newest signature, as CSV: codes, for programs."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    after = ""
    with service().store.snapshot() as tx:
        while True:
            page = sign_off.page(tx, service().study, sites(), after, every=True)
            for sheet in page.sheets:
                writer.writerows(_cells(sheet))
            after = page.after
            if not after:
                break
    answer = Response("\ufeff" + out.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f"attachment; filename=signatures-{now():%Y-%m-%d}.csv"
    return answer


def _cells(sheet: Sheet) -> Iterator[tuple[object, ...]]:
    person = sheet.person
    for visit in sheet.visits:
        last = visit.last
        yield (
            safe(person.study_number),
            person.site,
            visit.timepoint,
            visit.state.value,
            safe(last.signed_by) if last else "",
            safe(last.name) if last else "",
            last.meaning if last else "",
            last.proved_by if last else "",
            moment(last.signed_at) if last else "",
            last.hash if last else "",
            visit.hash,
        )


@blueprint.get("/participants/<study_number>/signatures")
@staff(*READERS)
def show(study_number: str) -> str:
    return _page(study_number)


@blueprint.post("/participants/<study_number>/signatures")
@staff(*SIGNERS)
def sign(study_number: str) -> Answered:
    """Sign the ticked visits as they stood on the page, after the password (and the code) once more."""
    with service().store.reading() as tx:
        person_of(tx, study_number)  # nobody is asked for a password about somebody they may not know of
    seen = {
        name: request.form.get(f"hash-{name}", "")[:64]
        for name in request.form.getlist("visit")[: len(_visits())]
        if name in _visits()
    }
    if not seen:
        return _page(study_number, fault=gettext(template_of(NothingToSign.code))), 422
    if wrong := proof.password_fault():
        return _page(study_number, faults={"password": wrong}, ticked=seen), 422
    try:
        with service().store.writing() as tx:
            how = prove.code(tx, account(), proof.typed_code(), actor(), now())
            if how:
                person = person_of(tx, study_number)
                done = sign_off.sign(tx, service().study, person, seen, account().name, how, actor(), now())
    except ChangedSinceShown as refusal:
        return _page(study_number, fault=gettext(template_of(refusal.code))), 409
    except NothingToSign as refusal:
        return _page(study_number, fault=gettext(template_of(refusal.code))), 422
    if not how:
        return _page(study_number, faults={"code": gettext(template_of("own_code_wrong"))}, ticked=seen), 422
    flash(ngettext("%(num)s visit is signed.", "%(num)s visits are signed.", len(done)), "good")
    return redirect(url_for("signing.show", study_number=study_number), 303)


def _page(
    study_number: str,
    *,
    fault: str | None = None,
    faults: Mapping[str, str] | None = None,
    ticked: Mapping[str, str] | None = None,
) -> str:
    house = service()
    with house.store.reading() as tx:
        person = person_of(tx, study_number)
        (sheet,) = sign_off.sheets(tx, house.study, [person])
        answered = {
            visit.timepoint: given.given(tx, house.catalogue, person, visit.timepoint)
            for visit in sheet.visits
        }
    return render_template(
        "signing/sheet.html",
        person=person,
        site=house.study.site(person.site),
        sheet=sheet,
        answered=answered,
        visits=_visits(),
        states=STATES,
        meanings=MEANINGS,
        meaning=MEANINGS[sign_off.REVIEWED],
        proofs=PROOFS,
        words=clinic_words,
        may_sign=account().role in SIGNERS,
        asks_code=proof.asks_code(),
        fault=fault,
        faults=faults or {},
        ticked=ticked or {},
    )


def _visits() -> dict[str, Mapping[str, str]]:
    return {one.id: one.label for one in service().study.timepoints}

"""The list of accounts: who may come in, inviting somebody, and changing or switching one off at once."""

from datetime import timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from pro_app.actions import accounts, invite, second_factor
from pro_app.actions.invite import Invitation
from pro_app.letters import to_security
from pro_app.messages import template_of
from pro_app.records import security_signals, staff_letters
from pro_app.records import staff as staff_records
from pro_app.records.staff import ALL_SITES, LoginTaken, Staff
from pro_app.records.staff_rules import COORDINATOR_INVITES, ROLES, AccountRefused, check_email
from pro_app.records.store import Transaction
from pro_app.web import account_words, clinic_words
from pro_app.web.clinic_page import account, actor
from pro_app.web.current import now, service
from pro_app.web.guard import staff
from pro_app.web.staff_roles import INVITERS

blueprint = Blueprint("accounts", __name__, url_prefix="/accounts")
# How long a notice stands on the first page of administrators.
SHOWN_FOR = timedelta(days=7)
EMPTY = {"login": "", "name": "", "role": "nurse", "site": "", "language": "", "email": ""}


@blueprint.get("")
@staff(*INVITERS, site_scoped=False)
def everybody() -> str:
    return _list(EMPTY, {})


def _list(typed: dict[str, str], faults: dict[str, str]) -> str:
    with service().store.reading() as tx:
        found = staff_records.everybody(tx)
        mine = account().role == "administrator"
        urgent = security_signals.notices(tx, now() - SHOWN_FOR) if mine else ()
    return render_template(
        "clinic/accounts.html",
        urgent=urgent,
        leads=to_security.SIGNALS,
        account_words=account_words,
        zone=service().study.sites[0].time_zone,
        accounts=found,
        words=clinic_words,
        typed=typed,
        faults=faults,
        roles=ROLES if account().role == "administrator" else COORDINATOR_INVITES,
    )


@blueprint.post("")
@staff(*INVITERS, site_scoped=False)
def invite_one() -> Response | tuple[str, int]:
    typed = {name: request.form.get(name, "").strip()[:254] for name in EMPTY}
    wish = Invitation(**{**typed, "site": _site(typed)})  # type: ignore[arg-type]
    faults = _unknown(typed)
    try:
        check_email(typed["email"])
    except AccountRefused as refused:
        faults[refused.field] = _(template_of(refused.fault))
    if faults:
        return _list(typed, faults), 422
    try:
        with service().store.writing() as tx:
            made = invite.invite(tx, wish, account(), actor(), now())
    except AccountRefused as refused:
        return _list(typed, {refused.field: _(template_of(refused.fault))}), 422
    except LoginTaken as taken:
        words = _(template_of(taken.code)) % taken.params
        return _list(typed, {"login": words}), 409
    flash(_("%(login)s is invited. The letter is on its way.", login=made.login), "good")
    return redirect(url_for("clinic.accounts.everybody"), 303)


def _site(typed: dict[str, str]) -> str | None:
    return None if typed["site"] in ("", ALL_SITES) else typed["site"]


def _unknown(typed: dict[str, str]) -> dict[str, str]:
    """Faults of what only the study knows."""
    faults = {}
    site = _site(typed)
    if site is not None and site not in {one.code for one in service().study.sites}:
        faults["site"] = _(template_of("site_unknown_here"))
    if typed["language"] not in service().study.languages:
        faults["language"] = _(template_of("language_unknown"))
    return faults


@blueprint.get("/<login>")
@staff("administrator", site_scoped=False)
def one(login: str) -> str:
    with service().store.reading() as tx:
        return _one(tx, staff_records.by_login(tx, login))


def _one(
    tx: Transaction, other: Staff, typed: dict[str, str] | None = None, faults: dict[str, str] | None = None
) -> str:
    now_is = {
        "role": other.role,
        "site": "" if other.site in (None, ALL_SITES) else str(other.site),
        "language": other.language,
        "email": other.email or "",
    }
    return render_template(
        "accounts/one.html",
        other=other,
        typed=typed or now_is,
        faults=faults or {},
        roles=ROLES,
        words=clinic_words,
        letter_words=account_words,
        letters=staff_letters.of(tx, other.id)[:5],
    )


@blueprint.post("/<login>")
@staff("administrator", site_scoped=False)
def save(login: str) -> Response | tuple[str, int]:
    """Role, site, address and language; who is signed in has the new rights on the next request."""
    typed = {name: request.form.get(name, "").strip()[:254] for name in ("role", "site", "language", "email")}
    faults = _unknown(typed)
    with service().store.writing() as tx:
        other = staff_records.by_login(tx, login)
        if login == account().login and typed["role"] != other.role:
            faults["role"] = _("Ask another administrator: nobody changes the own role.")
        try:
            email = check_email(typed["email"]) if typed["email"] else None
            if not faults:
                accounts.set_place(tx, other, typed["role"], _site(typed), actor(), now())
                accounts.set_contact(tx, other, email, typed["language"], actor(), now())
        except AccountRefused as refused:
            faults[refused.field] = _(template_of(refused.fault))
        if faults:
            return _one(tx, other, typed, faults), 422
    flash(_("%(login)s is changed. It acts at once.", login=login), "good")
    return redirect(url_for("clinic.accounts.one", login=login), 303)


@blueprint.post("/<login>/<any(enable, disable, link, reset):word>")
@staff("administrator", site_scoped=False)
def switch(login: str, word: str) -> Response:
    if login == account().login and word != "link":
        abort(403)  # who switches the own account off can't undo it
    try:
        with service().store.writing() as tx:
            _do(tx, staff_records.by_login(tx, login), word)
    except AccountRefused as refused:
        flash(_(template_of(refused.fault)), "alert")
    else:
        flash(_done(word, login), "good")
    return redirect(url_for("clinic.accounts.one", login=login), 303)


def _do(tx: Transaction, other: Staff, word: str) -> None:
    if word == "link":
        invite.send_link(tx, other, actor(), now())
    elif word == "reset":
        second_factor.reset(tx, other, actor(), now())
    else:
        accounts.set_active(tx, other, word == "enable", actor(), now())


def _done(word: str, login: str) -> str:
    if word == "link":
        return _("A link to choose a password is on its way to %(login)s.", login=login)
    if word == "reset":
        return _("%(login)s signs in without a code next time, and can set up a new one.", login=login)
    if word == "enable":
        return _("%(login)s may sign in again.", login=login)
    return _("%(login)s is switched off and signed out everywhere.", login=login)

"""One's own account: password, tablet PIN, the sessions that are running. The second factor is next door."""

from typing import cast

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from pro_app import passwords
from pro_app.actions import own_account, pin, sign_in
from pro_app.messages import template_of
from pro_app.records import staff_factors, staff_sessions
from pro_app.records.staff import Staff, pin_hash_of
from pro_app.records.staff_rules import AccountRefused, about_owner, check_chosen
from pro_app.web import cookies
from pro_app.web.clinic_page import account, actor, own_site
from pro_app.web.current import now, service
from pro_app.web.guard import staff
from pro_app.web.staff_roles import EVERYBODY, SITE_STAFF

blueprint = Blueprint("own", __name__, url_prefix="/account")
Faults = dict[str, str]


def this_session() -> str:
    """The hash of this request's session key."""
    return sign_in.hash_key(cookies.read_staff() or "")


def confirm(password: str) -> str | None:
    """None when this is the account's present password; else the code of what to say."""
    store = service().store
    with store.reading() as tx:
        check = own_account.prepare(tx, account(), now())
    if check.wait_seconds:
        return "too_many_tries"
    fits = own_account.password_fits(check, password)
    with store.writing() as tx:
        return None if own_account.confirmed(tx, check, fits, actor(), now()) else "password_wrong"


def said(code: str) -> str:
    """A fault of a field in words."""
    words = _(template_of(code))
    return words % {"minutes": 1} if code == "too_many_tries" else words


def check_new(owner: Staff, password: str) -> None:
    """Raises `AccountRefused` for a password that its owner should not take."""
    check_chosen(owner.login, password, about_owner(owner.name, owner.site, service().study))


@blueprint.get("")
@staff(*EVERYBODY, site_scoped=False)
def show() -> str:
    return _page({})


def _page(faults: Faults) -> str:
    with service().store.reading() as tx:
        stays = staff_sessions.running(tx, account(), this_session(), now() - sign_in.IDLE)
        left = staff_factors.recovery_codes_left(tx, account())
        has_pin = pin_hash_of(tx, account().id) is not None
    return render_template(
        "accounts/own.html",
        faults=faults,
        stays=stays,
        codes_left=left,
        has_pin=has_pin,
        uses_tablets=account().role in SITE_STAFF,
        required=service().settings.totp == "required",
        zone=(own_site() or service().study.sites[0]).time_zone,
        LONGEST=passwords.LONGEST,
    )


def _back() -> Response:
    return redirect(url_for("accounts.own.show"), 303)


@blueprint.post("/password")
@staff(*EVERYBODY, site_scoped=False)
def new_password() -> Response | tuple[str, int]:
    old, new = request.form.get("old", ""), request.form.get("new", "")
    faults: Faults = {}
    try:
        check_new(account(), new)
    except AccountRefused as refused:
        faults["new"] = said(refused.fault)
    if new != request.form.get("again", ""):
        faults["again"] = said("password_differs")
    if not faults and (wrong := confirm(old)):
        faults["old"] = said(wrong)
    if faults:
        return _page(faults), 422
    digest = passwords.hashed(new)
    with service().store.writing() as tx:
        own_account.change_password(tx, account(), digest, this_session(), actor(), now())
    flash(_("Your password is changed. Your other sessions are ended."), "good")
    return _back()


@blueprint.post("/pin")
@staff(*SITE_STAFF, site_scoped=False)
def new_pin() -> Response | tuple[str, int]:
    new = request.form.get("pin", "").strip()
    faults: Faults = {}
    try:
        pin.check(new)
    except AccountRefused as refused:
        faults["pin"] = said(refused.fault)
    if new != request.form.get("pin_again", "").strip():
        faults["pin_again"] = said("pin_differs")
    if not faults and (wrong := confirm(request.form.get("password", ""))):
        faults["pin_password"] = said(wrong)
    if faults:
        return _page(faults), 422
    with service().store.writing() as tx:
        pin.set_pin(tx, account(), new, actor(), now())
    flash(_("Your PIN for tablets is set."), "good")
    return _back()


@blueprint.post("/sessions")
@staff(*EVERYBODY, site_scoped=False)
def end_others() -> Response:
    with service().store.writing() as tx:
        count = own_account.end_others(tx, account(), this_session(), actor(), now())
    words = ngettext("%(num)s other session is ended.", "%(num)s other sessions are ended.", count)
    flash(cast(str, words), "good")
    return _back()

"""Links by mail: choosing a password, and asking for such a link. Opening one changes nothing."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from pro_app import passwords
from pro_app.actions import invite
from pro_app.records.staff import Staff
from pro_app.records.staff_rules import AccountRefused
from pro_app.web.account_own import check_new, said
from pro_app.web.current import address, now, service
from pro_app.web.guard import public

blueprint = Blueprint("links", __name__)


@blueprint.get("/link/<token>")
@public("a one-time link from a letter; it only shows the form")
def show(token: str) -> str | tuple[str, int]:
    owner = _owner(token)
    return _form(token, owner, {}) if owner else _over()


@blueprint.post("/link/<token>")
@public("the link's secret is the right to choose one account's password, once")
def choose(token: str) -> Response | str | tuple[str, int]:
    owner = _owner(token)
    if owner is None:
        return _over()
    new, faults = request.form.get("new", ""), {}
    try:
        check_new(owner, new)
    except AccountRefused as refused:
        faults["new"] = said(refused.fault)
    if new != request.form.get("again", ""):
        faults["again"] = said("password_differs")
    if faults:
        return _form(token, owner, faults), 422
    digest = passwords.hashed(new)
    with service().store.writing() as tx:
        done = invite.redeem(tx, token, digest, address(), now())
    if done is None:
        return _over()
    flash(_("Your password is set. Please sign in as %(login)s.", login=done.login), "good")
    return redirect(url_for("accounts.form"), 303)


def _owner(token: str) -> Staff | None:
    with service().store.reading() as tx:
        owner = invite.opening(tx, token[:100], now())
    if owner:
        g.language = owner.language
    return owner


def _form(token: str, owner: Staff, faults: dict[str, str]) -> str:
    return render_template("accounts/link.html", token=token, owner=owner, faults=faults)


def _over() -> tuple[str, int]:
    return render_template("accounts/link_over.html"), 404


@blueprint.get("/forgotten")
@public("the form that asks for a new password")
def forgotten() -> str:
    return render_template("accounts/forgotten.html", asked=False)


@blueprint.post("/forgotten")
@public("the same answer for known and unknown accounts; slowed down")
def ask() -> str:
    with service().store.writing() as tx:
        invite.forgotten(tx, request.form.get("login", ""), address(), now())
    return render_template("accounts/forgotten.html", asked=True)

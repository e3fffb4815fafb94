"""The second factor of one's own account: the picture to scan, the code that confirms it, recovery codes."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from pro_app import one_time_codes
from pro_app.actions import second_factor
from pro_app.actions.second_factor import CodeWrong, OfferOver
from pro_app.web.account_own import confirm, said
from pro_app.web.clinic_card import qr
from pro_app.web.clinic_page import account, actor
from pro_app.web.current import now, service
from pro_app.web.guard import staff
from pro_app.web.staff_roles import EVERYBODY

blueprint = Blueprint("code", __name__, url_prefix="/account/code")


@blueprint.get("")
@staff(*EVERYBODY, site_scoped=False)
def show() -> str | Response:
    if account().second_factor:
        return render_template("accounts/code_is_set.html", fault=None, required=_required())
    return _offer_page()


def _required() -> bool:
    return service().settings.totp == "required"


def _offer_page(sealed: str | None = None, fault: str | None = None) -> str:
    offer = second_factor.offer(service().keys, account(), now(), sealed)
    address = one_time_codes.address(offer.secret, account().login, f"PRO {service().study.id}")
    return render_template(
        "accounts/code.html",
        offer=offer,
        groups=one_time_codes.in_groups(offer.secret),
        picture=qr(address, _("QR picture for your authenticator app")),
        fault=fault,
        required=_required(),
    )


@blueprint.post("")
@staff(*EVERYBODY, site_scoped=False)
def confirm_code() -> str | tuple[str, int]:
    """The code shows that the telephone has the secret: from now on it is asked for at every sign-in."""
    sealed, code = request.form.get("offer", ""), request.form.get("code", "")
    try:
        with service().store.writing() as tx:
            codes = second_factor.set_up(tx, account(), sealed, code, actor(), now())
    except CodeWrong as wrong:
        return _offer_page(sealed, said(wrong.code)), 422
    except OfferOver as over:
        if account().second_factor:
            return render_template(
                "accounts/code_is_set.html", fault=said(over.code), required=_required()
            ), 409
        return _offer_page(None, said(over.code)), 409
    return render_template("accounts/recovery_codes.html", codes=codes)


@blueprint.post("/<any(again, recovery, remove):word>")
@staff(*EVERYBODY, site_scoped=False)
def change(word: str) -> str | Response | tuple[str, int]:
    """Another telephone, new recovery codes, or none any more: each asks for the password first."""
    if not account().second_factor or (word == "remove" and _required()):
        abort(404)
    if wrong := confirm(request.form.get("password", "")):
        return render_template("accounts/code_is_set.html", fault=said(wrong), required=_required()), 422
    if word == "again":
        return _offer_page()
    with service().store.writing() as tx:
        if word == "recovery":
            codes = second_factor.renew_codes(tx, account(), actor(), now())
            return render_template("accounts/recovery_codes.html", codes=codes)
        second_factor.reset(tx, account(), actor(), now())
    flash(_("Codes are no longer asked for. Please sign in again."), "good")
    return redirect(url_for("accounts.form"), 303)

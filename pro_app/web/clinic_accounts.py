"""The administrator's list of accounts: who may come in, and switching one off at once."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from pro_app.actions import accounts
from pro_app.records import staff as staff_records
from pro_app.web import clinic_words
from pro_app.web.clinic_page import account, actor
from pro_app.web.current import now, service
from pro_app.web.guard import staff

blueprint = Blueprint("accounts", __name__, url_prefix="/accounts")


@blueprint.get("")
@staff("administrator", site_scoped=False)
def everybody() -> str:
    with service().store.reading() as tx:
        found = staff_records.everybody(tx)
    return render_template("clinic/accounts.html", accounts=found, words=clinic_words)


@blueprint.post("/<login>/<any(enable, disable):word>")
@staff("administrator", site_scoped=False)
def switch(login: str, word: str) -> Response:
    if login == account().login:
        abort(403)  # who switches the own account off can't undo it
    with service().store.writing() as tx:
        other = staff_records.by_login(tx, login)
        accounts.set_active(tx, other, word == "enable", actor(), now())
    flash(
        _("%(login)s may sign in again.", login=login)
        if word == "enable"
        else _("%(login)s is switched off and signed out everywhere.", login=login),
        "good",
    )
    return redirect(url_for("clinic.accounts.everybody"), 303)

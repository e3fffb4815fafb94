"""The data lock: what is locked, since when and by whom; locking a site or the study, and unlocking."""

from collections.abc import Callable, Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from pro_app.actions import lock_data, prove
from pro_app.actions.lock_data import LockRefused
from pro_app.messages import template_of
from pro_app.records.data_locks import STUDY, LockedAlready, NotLocked
from pro_app.web import proof
from pro_app.web.clinic_page import account, actor, own_site, sites
from pro_app.web.current import now, service
from pro_app.web.guard import staff
from pro_app.web.lock_words import LOCK_REASONS
from pro_app.web.staff_roles import LOCKERS, READERS

blueprint = Blueprint("locking", __name__, url_prefix="/staff/locks")
Answered = str | tuple[str, int] | Response
Deed = Callable[..., int]


@blueprint.get("")
@staff(*READERS)
def listing() -> str:
    return _page()


@blueprint.post("/lock")
@staff(*LOCKERS, site_scoped=False)
def lock() -> Answered:
    """Lock a site or the study, after the password (and the code) once more."""
    return _do("lock", lock_data.lock)


@blueprint.post("/unlock")
@staff(*LOCKERS, site_scoped=False)
def unlock() -> Answered:
    return _do("unlock", lock_data.unlock)


def _do(which: str, deed: Deed) -> Answered:
    scope, reason = request.form.get("scope", "")[:20], request.form.get("reason", "")[:40]
    known = lock_data.LOCK_REASONS if which == "lock" else lock_data.UNLOCK_REASONS
    if scope not in (STUDY, *sites()):
        return _page(which, {"scope": gettext(template_of("lock_scope"))}), 422
    if reason not in known:
        return _page(which, {"reason": gettext(template_of("lock_reason"))}), 422
    if wrong := proof.password_fault():
        return _page(which, {"password": wrong}), 422
    try:
        with service().store.writing() as tx:
            proved = prove.code(tx, account(), proof.typed_code(), actor(), now())
            count = deed(tx, service().study, scope, reason, actor(), now()) if proved else 0
    except (LockRefused, LockedAlready, NotLocked) as refusal:
        return _page(which, {"scope": gettext(template_of(refusal.code))}), 409
    if not proved:
        return _page(which, {"code": gettext(template_of("own_code_wrong"))}), 422
    if which == "lock":
        words = ngettext(
            "Locked: the data of %(num)s participant can't be changed any more.",
            "Locked: the data of %(num)s participants can't be changed any more.",
            count,
        )
    else:
        words = ngettext(
            "Unlocked: the data of %(num)s participant can be changed again.",
            "Unlocked: the data of %(num)s participants can be changed again.",
            count,
        )
    flash(words, "good")
    return redirect(url_for("locking.listing"), 303)


def _page(which: str = "", faults: Mapping[str, str] | None = None) -> str:
    house = service()
    with house.store.reading() as tx:
        standing = lock_data.standing(tx, sites())
    return render_template(
        "locking/page.html",
        standing=standing,
        sites=[house.study.site(code) for code in sites()],
        names={site.code: site.name for site in house.study.sites},
        everywhere=STUDY,
        lock_reasons=lock_data.LOCK_REASONS,
        unlock_reasons=lock_data.UNLOCK_REASONS,
        reason_words=LOCK_REASONS,
        may_lock=account().role in LOCKERS,
        asks_code=proof.asks_code(),
        which=which,
        faults=faults or {},
        scope=request.form.get("scope", ""),
        reason=request.form.get("reason", ""),
        zone=(own_site() or house.study.sites[0]).time_zone,
    )

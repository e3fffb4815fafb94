"""What a clinic's tablet may ask for, looked at before every view: the one door of a handed-over tablet.

A browser without a tablet's cookie passes without a look. See `actions.hand_over` for the states.
"""

from typing import cast

from flask import Flask, Response, after_this_request, g, redirect, request, session, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from pro_app.actions import hand_over, note_refusal
from pro_app.links import read_token
from pro_app.messages import template_of
from pro_app.records import participants, tablets
from pro_app.records.audit import CLOCK
from pro_app.records.staff import Staff
from pro_app.records.tablets import Tablet
from pro_app.web import cookies, locale, problems
from pro_app.web.current import address, here_and_now, now, service
from pro_app.web.guard import Guard, guard_of

# Public pages that lead into a visit: closed while the tablet is not in the hands of the staff.
_WAYS_IN = ("entry", "patient", "demo_inbox", "demo_registry")
HANDS = {
    "with_staff": "staff",
    "handed_over": "patient",
    "ward_round": "round",
    "locked": "nobody",
    "revoked": "nobody",
}


def install(app: Flask) -> None:
    """Must come before every other look at the door."""

    def look() -> AnyResponse | None:
        if not cookies.read_tablet():
            return None
        view = app.view_functions.get(request.endpoint or "")
        guard = guard_of(view) if view else None
        return _look(guard) if guard else None

    app.before_request(look)
    app.context_processor(lambda: {"on_tablet": handed_over()})


def handed_over() -> bool:
    """Whether this page is shown to a patient on a clinic's tablet."""
    which = here_and_now().get("tablet")
    return which is not None and which.state == "handed_over"


def _look(guard: Guard) -> AnyResponse | None:
    way_in = request.blueprint is not None and request.blueprint.split(".")[0] in _WAYS_IN
    if guard.kind == "public" and not way_in:
        return None
    with service().store.reading() as tx:
        which = hand_over.find(tx, cookies.read_tablet() or "")
        strange = which is None and note_refusal.key_worth_noting(tx, address(), now())
    if strange:
        with service().store.writing() as tx:
            note_refusal.note_key(tx, service().study.id, address(), now())
    g.tablet = which
    # The PIN takes it back in one step, whoever was late.
    if which and hand_over.idle(which, now()) and request.endpoint != "tablet.unlock":
        which = _close(which)
    if which:
        g.language = which.language
    if guard.kind == "tablet":
        return None
    if guard.kind in ("visit", "device"):
        return _visit(which)
    if guard.kind == "staff":
        return _staff(which)
    if which is None or which.state == "with_staff":
        return None
    # A page that leads into a visit: the patient stays in the one that is open here.
    return _to("patient.home" if which.state == "handed_over" else "tablet.locked")


def _visit(which: Tablet | None) -> AnyResponse | None:
    """Only the visit that the tablet is handed over for, or one that was loaded for the round."""
    if which is None or which.state in ("locked", "revoked"):
        return closed("tablet_revoked" if which and which.state == "revoked" else "tablet_locked")
    if which.state == "with_staff":
        return None
    ref = _asked_ref()
    if which.state == "ward_round":
        return None if ref and _loaded(which, ref) else closed("tablet_locked")
    if ref != which.ref:
        return closed("visit_other")
    if now() - which.seen_at >= hand_over.TOUCH_EVERY:
        with service().store.writing() as tx:
            hand_over.seen(tx, which, now())
    return None


def _staff(which: Tablet | None) -> AnyResponse | None:
    if which is None:
        return None
    if which.state == "revoked":
        # Found again: who signs in with the password afterwards may go on, and the browser is no tablet.
        if not current_user.is_authenticated:
            return _to("tablet.locked")
        after_this_request(_forget)
        return None
    if which.state != "with_staff":
        taking = request.endpoint == "tablet.take" and current_user.is_authenticated
        return None if taking else _to("tablet.locked")
    if not current_user.is_authenticated:
        with service().store.reading() as tx:
            opens = hand_over.pin_opens(tx, which, now())
        return _to("tablet.locked") if opens else None
    _keep(which)
    return None


def _keep(which: Tablet) -> None:
    """Write down whose session runs on the tablet, so that revoking it ends that very session."""
    account, key = cast(Staff, current_user.account), hand_over.hash_key(cookies.read_staff() or "")
    old = now() - which.seen_at >= hand_over.TOUCH_EVERY * 12
    if which.session_hash != key or which.staff_id != account.id or old:
        with service().store.writing() as tx:
            tablets.change(tx, which.id, session_hash=key, staff_id=account.id, seen_at=now())


def _close(which: Tablet) -> Tablet:
    """Nobody has touched it for too long."""
    with service().store.writing() as tx:
        fresh = hand_over.find(tx, cookies.read_tablet() or "", lock=True)
        if fresh is None or not hand_over.idle(fresh, now()):
            return fresh or which  # another request of this browser was quicker
        key = hand_over.lock(tx, fresh, "idle", CLOCK, now())
        found = tablets.by_id(tx, which.id)

    def give(response: Response) -> Response:
        return leave_visit(response, key, found)

    after_this_request(give)
    g.tablet = found
    return found


def leave_visit(response: Response, key: str, which: Tablet) -> Response:
    """Nothing of the visit stays in the browser's cookies; the key is a new one."""
    forget_form()
    cookies.drop_visit(response)
    cookies.drop_staff(response)
    cookies.set_tablet(response, key, HANDS[which.state])
    if spoken := locale.best_language(which.language):
        cookies.set_language(response, spoken)
    # What the browser kept of the pages goes as well, in those that know how.
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def enter_visit(response: Response, key: str, which: Tablet, token: str, language: str) -> None:
    """From now on this browser is in one visit and in nothing else."""
    forget_form()
    session["mode"] = "clinic_tablet"
    cookies.drop_staff(response)
    cookies.set_tablet(response, key, HANDS[which.state])
    cookies.set_visit(response, token)
    cookies.set_text_size(response, 1)
    if spoken := locale.best_language(language):
        cookies.set_language(response, spoken)


def forget_form() -> None:
    """The form secret and all that a visit put beside it; whom this browser knows as staff is no secret."""
    known = session.get("known")
    session.clear()
    if known:
        session["known"] = known
        session.permanent = True


def closed(code: str) -> AnyResponse:
    """The refusal of a page's own call, or the way to the page for the PIN."""
    if problems.wants_json():
        return problems.answer(code, gettext(template_of(code)), 403)
    return _to("tablet.locked")


def _forget(response: Response) -> Response:
    cookies.drop_tablet(response)
    return response


def _asked_ref() -> str | None:
    header = request.headers.get("Authorization", "")
    token = header.removeprefix("Visit ") if header.startswith("Visit ") else cookies.read_visit()
    ticket = read_token(token) if token else None
    return f"{ticket.handle}.{ticket.timepoint}" if ticket else None


def _loaded(which: Tablet, ref: str) -> bool:
    handle, timepoint = ref.split(".")
    with service().store.reading() as tx:
        person = participants.by_handle(tx, handle)
        return person is not None and tablets.loaded(tx, which.id, person.id, timepoint)


def _to(endpoint: str) -> AnyResponse:
    return redirect(url_for(endpoint), 303)

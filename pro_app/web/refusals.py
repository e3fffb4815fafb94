"""Who is signed in and comes to a wrong door is told so, and the audit trail has it."""

import logging

from flask import Flask, Response, current_app, g

from pro_app.actions import note_refusal
from pro_app.actions.note_refusal import Refusal
from pro_app.records.audit import Actor
from pro_app.web.current import address, asked, now, service
from pro_app.web.guard import guard_of

log = logging.getLogger(__name__)


def install(app: Flask) -> None:
    app.after_request(_look)


def _look(response: Response) -> Response:
    if response.status_code in (403, 404) and (one := _refusal(response.status_code)):
        try:
            _note(one)
        except Exception as fault:
            # The answer stays a refusal, whatever becomes of its row.
            log.error("a refusal is not on the audit trail: %s", type(fault).__name__)
    return response


def _refusal(status: int) -> Refusal | None:
    """A page above the own role, or a record that isn't there for this reader."""
    sent, user = asked(), g.get("_login_user")
    view = current_app.view_functions.get(sent.endpoint or "")
    guard = guard_of(view) if view else None
    if guard is None or guard.kind != "staff" or sent.url_rule is None:
        return None
    if user is None or not user.is_authenticated:
        return None
    above = user.role not in guard.roles
    if status == 403 and above:
        return Refusal(user.account, sent.url_rule.rule, "role_too_low")
    if status == 404 and guard.site_scoped and sent.view_args:
        return Refusal(user.account, sent.url_rule.rule, "not_theirs")
    return None


def _note(one: Refusal) -> None:
    store, instant = service().store, now()
    with store.reading() as tx:
        if not note_refusal.worth_noting(tx, one, instant):
            return
    with store.writing() as tx:
        note_refusal.note(tx, one, Actor("staff", one.account.login, address()), instant)

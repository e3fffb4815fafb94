"""Who may call a route. Every view carries exactly one guard; the factory refuses to start otherwise.

Guards are checked in one place, before the view runs. A patient's ticket is only parsed here:
`current.visiting` proves it inside the view's own transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, abort, current_app, g
from flask_login import current_user

from pro_app.actions import admit
from pro_app.errors import SettingsError
from pro_app.web import cookies
from pro_app.web.current import asked, service

View = TypeVar("View", bound=Callable[..., Any])

ROLES = ("nurse", "site_coordinator", "investigator", "study_coordinator", "monitor", "administrator")
_MARK = "_pro_app_guard"
_SCHEME = "Visit "


@dataclass(frozen=True, slots=True)
class Guard:
    """What a route asks of its caller; `why` explains an open one."""

    kind: str
    roles: tuple[str, ...] = ()
    site_scoped: bool = False
    why: str = ""


def _marker(guard: Guard) -> Callable[[View], View]:
    def mark(view: View) -> View:
        if hasattr(view, _MARK):
            raise SettingsError(faults=f"{view.__name__} carries two guards.")
        setattr(view, _MARK, guard)
        return view

    return mark


def public(why: str) -> Callable[[View], View]:
    """Anybody may call this; say why."""
    return _marker(Guard("public", why=why))


def visit(view: View) -> View:
    """Only with the cookie of a started visit."""
    return _marker(Guard("visit"))(view)


def device(view: View) -> View:
    """The page's own calls: a visit token in the header; the cookie is enough for reading."""
    return _marker(Guard("device"))(view)


def tablet(view: View) -> View:
    """Only from a browser that is, or was, a clinic's tablet; the view asks in which state it is."""
    return _marker(Guard("tablet"))(view)


def demo(view: View) -> View:
    """Exists in a demonstration only."""
    return _marker(Guard("demo"))(view)


def staff(*roles: str, site_scoped: bool = True) -> Callable[[View], View]:
    """Only signed-in staff in one of `roles`; `site_scoped` views must show their own site only."""
    unknown = set(roles) - set(ROLES)
    if unknown or not roles:
        raise SettingsError(faults=f"A staff guard needs known roles, not {sorted(unknown)}.")
    return _marker(Guard("staff", roles=roles, site_scoped=site_scoped))


def guard_of(view: Callable[..., Any]) -> Guard | None:
    return getattr(view, _MARK, None)


def enforce() -> None:
    """Runs before every view: turns away whoever the route's guard doesn't admit."""
    endpoint = asked().endpoint
    if endpoint is None:
        return
    guard = guard_of(current_app.view_functions[endpoint])
    assert guard is not None
    if guard.kind == "demo" and not service().settings.demo:
        abort(404)
    elif guard.kind in ("visit", "device"):
        g.ticket = admit.ticket_of(_token(guard.kind))
    elif guard.kind == "tablet":
        if not cookies.read_tablet():
            abort(401)
    elif guard.kind == "staff":
        if not current_user.is_authenticated:
            abort(401)
        if current_user.role not in guard.roles:
            abort(403)


def _token(kind: str) -> str:
    if kind == "device":
        sent = asked()
        header = sent.headers.get("Authorization", "")
        if header.startswith(_SCHEME):
            return header.removeprefix(_SCHEME)
        if sent.method not in ("GET", "HEAD"):
            abort(401)  # a cookie alone must not write: another site's page could send it along
    token = cookies.read_visit()
    if token is None:
        abort(401)
    return token


def install(app: Flask) -> None:
    """Check that every route names its guard, and put the check before all views."""
    bare = sorted(name for name, view in app.view_functions.items() if guard_of(view) is None)
    if bare:
        raise SettingsError(faults=f"These routes have no guard: {', '.join(bare)}.")
    app.before_request(enforce)

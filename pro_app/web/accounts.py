"""Staff sign in and out. A session is a row, looked up on each request that asks who is there.

The cookie holds only a key. Whoever is not signed in is led to the sign-in page and back to where they were.
"""

import secrets
from functools import partial
from typing import cast
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, flash, g, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import LoginManager, current_user
from werkzeug.wrappers import Response as AnyResponse
from wtforms import HiddenField, PasswordField, StringField

from pro_app.actions import sign_in
from pro_app.records.staff import Staff
from pro_app.records.staff_rules import tidy_login
from pro_app.web import account_code, account_links, account_own, cookies, kept_form
from pro_app.web.current import address, asked, now, service
from pro_app.web.guard import guard_of, public, staff
from pro_app.web.locale import best_language
from pro_app.web.staff_roles import EVERYBODY
from pro_app.web.typed_form import TypedForm

blueprint = Blueprint("accounts", __name__, url_prefix="/staff")
for room in (account_own, account_code, account_links):
    blueprint.register_blueprint(room.blueprint)
_KNOWN = "known"
_MOST_KNOWN = 10
# What an account may do before it has the second factor that its hospital asks for.
_WITHOUT_CODE = ("accounts.code.show", "accounts.code.confirm_code", "accounts.leave")


class StaffUser:
    """What Flask-Login wants to know of somebody who is signed in."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, account: Staff) -> None:
        self.account = account
        self.role = account.role

    def get_id(self) -> str:
        return self.account.login


class SignInForm(TypedForm):
    login = StringField()
    password = PasswordField()
    next = HiddenField()
    kept = HiddenField()


class CodeForm(TypedForm):
    code = StringField()
    ticket = HiddenField()
    next = HiddenField()
    kept = HiddenField()


def _load(_request: object) -> StaffUser | None:
    """Who has the session key in this request's cookie, if its session still runs."""
    key = cookies.read_staff()
    if not key:
        return None
    store = service().store
    with store.reading() as tx:
        found = sign_in.current(tx, key, now())
    if found is None:
        return None
    if found.touch:
        with store.writing() as tx:
            sign_in.keep_alive(tx, key, now())
    g.language = found.account.language
    return StaffUser(found.account)


def _to_the_door(app: Flask) -> AnyResponse | None:
    """Lead whoever is not signed in to the sign-in page; a form that was sent is not saved, and says so."""
    view = app.view_functions.get(asked().endpoint or "")
    guard = guard_of(view) if view else None
    if guard is None or guard.kind != "staff":
        return None
    if current_user.is_authenticated:
        return _to_the_code()
    if request.method in ("GET", "HEAD"):
        target = request.full_path.rstrip("?")
    else:
        target = _path_of(request.referrer)
        if kept := kept_form.keep():
            words = _("You were signed out. What you typed is kept: sign in, and you get it back.")
            return Response(_page(SignInForm(formdata=None, next=own_path(target), kept=kept), words), 401)
        flash(_("You were signed out. What you sent last was not saved."), "alert")
    return redirect(url_for("accounts.form", next=own_path(target)), 303)


def _to_the_code() -> AnyResponse | None:
    """Where a second factor is required, whoever has none yet sets it up before anything else."""
    if service().settings.totp != "required" or current_user.account.second_factor:
        return None
    return None if request.endpoint in _WITHOUT_CODE else redirect(url_for("accounts.code.show"), 303)


def _path_of(address: str | None) -> str:
    """The path of a page's address; empty when it is none."""
    try:
        return urlsplit(address or "").path
    except ValueError:
        return ""


def own_path(target: str | None) -> str:
    """`target` when it is one of the staff pages, else the first of them: never another site's address."""
    path = target or ""
    inside = path == "/staff" or path.startswith(("/staff/", "/staff?"))
    return path if inside and "\\" not in path and not path.startswith("/staff/sign-") else "/staff"


def install(app: Flask) -> None:
    """Set up Flask-Login on our own sessions."""
    manager = LoginManager(app)
    manager.session_protection = None  # it would guess from the address; ours ends sessions for good
    manager.request_loader(_load)
    # Nobody is remembered here; looking for it would open Flask's session for every answer.
    app.after_request_funcs[None].remove(manager._update_remember_cookie)

    app.before_request(partial(_to_the_door, app))


@blueprint.get("/sign-in")
@public("the door of the staff pages")
def form() -> AnyResponse | str:
    if current_user.is_authenticated:
        return redirect(home_of(cast(Staff, current_user.account)), 303)
    return _page(SignInForm(next=own_path(request.args.get("next"))))


@blueprint.post("/sign-in")
@public("checks the password; slowed down after wrong ones")
def enter() -> AnyResponse | str | tuple[str, int]:
    sent = SignInForm()
    login, password = sent.login.data or "", sent.password.data or ""
    store = service().store
    with store.reading() as tx:
        attempt = sign_in.prepare(tx, login, address(), _known(login), now())
    if attempt.wait_seconds:
        return _too_many(_page(sent, _waiting(attempt.wait_seconds)), attempt.wait_seconds)
    fits = sign_in.password_fits(attempt, password)
    with store.writing() as tx:
        done = sign_in.conclude(tx, attempt, fits, address(), now(), cookies.read_staff())
    if done is None:
        return _too_many(_page(sent, _waiting(60)), 60)
    if isinstance(done, sign_in.HalfWay):
        return _second_page(
            CodeForm(formdata=None, ticket=done.ticket, next=sent.next.data, kept=sent.kept.data)
        ), 401
    return _come_in(done, sent.next.data, sent.kept.data)


@blueprint.post("/sign-in/code")
@public("the second step; its ticket is sealed and it is slowed down after wrong codes")
def second_step() -> AnyResponse | str | tuple[str, int]:
    sent = CodeForm()
    ticket, store = sent.ticket.data or "", service().store
    with store.reading() as tx:
        login = sign_in.half_way_login(tx, ticket, now())
    if login is None:
        again = SignInForm(formdata=None, next=sent.next.data, kept=sent.kept.data)
        return _page(again, _("That took too long. Please begin again.")), 401
    with store.writing() as tx:
        done = sign_in.finish(
            tx, ticket, sent.code.data or "", address(), _known(login), now(), cookies.read_staff()
        )
    if isinstance(done, int):
        return _too_many(_second_page(sent, _waiting(done)), done)
    if done is None:
        return _second_page(sent, _("Login, password or code is wrong. Please try again.")), 401
    if done.codes_left is not None:
        left = done.codes_left
        flash(
            ngettext(
                "You signed in with a recovery code. %(num)s is left.",
                "You signed in with a recovery code. %(num)s are left.",
                left,
            ),
            "good" if left > 3 else "alert",
        )
    return _come_in(done, sent.next.data, sent.kept.data)


def _known_key(login: str) -> str:
    return service().keys.blind(tidy_login(login), "known browser")[:32]


def _known(login: str) -> str | None:
    """The secret by which this browser shows that this person has signed in with it before."""
    found = session.get(_KNOWN, {}).get(_known_key(login))
    return str(found) if found else None


def _come_in(done: sign_in.SignedIn, target: str | None, sealed: str | None) -> AnyResponse:
    session.pop("csrf_token", None)
    session.permanent = True
    known, who = session.get(_KNOWN, {}), _known_key(done.account.login)
    known[who] = known.get(who) or secrets.token_urlsafe(24)
    session[_KNOWN] = dict(list(known.items())[-_MOST_KNOWN:])
    path = own_path(target)
    home = path if path != "/staff" else home_of(done.account)
    response: AnyResponse = redirect(home, 303)
    if kept := kept_form.give_back(sealed, done.account):
        g.language = done.account.language
        response = Response(render_template("accounts/kept.html", kept=kept, home=home))
    elif sealed:
        flash(_("What was typed before belongs to another account, or is too old. It is not kept."), "alert")
    cookies.set_staff(cast(Response, response), done.key)
    return response


def home_of(account: Staff) -> str:
    """Where a role's day begins."""
    return url_for("clinic.accounts.everybody" if account.role == "administrator" else "clinic.today")


def _waiting(seconds: int) -> str:
    minutes = -(-seconds // 60)
    return _("There were many wrong tries. Please wait %(minutes)s min and try again.", minutes=minutes)


def _too_many(page: str, seconds: int) -> AnyResponse:
    response = Response(page, 429)
    response.headers["Retry-After"] = str(seconds)
    return response


def _page(sent: SignInForm, fault: str | None = None) -> str:
    return render_template("clinic/sign_in.html", form=sent, fault=fault)


def _second_page(sent: CodeForm, fault: str | None = None) -> str:
    return render_template("accounts/second_step.html", form=sent, fault=fault)


@blueprint.post("/sign-out")
@staff(*EVERYBODY, site_scoped=False)
def leave() -> AnyResponse:
    key = cookies.read_staff() or ""
    with service().store.writing() as tx:
        sign_in.sign_out(tx, key, current_user.account, address(), now())
    session.pop("csrf_token", None)
    flash(_("You are signed out."), "good")
    response = redirect(url_for("accounts.form"), 303)
    cookies.drop_staff(cast(Response, response))
    # The browser forgets what it kept of the pages, so that Back shows nothing to the next person.
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@blueprint.post("/language")
@public("changes only this browser's language cookie")
def speak() -> AnyResponse:
    response = redirect(own_path_or_door(request.form.get("next")), 303)
    if chosen := best_language(request.form.get("language")):
        cookies.set_language(cast(Response, response), chosen)
    return response


def own_path_or_door(target: str | None) -> str:
    """Like `own_path`, but the sign-in page may stay the sign-in page."""
    door = url_for("accounts.form")
    return door if (target or "").split("?")[0] == door else own_path(target)

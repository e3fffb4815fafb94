"""The one owner of cookies: their names, flags and lives.

Over https every name begins with `__Host-`, so no other host and no plain connection can set one.
The visit cookie holds the token of one visit; the staff cookie the key of a server-side session; the tablet
cookie the key of a clinic's tablet, another one after each hand-over and return. Beside it scripts may read
in whose hands the tablet is, so that a page without a connection knows it too.
"""

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin

from pro_app.config import Settings
from pro_app.web.current import asked, service

VISIT_DAYS = 60
TABLET_DAYS = 400
# Where WSGI has them, if the browser sent any.
_SENT = "HTTP_COOKIE"


def _name(settings: Settings, plain: str) -> str:
    return f"__Host-{plain}" if settings.https else plain


class Sessions(SecureCookieSessionInterface):
    """Flask's own, which need no key to find that there is no cookie, and none that stays empty."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if _SENT not in request.environ or self.get_cookie_name(app) not in request.cookies:
            return SecureCookieSession()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if session or session.modified:
            super().save_session(app, session, response)
        elif session.accessed:
            response.vary.add("Cookie")


def configure(app: Flask, settings: Settings) -> None:
    """Flask's own signed cookie carries only the CSRF secret and one-off notices."""
    app.session_interface = Sessions()
    app.config.update(
        SESSION_COOKIE_NAME=_name(settings, "form"),
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        # A reply that was on its way must not put back what the next one has changed, such as a form secret.
        SESSION_REFRESH_EACH_REQUEST=False,
    )


def _set(response: Response, plain: str, value: str, max_age: int | None, script: bool = False) -> None:
    settings = service().settings
    response.set_cookie(
        _name(settings, plain),
        value,
        max_age=max_age,
        secure=settings.https,
        httponly=not script,
        samesite="Lax",
        path="/",
    )


def _read(plain: str) -> str | None:
    sent = asked()
    if _SENT not in sent.environ:  # a device that shows its token in a header has none
        return None
    return sent.cookies.get(_name(service().settings, plain))


def _drop(response: Response, plain: str) -> None:
    settings = service().settings
    response.delete_cookie(_name(settings, plain), path="/", secure=settings.https, samesite="Lax")


def set_visit(response: Response, token: str) -> None:
    """From now on this browser is in the visit of `token`; an earlier visit's cookie is replaced."""
    _set(response, "visit", token, VISIT_DAYS * 86_400)


def read_visit() -> str | None:
    return _read("visit")


def drop_visit(response: Response) -> None:
    _drop(response, "visit")


def set_staff(response: Response, key: str) -> None:
    """The key of a server-side staff session; ends with the browser."""
    _set(response, "staff", key, None)


def read_staff() -> str | None:
    return _read("staff")


def drop_staff(response: Response) -> None:
    _drop(response, "staff")


def set_tablet(response: Response, key: str, hands: str) -> None:
    """The tablet's new key, and in whose hands it is: `patient`, `round`, `nobody` or `staff`."""
    _set(response, "tablet", key, TABLET_DAYS * 86_400)
    _set(response, "tablet_hands", hands, TABLET_DAYS * 86_400, script=True)


def read_tablet() -> str | None:
    return _read("tablet")


def drop_tablet(response: Response) -> None:
    """This browser is no clinic tablet any more."""
    _drop(response, "tablet")
    _drop(response, "tablet_hands")


def set_language(response: Response, language: str) -> None:
    _set(response, "language", language, 400 * 86_400, script=True)


def read_language() -> str | None:
    return _read("language")


def set_text_size(response: Response, size: int) -> None:
    """How large this browser wants the text; the questionnaire page's script reads and writes it too."""
    _set(response, "text_size", str(size), 400 * 86_400, script=True)


def read_text_size() -> str | None:
    return _read("text_size")

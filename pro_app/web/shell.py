"""What makes the pages an app: the worker, the manifest with its personal start, the list of visits.

`/app` is the same for everyone and is kept offline; its script finds this device's visits in the device's
own sealed store. The icon's start address carries the visit's token after a `#`, so it opens the right
visit even when cookie and store are gone, and without the token ever standing in a server's log.
"""

import hashlib
import json
from functools import lru_cache

from flask import Blueprint, Response, make_response, render_template, request
from flask_babel import force_locale, gettext

from pro_app.links import read_token
from pro_app.web import cookies, locale, question_page
from pro_app.web.assets import Packed
from pro_app.web.current import service
from pro_app.web.files import assets
from pro_app.web.guard import public

blueprint = Blueprint("shell", __name__)

ADDRESS = "/app"
SCRIPTS = (
    "start.js",
    "question.js",
    "store.js",
    "outbox.js",
    "arrival.js",
    "sha256.js",
    "saying.js",
    "gentle.js",
    "review.js",
    "tools.js",
    "body_map.js",
    "install.js",
    "shell.js",
)
TABLET_PAGES = ("/tablet/round", "/tablet/words")
TABLET_FILES = ("clinic.css", "visit.js", "tablet.js", "tablet_store.js", "round.js")
ICONS = {"icons/icon-192.png": "192x192", "icons/icon-512.png": "512x512", "icons/icon.svg": "any"}
MASKABLE = {"icons/mask-512.png": "512x512"}
COLOUR = "#0b6160"
PAPER = "#f7f6f2"


@blueprint.get("/sw.js")
@public("the script that keeps the questions for offline; nothing personal")
def worker() -> Response:
    """Asked for again by browsers at every visit: small, and changed only when a release changes."""
    kept = [ADDRESS, *_pages(), question_page.figure_url()]
    kept += [assets().url(name) for name in ("patient.css", *SCRIPTS, "icons/icon.svg")]
    if cookies.read_tablet():  # a telephone has no use for these
        kept += [*TABLET_PAGES, *(assets().url(name) for name in TABLET_FILES)]
    script = assets().files["worker.js"].body.decode()
    release = hashlib.sha256("".join([*kept, script, _shell()]).encode()).hexdigest()[:12]
    head = f"const RELEASE = {json.dumps(release)};\nconst FILES = {json.dumps(kept)};\n"
    response = _file(Packed((head + script).encode(), "text/javascript; charset=utf-8"))
    response.headers.add("Vary", "Cookie")
    return response


@blueprint.get(ADDRESS)
@public("an empty frame; the device fills in its own visits")
def shell() -> Response:
    return _file(Packed(_shell().encode(), "text/html; charset=utf-8"))


@blueprint.get("/app.webmanifest")
@public("name, colours and icons; the start address is the visitor's own")
def manifest() -> Response:
    """The app as the home screen knows it. Personal: it is never kept by caches between."""
    language = locale.language()
    token = cookies.read_visit()
    start = f"{ADDRESS}#{token}" if token and read_token(token) else ADDRESS
    if cookies.read_tablet():
        start = "/staff/tablet"  # an icon on a clinic's tablet must not be one patient's
    icons = [_icon(name, size, "any") for name, size in ICONS.items()]
    icons += [_icon(name, size, "maskable") for name, size in MASKABLE.items()]
    told = {
        "id": ADDRESS,
        "name": gettext("PRO follow-up"),
        "short_name": gettext("Follow-up"),
        "description": gettext("Questionnaires for your follow-up visits"),
        "lang": language,
        "start_url": start,
        "scope": "/",
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": COLOUR,
        "icons": icons,
    }
    response = make_response(json.dumps(told, ensure_ascii=False))
    response.content_type = "application/manifest+json"
    response.headers["Vary"] = "Cookie"
    return response


def _pages() -> list[str]:
    """The questionnaires that this study asks, in its languages."""
    found, study = question_page.pages(), service().study
    asked = dict.fromkeys(
        name for site in study.sites for point in site.timepoints for name in point.instruments
    )
    return [found.url(name, tag) for name in asked for tag in study.languages if (name, tag) in found.packed]


def _icon(name: str, size: str, purpose: str) -> dict[str, str]:
    return {"src": assets().url(name), "sizes": size, "type": assets().files[name].mime, "purpose": purpose}


def _file(packed: Packed) -> Response:
    """Kept, but asked about each time."""
    response = packed.response("no-cache")
    response.set_etag(packed.digest)
    made = response.make_conditional(request)
    assert isinstance(made, Response)
    return made


def _shell() -> str:
    known = service()
    titles = {
        language: {
            name: known.catalogue.pack(name, language).title
            for name in known.catalogue.instruments
            if language in known.catalogue.languages(name)
        }
        for language in known.study.languages
    }
    return _shell_page(assets().release, json.dumps(titles, ensure_ascii=False))


@lru_cache(maxsize=4)
def _shell_page(release: str, titles: str) -> str:
    """In every language at once, since it is for everyone; the script shows the one that fits."""
    words = {}
    for language in locale.LANGUAGES:
        with force_locale(language.replace("-", "_")):
            words[language] = _texts()
    return render_template("question/shell.html", words=words, titles=json.loads(titles), names=locale.NAMES)


def _texts() -> dict[str, str]:
    return {
        "title": gettext("Your questionnaires on this device"),
        "offline": gettext("There is no connection just now. You can go on here; what you answer is kept."),
        "none": gettext("No questionnaire is kept on this device."),
        "open_link": gettext("Please open the link from your message, or enter your code."),
        "code": gettext("Enter a code"),
        "start": gettext("Start"),
        "resume": gettext("Go on"),
        "sent": gettext("has been sent"),
        "waiting": gettext("complete, waits to be sent"),
        "begun": gettext("answered so far: {}"),
        "fresh": gettext("not started"),
        "until": gettext("Please answer by {}."),
        "send_now": gettext("Send now"),
        "follow_up": gettext("To my follow-up page"),
        "scripts": gettext("This page needs scripts, which are switched off in your browser."),
    }

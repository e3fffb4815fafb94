"""The questionnaire page: the same bytes for everyone, rendered and compressed once, kept for ever.

One page an instrument and language. Nothing in it is personal: which visit it is comes after the `#` of
the address, which browsers don't send, and the answers by `/device/visit`. All pages share one hash, made
from what is in all of them, so a page finds its other language by changing one word of its own address.

The page brings its style along, so that its first question is painted after one reply; the policy that goes
with it names that one style by its hash and allows no other. Questions after the first lie folded in
`template` elements, which cost a slow telephone nothing until the script unfolds them.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import cast

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    g,
    get_template_attribute,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext, ngettext

from pro_app.errors import NotFound
from pro_app.instruments.catalogue import Catalogue
from pro_app.instruments.definition import Instrument, Item
from pro_app.instruments.wording import WordingPack
from pro_app.schedule.elements import Study
from pro_app.web import body_map, forms, locale, same_bytes
from pro_app.web.assets import FOR_EVER, STATIC, Packed
from pro_app.web.current import service
from pro_app.web.guard import public
from pro_app.web.headers import CONTENT_SECURITY_POLICY
from pro_app.web.lean import lean_style
from pro_app.web.same_bytes import shared
from pro_app.wiring import Service

blueprint = Blueprint("question_page", __name__)

_EXTENSION = "pro_app_question_pages"
_LOCK = Lock()
# What of the patient's style sheet a question needs, in the order of that sheet.
_STYLES = (
    "tokens.css",
    "patient.css/10-page.css",
    "patient.css/20-controls.css",
    "patient.css/50-questions.css",
    "patient.css/55-asking.css",
    "patient.css/60-body.css",
)


@dataclass(frozen=True)
class Pages:
    """Every page of this release, by instrument and language."""

    digest: str
    packed: Mapping[tuple[str, str], Packed]
    policy: str

    def url(self, instrument_id: str, language: str) -> str:
        """Raises `NotFound` when there is no page of that instrument in that language."""
        if (instrument_id, language) not in self.packed:
            raise NotFound(what=f"{instrument_id} {language}")
        return f"/q/{instrument_id}/{language}/{self.digest}"

    @property
    def urls(self) -> tuple[str, ...]:
        return tuple(self.url(*key) for key in self.packed)


def pages() -> Pages:
    """The pages of the running application, rendered when first asked for."""
    app = current_app
    with _LOCK:
        if _EXTENSION not in app.extensions:
            app.extensions[_EXTENSION] = _render_all(app, service())
    return cast(Pages, app.extensions[_EXTENSION])


def forget(app: Flask) -> None:
    """Render anew when next asked: wording or assets are not what they were."""
    with _LOCK:
        app.extensions.pop(_EXTENSION, None)
    same_bytes.forget(app)


def page_url(service: Service, instrument_id: str, language: str) -> str:
    """Where the page of an instrument is now; `#<ref>` makes it somebody's. Raises `NotFound`."""
    return pages().url(instrument_id, language)


def languages_of(study: Study, catalogue: Catalogue, instrument_id: str) -> tuple[str, ...]:
    """The languages of the study in which the instrument can be shown, in the study's order."""
    known = catalogue.languages(instrument_id)
    return tuple(language for language in study.languages if language in known)


@blueprint.get("/q/<instrument_id>/<language>")
@public("leads to the page of today; nothing personal")
def today(instrument_id: str, language: str) -> Response:
    """Browsers carry what is after the # along."""
    found = pages()
    if (instrument_id, language) not in found.packed:
        language = locale.best_language(language) or language
    response = cast(Response, redirect(found.url(instrument_id, language)))
    response.headers["Cache-Control"] = "no-cache"
    return response


@blueprint.get("/q/<instrument_id>/<language>/<digest>")
@public("the questions without any answers; the same for everybody")
def show(instrument_id: str, language: str, digest: str) -> Response:
    found = pages()
    if digest != found.digest:
        # A link from before the last release, or a bookmark: the questions of today, for the same visit.
        return cast(Response, redirect(url_for(".today", instrument_id=instrument_id, language=language)))
    packed = found.packed.get((instrument_id, language))
    if packed is None:
        raise NotFound(what=f"{instrument_id} {language}")
    response = packed.response()
    response.set_etag(packed.digest)
    response.headers["Content-Security-Policy"] = found.policy
    return shared(cast(Response, response.make_conditional(request)))


@blueprint.get("/q/figure/<digest>")
@public("the drawing of a body without any marks; the same for everybody")
def figure(digest: str) -> Response:
    """Both sides in one SVG, without words: names come from the page's own list."""
    packed = _figure()
    current = digest == packed.digest
    response = packed.response(FOR_EVER if current else "no-store")
    response.set_etag(packed.digest)
    answer = cast(Response, response.make_conditional(request))
    return shared(answer) if current else answer


def _figure() -> Packed:
    drawing = get_template_attribute("question/body_map.html", "figure")(body_map)
    whole = f'<svg xmlns="http://www.w3.org/2000/svg">{drawing}</svg>'
    return Packed(whole.encode(), "image/svg+xml; charset=utf-8")


def figure_url() -> str:
    """Where the drawing of the body is."""
    return f"/q/figure/{_figure().digest}"


def _render_all(app: Flask, service: Service) -> Pages:
    packed: dict[tuple[str, str], Packed] = {}
    style = own_style()
    for instrument in service.catalogue.instruments.values():
        for language in languages_of(service.study, service.catalogue, instrument.id):
            # A context of its own: the page must not depend on the request that happened to come first.
            with app.app_context(), app.test_request_context():
                g.chosen_language = locale.best_language(language) or language
                body = rendered(service, instrument, language, folded=True)
            body = body.replace("</head>", f"<style>{style}</style>\n</head>", 1)
            packed[instrument.id, language] = Packed(body.encode(), "text/html; charset=utf-8")
    together = "".join(page.digest for _, page in sorted(packed.items()))
    return Pages(hashlib.sha256(together.encode()).hexdigest()[:16], packed, _policy(style))


def own_style() -> str:
    """The style that the page brings along: the parts of `patient.css` that questions need."""
    return lean_style("\n".join((STATIC / name).read_text("utf-8") for name in _STYLES))


def _policy(style: str) -> str:
    """Our policy, with this one style sheet allowed in the place of all others."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return CONTENT_SECURITY_POLICY.replace("style-src 'self'", f"style-src 'sha256-{digest}'")


def rendered(service: Service, instrument: Instrument, language: str, folded: bool = False) -> str:
    """The page of one instrument in one language, without a style. Needs an application context, and no
    particular request. `folded`: questions after the first lie in templates; else all lie open, and hidden.
    """
    pack = service.catalogue.pack(instrument.id, language)
    form = forms.form_class(instrument, pack)(meta={"csrf": False})
    return render_template(
        "question/page.html",
        instrument=instrument,
        pack=pack,
        form=form,
        figure=figure_url(),
        folded=folded,
        emergency=_in(service.study.emergency.text, language),
        others={other: locale.NAMES.get(other, other) for other in _others(service, instrument, language)},
        settings=_settings(service, instrument, pack, language),
    )


def _others(service: Service, instrument: Instrument, language: str) -> list[str]:
    known = languages_of(service.study, service.catalogue, instrument.id)
    return [other for other in known if other != language]


def _in(text: Mapping[str, str], language: str) -> str:
    return text.get(language) or next(iter(text.values()))


def _settings(
    service: Service, instrument: Instrument, pack: WordingPack, language: str
) -> dict[str, object]:
    """What the scripts of the page know: rules and our own words. Wording they read from the page."""
    catalogue = service.catalogue
    return {
        "instrument": instrument.id,
        "version": instrument.version,
        "language": language,
        "pack": pack.hash,
        "items": [_item(item) for item in instrument.items],
        "screens": [list(screen.items) for screen in instrument.screens],
        "urgent": _urgent(service.study, instrument),
        "phone": service.study.emergency.phone,
        "titles": {
            other: catalogue.pack(other, language).title
            for other in catalogue.instruments
            if language in catalogue.languages(other)
        },
        "minutes": _minutes(instrument.minutes),
        "text": _texts(),
    }


def _item(item: Item) -> dict[str, object]:
    told: dict[str, object] = {"id": item.id, "kind": item.kind}
    if item.optional:
        told["optional"] = True
    if item.shown_if:
        told["shown_if"] = {"item": item.shown_if.item, "values": list(item.shown_if.values)}
    return told


def _urgent(study: Study, instrument: Instrument) -> dict[str, float]:
    """Items whose answer alone calls for staff: from there on the page says at once that nobody watches.

    Taken from the study's `at_least` alerts on scales that are a single item's value.
    """
    limits: dict[str, float] = {}
    scales = {scale.name: scale for scale in instrument.scoring.scales}
    for rule in study.alerts:
        if rule.instrument != instrument.id or rule.kind != "at_least" or rule.value is None:
            continue
        for name in rule.scales:
            if name in scales and scales[name].method == "mean" and len(scales[name].items) == 1:
                limits[scales[name].items[0]] = rule.value
    return limits


def _minutes(most: int) -> list[str]:
    """What is said when that many minutes are left: the index is the number."""
    return [gettext("less than a minute left")] + [
        ngettext("about %(num)d minute left", "about %(num)d minutes left", count)
        for count in range(1, most + 1)
    ]


def _texts() -> dict[str, object]:
    """Sentences that depend on what happens; `{}` is where a number goes."""
    return {
        "count": gettext("Question {} of {}"),
        "review": gettext("Overview"),
        "next": gettext("Next"),
        "send": gettext("Send"),
        "return": gettext("To the overview"),
        "device": gettext("Saved on this phone, sends when online"),
        "hospital": gettext("Saved at the hospital"),
        "waiting": [gettext("1 answer waits to be sent"), gettext("{} answers wait to be sent")],
        "memory": gettext(
            "Not saved on this device. It goes to the hospital as soon as there is a connection."
        ),
        "memory_switch": gettext(
            "There is no connection just now. Please change the language a little later."
        ),
        "send_now": gettext("send now"),
        "left": [gettext("You left 1 question."), gettext("You left {} questions.")],
        "left_none": gettext("You answered every question."),
        "left_out": gettext("Left out"),
        "nothing_hurts": gettext("Nothing hurts"),
        "worst": gettext("hurts most"),
        "resumed": gettext("Welcome back. You go on where you stopped."),
        "no_visit": gettext("Please open the link from your message once more, or enter your code."),
        "unreachable": gettext(
            "The hospital can't be reached just now. Nothing is lost; it is tried again by itself."
        ),
        "emergency": gettext("Emergency"),
        "onward": gettext("Go on: {}"),
        "size": [gettext("Text size: normal"), gettext("Text size: large"), gettext("Text size: largest")],
        "stop": gettext("Stop reading"),
        "update": gettext("A newer version of this page is ready."),
        "update_now": gettext("Use it now"),
    }

"""The review book as one HTML file: every screen of an instrument, shown by the patient page itself."""

import re
import secrets
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from flask import Flask, g, render_template_string
from flask_babel import gettext

from pro_app.instruments.catalogue import Catalogue
from pro_app.instruments.definition import Instrument
from pro_app.instruments.wording import WordingPack
from pro_app.schedule.elements import Study
from pro_app.web import locale, question_page
from pro_app.web.assets import Assets

# CSS pixels of a common phone and of a 10 inch tablet, both upright.
SIZES = {"phone": (390, 844), "tablet": (820, 1180)}
BOOK = Path(__file__).with_name("review_book.html")
_LINKED = re.compile(r"<link\b[^>]*>|<script\b.*?</script>", re.DOTALL)


def review_book(
    catalogue: Catalogue, study: Study, packs: list[WordingPack], *, translations: Path, made_on: date
) -> str:
    """The book of one instrument in the languages of `packs`, complete in itself.

    packs: packs of one instrument, active or not; at least one.
    """
    app, assets = _app(translations), Assets()
    instrument = catalogue.instrument(packs[0].instrument)
    book = {
        "name": f"{instrument.name} {instrument.version}",
        "sizes": SIZES,
        "packs": [
            {
                "language": pack.language,
                "hash": pack.hash,
                "page": _page(app, assets, catalogue.showing(pack), study, instrument, pack.language),
                "screens": _screens(app, instrument, pack.language),
            }
            for pack in packs
        ],
    }
    with app.app_context():
        return render_template_string(
            BOOK.read_text(encoding="utf-8"),
            instrument=instrument,
            packs=packs,
            sizes=SIZES,
            made_on=made_on.isoformat(),
            book=book,
        )


def _app(translations: Path) -> Flask:
    """As much of the web application as it takes to render a questionnaire page: no database, no routes."""
    app = Flask("pro_app.web", static_folder=None)
    app.config["SECRET_KEY"] = secrets.token_hex()
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    locale.install(app, str(translations))
    app.jinja_env.globals.update(asset=lambda name: name, demo_mode=False)
    return app


def _page(
    app: Flask, assets: Assets, catalogue: Catalogue, study: Study, instrument: Instrument, language: str
) -> str:
    service = cast(Any, SimpleNamespace(catalogue=catalogue, study=study))
    with app.app_context(), app.test_request_context():
        g.chosen_language = locale.best_language(language) or language
        html = question_page.rendered(service, instrument, language)
    # On paper this is a picture of a screen: what the page leaves out when it is printed belongs here.
    sheet = assets.files["patient.css"].body.decode().replace("@media print", "@media not all")
    return _LINKED.sub("", html).replace("</head>", f"<style>{sheet}</style></head>", 1)


def _screens(app: Flask, instrument: Instrument, language: str) -> list[dict[str, object]]:
    with app.app_context(), app.test_request_context():
        g.chosen_language = locale.best_language(language) or language
        words = gettext("Question {} of {}")
    count = len(instrument.screens)
    return [
        {
            "number": number,
            "items": list(screen.items),
            "count": words.replace("{}", str(number), 1).replace("{}", str(count), 1),
            "views": _views(instrument, screen.items),
        }
        for number, screen in enumerate(instrument.screens, 1)
    ]


def _views(instrument: Instrument, items: tuple[str, ...]) -> list[str]:
    """A body diagram has three faces; any other screen has one."""
    has_body = any(instrument.item(item).kind == "body" for item in items)
    return ["back", "front", "list"] if has_body else [""]

"""Which language a page speaks, and dates as people write them in it.

Chosen in this order: `?lang=`, the language cookie, the participant's or staff member's own,
the browser's wish. Tags are BCP 47 ("zh-Hans"); Babel's names have an underscore.
"""

from datetime import date, datetime
from functools import lru_cache
from gettext import NullTranslations
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time
from flask import Flask
from flask_babel import Babel, get_locale, get_translations
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from pro_app.web import cookies
from pro_app.web.current import asked, here_and_now

LANGUAGES = ("zh-Hans", "en")
# What a request has found out already, among its own things.
_WORDS, _FOUND = "_words", "_found_language"
NAMES = {"zh-Hans": "中文", "en": "English"}


def best_language(tag: str | None) -> str | None:
    """The interface language that serves `tag` best: any Chinese gets zh-Hans, unknown tags None."""
    primary = (tag or "").replace("_", "-").split("-")[0].lower()
    return {"zh": "zh-Hans", "en": "en"}.get(primary)


def language() -> str:
    """The BCP 47 tag of the language this request is answered in."""
    here = here_and_now()
    if "chosen_language" in here:
        return str(here.chosen_language)
    own = here.get("language")
    # A page asks a dozen times, and only whose page it is becomes known on the way.
    known: tuple[str | None, str] | None = here.get(_FOUND)
    if known is None or known[0] != own:
        known = own, _wished(own)
        setattr(here, _FOUND, known)
    return known[1]


def _wished(own: str | None) -> str:
    for wish in (asked().args.get("lang"), cookies.read_language(), own):
        if found := best_language(wish):
            return found
    for wish in asked().accept_languages.values():
        if found := best_language(wish):
            return found
    return LANGUAGES[0]


def _babel_locale() -> Locale:
    return Locale.parse(language().replace("-", "_"))


@lru_cache(1000)
def _said(day: date, pattern: str, locale: Locale) -> str:
    """A page names the days of seven visits, and everybody's lie in the same weeks."""
    return format_date(day, pattern, locale=locale)


def long_date(day: date) -> str:
    """2026年12月4日 · 4 December 2026"""
    locale = get_locale() or _babel_locale()
    pattern = "y年M月d日" if locale.language == "zh" else "d MMMM y"
    return _said(day, pattern, locale)


def short_date(day: date) -> str:
    """12月4日 · 4 December"""
    locale = get_locale() or _babel_locale()
    return _said(day, "M月d日" if locale.language == "zh" else "d MMMM", locale)


def local_time(moment: datetime, time_zone: str = "Asia/Shanghai") -> str:
    """Date and time of `moment` on a site's clock: 2026年12月4日 09:42 · 4 December 2026, 09:42"""
    local = moment.astimezone(ZoneInfo(time_zone))
    clock = format_time(local, "HH:mm", locale="en")
    locale = get_locale() or _babel_locale()
    return f"{long_date(local.date())}{' ' if locale.language == 'zh' else ', '}{clock}"


def gap() -> str:
    """What stands between two sentences: a Chinese full stop brings its own room."""
    return "" if language().startswith("zh") else " "


@pass_eval_context
def _word(template: EvalContext, text: str, **named: object) -> str:
    """`_()` of the templates: a page says hundreds of words, and most of them have no gap to be filled."""
    found = _spoken().gettext(text)
    if not template.autoescape:
        return str(found % named)
    return Markup(found) % named if named or "%" in found else Markup(found)


def _spoken() -> NullTranslations:
    """The translations that this request speaks now; `force_locale` may change them on the way."""
    spoken, here = get_locale(), here_and_now()
    mine: tuple[object, NullTranslations] | None = here.get(_WORDS)
    if mine is None or mine[0] is not spoken:
        mine = spoken, get_translations()
        setattr(here, _WORDS, mine)
    return mine[1]


def install(app: Flask, translations: str) -> None:
    app.config.update(BABEL_TRANSLATION_DIRECTORIES=translations, BABEL_DEFAULT_LOCALE="en")
    Babel(app, locale_selector=_babel_locale)
    app.jinja_env.globals["_"] = _word
    app.jinja_env.filters.update(long_date=long_date, short_date=short_date, local_time=local_time)
    app.jinja_env.globals.update(language=language, gap=gap, LANGUAGES=LANGUAGES, LANGUAGE_NAMES=NAMES)

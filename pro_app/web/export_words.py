"""Our own texts for data files, in any of our languages, whatever language the page or the shell speaks."""

from babel import Locale
from flask import Flask
from flask_babel import force_locale, gettext

from pro_app.errors import ProAppError
from pro_app.exports import labels
from pro_app.exports.edition import Words
from pro_app.web import locale, scale_words


class UnknownLanguage(ProAppError):
    """There are no labels in this language; `known` lists those there are."""

    code = "export_language_unknown"


def words_in(language: str) -> Words:
    """The texts in `language` (`zh-Hans` or `en`); needs a request or a test request of an app.

    Raises `UnknownLanguage`.
    """
    if language not in locale.LANGUAGES:
        raise UnknownLanguage(language=language, known=", ".join(locale.LANGUAGES))
    with force_locale(Locale.parse(language, sep="-")):
        return Words(
            language,
            {text: gettext(text) for text in labels.everything()},
            {code: str(name) for code, name in scale_words.SCALES.items()},
        )


def speaking_app(translations: str) -> Flask:
    """As much of the web application as it takes to translate and to render pages without routes."""
    app = Flask("pro_app.web", static_folder=None)
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    locale.install(app, translations)
    return app

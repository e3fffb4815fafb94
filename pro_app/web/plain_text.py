"""What no part of the program ever stores or looks for, refused before any view sees it.

A NUL is no text: PostgreSQL refuses it, SQLite cuts at it. Half a surrogate pair is no character. A number
in an address that no row can have is an address without a page.
"""

from flask import Flask, abort, request
from werkzeug.routing import IntegerConverter, Map

from pro_app.web.current import asked

# The largest number that a row of any of our tables can have, on either database.
LAST_ROW = 2**31 - 1
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class RowNumber(IntegerConverter):
    """`<int:…>` in an address: only what can be the number of a row; anything else is 404."""

    def __init__(self, map: Map) -> None:
        super().__init__(map, max=LAST_ROW)


def is_plain(text: str) -> bool:
    """Whether this can be kept and given back as it is."""
    if "\x00" in text:
        return False
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def look() -> None:
    """Refuse a request with such a text in its address or its form: 404 there, 400 here."""
    sent = asked()
    if not is_plain(sent.path):
        abort(404)
    pairs = sent.args.items(multi=True) if sent.query_string else ()
    texts = [text for pair in pairs for text in pair]
    if sent.mimetype in _FORMS:
        # Kept, so that a view may still ask for the bytes: a signature is over those.
        sent.get_data(cache=True, parse_form_data=False)
        texts += [text for pair in sent.form.items(multi=True) for text in pair]
        texts += [text for name, file in sent.files.items(multi=True) for text in (name, file.filename or "")]
    if not all(map(is_plain, texts)):
        abort(400)


def row_asked_for(name: str) -> int | None:
    """The number of a row in the query; None when there is none, or no row can have it."""
    number = request.args.get(name, type=int)
    return number if number is not None and 0 <= number <= LAST_ROW else None


def install(app: Flask) -> None:
    """Must come before what reads the form, and before any route is registered."""
    app.url_map.converters["int"] = RowNumber
    # An address has one spelling: a redirect to it would repeat the Host that somebody sent.
    app.url_map.merge_slashes = False
    app.before_request(look)

"""How a patient's page looks in this browser: language and text size, chosen by plain links.

`?lang=en` and `?size=2` show the page that way and a cookie remembers it. On the server nothing changes,
so the links are safe for scanners to follow.
"""

from collections.abc import Mapping

from flask import Blueprint, Response, request

from pro_app.web import cookies, locale

SIZES = (1, 2, 3)


def text_size() -> int:
    """1 is normal, 2 large, 3 largest (the 0-10 scale stands as a list then)."""
    for wish in (request.args.get("size"), cookies.read_text_size()):
        if wish in ("1", "2", "3"):
            return int(wish)
    return 1


def next_size() -> int:
    """What one more press on the size button gives: after the largest, the normal one."""
    return text_size() % len(SIZES) + 1


def said(text: Mapping[str, str]) -> str:
    """One of the study's texts in the language of this request, else in the study's first language."""
    return said_in(text, locale.language())


def said_in(text: Mapping[str, str], language: str) -> str:
    """One of the study's texts in `language`, else in the study's first."""
    return text.get(language) or next(iter(text.values()))


def _remember(response: Response) -> Response:
    if chosen := locale.best_language(request.args.get("lang")):
        cookies.set_language(response, chosen)
    if request.args.get("size") in ("1", "2", "3"):
        cookies.set_text_size(response, text_size())
    return response


def install(blueprint: Blueprint) -> None:
    """The pages of this blueprint remember what was chosen and know the size."""
    blueprint.after_request(_remember)
    blueprint.context_processor(lambda: {"text_size": text_size(), "next_size": next_size(), "said": said})

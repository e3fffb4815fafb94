"""Language codes: BCP 47 tags, written the usual way (`zh-Hans`, `en`, `pt-BR`)."""

import re

from pro_app.errors import ProAppError

_TAG = re.compile(
    r"^[a-z]{2,3}(-[a-z]{3}){0,3}(-[a-z]{4})?(-([a-z]{2}|\d{3}))?"
    r"(-([a-z0-9]{5,8}|\d[a-z0-9]{3}))*(-[0-9a-wy-z](-[a-z0-9]{2,8})+)*(-x(-[a-z0-9]{1,8})+)?$",
    re.IGNORECASE,
)
_RIGHT_TO_LEFT = {"ar", "arc", "ckb", "dv", "fa", "he", "ku", "nqo", "ps", "sd", "syr", "ug", "ur", "yi"}
_RIGHT_TO_LEFT_SCRIPTS = {"Arab", "Hebr", "Nkoo", "Syrc", "Thaa"}


class NotALanguage(ProAppError):
    """The code is no BCP 47 language tag; params: language."""

    code = "language"


def normal(tag: str) -> str:
    """The tag in its usual spelling: `ZH-hans-cn` gives `zh-Hans-CN`.

    Raises `NotALanguage` when it is not a well-formed BCP 47 tag.
    """
    if not _TAG.match(tag):
        raise NotALanguage(language=tag)
    parts = tag.lower().split("-")
    spelled = [parts[0]]
    for part in parts[1:]:
        after_single = any(len(before) == 1 for before in spelled[1:])
        if len(part) == 4 and part.isalpha() and not after_single:
            spelled.append(part.title())
        elif len(part) == 2 and not after_single:
            spelled.append(part.upper())
        else:
            spelled.append(part)
    return "-".join(spelled)


def script(tag: str) -> str | None:
    """The script that the tag names, e.g. `Hans`, or None when it names none."""
    return next((part for part in tag.split("-")[1:3] if len(part) == 4 and part.isalpha()), None)


def direction(tag: str) -> str:
    """`rtl` for languages that are written from right to left, else `ltr`; for HTML's `dir`."""
    named = script(tag)
    right = named in _RIGHT_TO_LEFT_SCRIPTS if named else tag.split("-")[0] in _RIGHT_TO_LEFT
    return "rtl" if right else "ltr"

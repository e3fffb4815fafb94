"""The demonstration's inbox: every message that was sent, as a telephone and a mailbox show it."""

import re

from flask import Blueprint, Response, abort, render_template
from markupsafe import Markup, escape

from pro_app.letters import folder
from pro_app.letters.folder import Filed
from pro_app.web.current import service
from pro_app.web.guard import demo
from pro_app.web.plain_text import row_asked_for

blueprint = Blueprint("demo_inbox", __name__)

ROWS = 30
# Only the letter itself may bring its own styles, as a mail program would allow.
LETTER_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_TRAILING = ".,;:!?。，；：！？)）"


@blueprint.get("/demo/inbox")
@demo
def page() -> str:
    """All messages, newest first."""
    first = row_asked_for("from") or 0
    messages, total = folder.newest(service().inbox_dir, first, ROWS)
    return render_template(
        "demo_inbox/page.html", messages=messages, total=total, first=first, rows=ROWS, linked=linked
    )


@blueprint.get("/demo/inbox/<reference>")
@demo
def message(reference: str) -> str:
    """One message."""
    return render_template("demo_inbox/message.html", filed=_filed(reference), linked=linked)


@blueprint.get("/demo/inbox/<reference>/letter")
@demo
def letter(reference: str) -> Response:
    """An e-mail's HTML as it is, styles and all."""
    html = _filed(reference).message.html
    if not html:
        abort(404)
    response = Response(html, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = LETTER_POLICY
    return response


def linked(text: str) -> Markup:
    """`text` with its web addresses, and our own short one, made into links that a finger can press."""
    base_url = service().settings.base_url
    short = re.sub(r"^https?://", "", base_url)
    pattern = re.compile(rf"https?://[^\s，。；]+|(?<![\w./-]){re.escape(short)}(?![\w/-])")
    parts, end = [], 0
    for found in pattern.finditer(text):
        shown = found[0].rstrip(_TRAILING)
        target = shown if "://" in shown else base_url
        parts.append(escape(text[end : found.start()]))
        parts.append(Markup('<a href="{}">{}</a>').format(target, shown))
        end = found.start() + len(shown)
    parts.append(escape(text[end:]))
    return Markup("").join(parts)


def _filed(reference: str) -> Filed:
    filed = folder.get(service().inbox_dir, reference)
    if filed is None:
        abort(404)
    return filed

"""An e-mail's text as HTML: the same words, the link as a button, nothing loaded from anywhere.

Mail programs know only inline styles and no style sheets; scanners distrust pictures and hidden text.
"""

from html import escape

_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>{title}</title>
</head>
<body style="margin:0;padding:0;background:#f7f6f2;color:#14262b">
<div style="max-width:560px;margin:0 auto;padding:24px 16px;{font}">
<div style="background:#ffffff;border:1px solid #d9dedb;border-radius:14px;padding:24px 22px">
{body}
</div>
<p style="margin:16px 6px 0;font-size:14px;line-height:1.5;color:#4a5d62">{foot}</p>
</div>
</body>
</html>
"""
_FONT = (
    "font-family:-apple-system,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC','Segoe UI',sans-serif;"
    "font-size:18px;line-height:1.6"
)
_PARAGRAPH = '<p style="margin:0 0 16px;overflow-wrap:anywhere">{}</p>'
_BUTTON = (
    '<p style="margin:8px 0 20px"><a href="{link}" style="display:inline-block;background:#0b6160;'
    'color:#ffffff;text-decoration:none;font-weight:600;padding:15px 28px;border-radius:12px">{label}</a>'
    "</p>"
)
_PLAIN_LINK = (
    '<p style="margin:0 0 16px;font-size:14px;color:#4a5d62;overflow-wrap:anywhere">'
    '<a href="{link}" style="color:#0b6160">{link}</a></p>'
)
_CODE = '<strong style="font-size:22px;letter-spacing:3px;white-space:nowrap">{}</strong>'
_BUTTON_LABEL = {"zh": "打开随访", "en": "Open my follow-up"}


def as_html(subject: str, text: str, link: str, code: str, language: str, sender: str) -> str:
    """`text` in paragraphs; its line that is `link` becomes a button with the address beneath it.

    `language` is a BCP 47 tag; `sender` says at the foot who writes. All of them are put in escaped.
    """
    parts: list[str] = []
    for paragraph in text.strip().split("\n\n"):
        words: list[str] = []
        for line in paragraph.splitlines():
            if link and line.strip() == link:
                parts.extend(_flush(words, code))
                words = []
                label = _BUTTON_LABEL.get(language.split("-")[0], _BUTTON_LABEL["en"])
                target = escape(link, quote=True)
                parts.append(_BUTTON.format(link=target, label=escape(label)))
                parts.append(_PLAIN_LINK.format(link=target))
            else:
                words.append(line)
        parts.extend(_flush(words, code))
    return _PAGE.format(
        language=escape(language, quote=True),
        title=escape(subject),
        font=_FONT,
        body="\n".join(parts),
        foot=escape(sender),
    )


def _flush(lines: list[str], code: str) -> list[str]:
    """The lines so far as one paragraph, the code in letters that tired eyes can read."""
    if not any(line.strip() for line in lines):
        return []
    words = "<br>".join(escape(line) for line in lines)
    return [_PARAGRAPH.format(words.replace(escape(code), _CODE.format(escape(code))) if code else words)]

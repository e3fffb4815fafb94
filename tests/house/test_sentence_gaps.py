"""No template puts a blank of its own between two sentences: Chinese punctuation brings its own room."""

import re
from pathlib import Path

TEMPLATES = Path(__file__).resolve().parents[2] / "pro_app" / "web" / "templates"
# A sentence, perhaps the end of what it stood in, a blank, and what goes on in the same line of text. The
# branches of an `if` don't follow one another, so `elif` and `else` end the search.
STRAY = re.compile(
    r'\{\{ (?:_|ngettext)\("[^"]*[.!?:;]"[^{}]*\) \}\}(?:</(?:a|b|i)>)?(?:\{% end\w+ %\})*'
    r"\s+(?:\{% (?:if|for|set)[^%]*%\}\s*)*(?:\{\{|<(?:a|b|i|q|em|strong)\b)"
)


def stray(text: str) -> list[str]:
    return [found[0] for found in STRAY.finditer(text)]


def test_between_two_sentences_stands_what_their_language_puts_there() -> None:
    found = {str(page.relative_to(TEMPLATES)): stray(page.read_text()) for page in TEMPLATES.rglob("*.html")}
    assert {page: places for page, places in found.items() if places} == {}


def test_the_search_knows_a_stray_blank_from_a_good_one() -> None:
    assert stray('<p>{{ _("Thank you.") }} {{ _("Good bye.") }}</p>')
    assert stray('<p>{{ _("Seen.") }}\n{% if more %} <a href="x">{{ _("Hide it") }}</a>{% endif %}</p>')
    assert stray('{% if set %}{{ _("Set.") }}{% else %}{{ _("None.") }}{% endif %} {{ _("Use it.") }}')
    assert not stray('<p>{{ _("Thank you.") }}{{ gap() }}{{ _("Good bye.") }}</p>')
    assert not stray('{% if a %}{{ _("One.") }}\n{% else %}{{ _("Other.") }}{% endif %}')
    assert not stray('<p>{{ _("Thank you.") }}</p>\n{{ picture }}')

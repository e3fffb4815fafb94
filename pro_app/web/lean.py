"""Scripts and style sheets without what only their readers need: comments and indentation.

Every byte counts over a weak signal, and a fifth of ours were comments. Only whole lines are looked at, never
what is inside one, so that nothing but white space and comments can go. Written for our own files: a comment
of several lines begins and ends on lines of its own.
"""

import re

_BLOCK = re.compile(r"^[ \t]*/\*.*?\*/[ \t]*$\n?", re.MULTILINE | re.DOTALL)
_JOINS = ("{", "}", ";", ",")


def lean_script(text: str) -> str:
    """An ES module with one line for each line of code. A text over several lines keeps the file as it is."""
    if any(line.count("`") % 2 for line in text.splitlines()):
        return text
    lines = (line.strip() for line in _BLOCK.sub("", text).splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"


def lean_style(text: str) -> str:
    """A style sheet whose rules stand one behind the other."""
    whole = ""
    for line in _BLOCK.sub("", text).splitlines():
        if bare := line.strip():
            whole += bare if not whole or whole.endswith(_JOINS) else f" {bare}"
    return whole.replace(" {", "{").replace(";}", "}")

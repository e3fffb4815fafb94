"""Every sentence that a fault may say, by code.

The rooms below the web know no language. They raise an error with a code and parameters;
the edge turns it into a sentence: the web through gettext (these are its msgids), the command
line and the logs through `sentence` in English.
"""

from collections.abc import Mapping


def N_(text: str) -> str:
    """Mark a msgid for extraction without translating it here."""
    return text


SENTENCES: dict[str, str] = {
    "error": N_("Something went wrong."),
    "data_file": N_("%(file)s has %(count)s faults:\n%(faults)s"),
    "settings": N_("The program can't start:\n%(faults)s"),
}


def sentence(code: str, params: Mapping[str, object] | None = None) -> str:
    """The English sentence for `code`, with `params` put in.

    An unknown code gives the code itself: a missing sentence must not hide the fault it names.
    """
    template = SENTENCES.get(code, code)
    return template % params if params else template

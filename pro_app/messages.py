"""Every sentence that a fault may say, by code.

The rooms below the web know no language. They raise an error with a code and parameters;
the edge turns it into a sentence: the web through gettext (these are its msgids), the command
line and the logs through `sentence` in English.
"""

from collections.abc import Mapping

from pro_app.sentences import (
    about_accounts,
    about_exports,
    about_instruments,
    about_messages,
    about_operations,
    about_registries,
    about_schedule,
    about_tablets,
    about_the_clinic,
    about_the_program,
    about_visits,
)
from pro_app.sentences.marking import N_

__all__ = ["N_", "SENTENCES", "sentence", "template_of"]

_ROOMS = (
    about_the_program,
    about_operations,
    about_accounts,
    about_visits,
    about_instruments,
    about_schedule,
    about_messages,
    about_registries,
    about_exports,
    about_tablets,
    about_the_clinic,
)
SENTENCES: dict[str, str] = {code: text for room in _ROOMS for code, text in room.SENTENCES.items()}


def template_of(code: str) -> str:
    """The msgid of `code`; an unknown code gives itself: a missing sentence must not hide a fault."""
    return SENTENCES.get(code, code)


def sentence(code: str, params: Mapping[str, object] | None = None) -> str:
    """The English sentence for `code`, with `params` put in."""
    template = template_of(code)
    return template % params if params else template

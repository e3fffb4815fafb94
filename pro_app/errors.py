"""The one root of all errors that this program raises on purpose.

A leaf is three lines: a class, its code (a key of `messages.SENTENCES`), nothing more.
"""

from pro_app import messages


class ProAppError(Exception):
    """A fault that a person can understand; `code` names its sentence, `params` fill it."""

    code = "error"

    def __init__(self, **params: object) -> None:
        self.params = params
        super().__init__(messages.sentence(self.code, params))


class DataFileError(ProAppError):
    """A definition, wording or study file is wrong; `faults` has one line per fault."""

    code = "data_file"


class SettingsError(ProAppError):
    """A setting is missing or unsafe; `faults` has one line per fault."""

    code = "settings"


class NotFound(ProAppError):
    """What was asked for does not exist, or is another site's: the two must look alike."""

    code = "not_found"

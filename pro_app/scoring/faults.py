"""What scoring refuses. Nothing is rounded, guessed or turned into missing on the way in."""

from pro_app.errors import ProAppError


class NotAnAnswer(ProAppError):
    """A value is none of the item's codes; params: instrument, item, value."""

    code = "score_not_an_answer"


class ForeignItem(ProAppError):
    """The item is not scored by this instrument; params: instrument, item, value."""

    code = "score_foreign_item"


class OtherInstrument(ProAppError):
    """The answers belong to another instrument or version; params: instrument, version, other."""

    code = "score_other_instrument"

"""Words for the letters to staff."""

from flask_babel import lazy_gettext as _

LETTERS = {
    "invitation": _("Invitation"),
    "new_password": _("Link to a new password"),
    "alert": _("Alert"),
    "escalation": _("Alert that still waits"),
}
LETTER_STATES = {
    "due": _("waits to be sent"),
    "claimed": _("is being sent"),
    "sent": _("sent"),
    "unknown": _("perhaps sent"),
    "failed": _("could not be sent"),
}

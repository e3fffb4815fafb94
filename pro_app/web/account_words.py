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
PROBLEMS = {
    "no_address": _("no e-mail address"),
    "no_provider": _("no mail server is set up"),
    "switched_off": _("the account is switched off"),
    "link_over": _("its link is no longer needed"),
    "address_refused": _("the address does not exist"),
    "refused": _("the mail server refused it"),
    "given_up": _("the mail server was away for too long"),
    "later": _("the mail server is away; tried again"),
}
SIGNALS = {
    "sign_ins": _("many failed sign-ins of one account"),
    "strangers": _("many sign-ins with logins that do not exist"),
    "pins": _("too many wrong PINs of one person"),
    "refusals": _("many tries of one account to open what is not its own"),
    "tablet": _("an unknown tablet key"),
    "trail": _("audit trail not as it was written"),
}
NOTICE_STATES = {
    "accepted": _("sent"),
    "delivered": _("sent"),
    "unknown": _("perhaps sent"),
    "refused": _("the mail server refused it"),
    "address_refused": _("the address does not exist"),
    "given_up": _("the mail server was away for too long"),
}
NOTICE_WAYS = {"mail": _("e-mail"), "page": _("the page of administrators alone")}

"""The words of everything that the audit trail may say, in both languages; a test finds what has none."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from pro_app.web import clinic_words

# What an administrator may see of the trail: the doings of accounts, none of a participant's.
ACCOUNT_ACTIONS: dict[str, LazyString] = {
    "signed_in": _("Signed in"),
    "signed_out": _("Signed out"),
    "sign_in_failed": _("Sign-in failed"),
    "staff_added": _("Account added"),
    "staff_invited": _("Account invited"),
    "staff_link_sent": _("Link to a password sent"),
    "staff_password_chosen": _("Password chosen by a link"),
    "staff_password_set": _("Password set by an operator"),
    "staff_password_changed": _("Own password changed"),
    "new_password_asked": _("New password asked for"),
    "own_password_wrong": _("Own password typed wrong"),
    "staff_enabled": _("Account switched on"),
    "staff_disabled": _("Account switched off"),
    "staff_moved": _("Role or site changed"),
    "staff_contact_set": _("Address or language of an account changed"),
    "other_sessions_ended": _("Other sessions ended"),
    "second_factor_set": _("Code at sign-in set up"),
    "second_factor_reset": _("Code at sign-in taken away"),
    "recovery_codes_renewed": _("New recovery codes made"),
    "recovery_code_used": _("Recovery code used"),
    "staff_pin_set": _("PIN for tablets set"),
    "staff_pin_wrong": _("PIN typed wrong"),
}
ACTIONS: dict[str, LazyString] = {
    **clinic_words.EVENTS,
    **ACCOUNT_ACTIONS,
    "draft_taken_over": _("Answers begun elsewhere taken over"),
    "round_loaded": _("Visit loaded on a tablet"),
    "tablet_handed_over": _("Tablet handed over"),
    "tablet_returned": _("Tablet given back"),
    "tablet_added": _("Tablet added"),
    "tablet_unlocked": _("Tablet unlocked"),
    "tablet_revoked": _("Tablet taken out of use"),
    "alert_escalated": _("Alert passed on"),
    "alert_acknowledged": _("Alert answered"),
    "note_read": _("Note read"),
    "address_refused": _("Address does not exist"),
    "registry_compared": _("Compared with the registry"),
    "registry_not_compared": _("Comparison with the registry failed"),
    "registry_comparison_asked": _("Comparison with the registry asked for"),
    "exported": _("Data exported"),
    "trail_exported": _("Audit trail exported"),
    "digest_delivered": _("Digest of the trail given to a registry"),
    "backup": _("Backup made"),
    "restored": _("Restored from a backup"),
    "gap_released": _("Messages released after a restore"),
}
# The words of the fields that rows have beside what was and what is.
FIELDS: dict[str, LazyString] = {
    "reason": _("Reason"),
    "status": _("Status"),
    "role": _("Role"),
    "site": _("Site"),
    "timepoint": _("Visit"),
    "instrument": _("Instrument"),
    "language": _("Language"),
    "arm": _("Arm"),
    "contact": _("Contact"),
    "surgery_planned_on": _("Planned day of surgery"),
    "planned_on": _("Planned day of surgery"),
    "done_on": _("Day of surgery"),
    "state": _("State"),
    "standing": _("Standing"),
    "changed": _("Changed"),
    "with": _("By"),
    "wrong": _("Wrong"),
    "for": _("For"),
    "count": _("Number"),
    "tablet": _("Tablet"),
    "ending": _("How it ended"),
    "how": _("How"),
    "formats": _("Formats"),
    "sites": _("Sites"),
    "visits": _("Visits"),
    "arms": _("With arms"),
    "participants": _("Participants"),
    "forms": _("Forms"),
    "rows": _("Rows"),
    "revision": _("Revision"),
    "from": _("From"),
    "to": _("To"),
    "was": _("Before"),
    "is": _("Now"),
    "email_changed": _("E-mail changed"),
    "version": _("Version"),
    "day": _("Day"),
    "done": _("What was done"),
}


def deed(action: str) -> str:
    """What was done, in words."""
    return str(ACTIONS.get(action, action))

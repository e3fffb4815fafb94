"""What the codes of the clinic's own work say: alerts, calls, signatures, locks of data."""

from pro_app.sentences.marking import N_

SENTENCES: dict[str, str] = {
    "alert_closed": N_("Somebody has already said what was done about this alert."),
    "call_outcome_unknown": N_("Choose how the call ended. Nothing was saved."),
    "call_settled": N_("This call can't be taken back any more."),
    "own_code_wrong": N_("This code is not right, or it was used already. Wait for the next one."),
    "delete_reason": N_("Choose a reason."),
    "deleted_already": N_("Name and contact are deleted already."),
    "data_locked": N_(
        "The data are locked, so nothing was changed. If it must be changed, ask the study coordinator to "
        "unlock them first."
    ),
    "lock_there": N_("This is locked already."),
    "lock_gone": N_("This is not locked any more."),
    "lock_reason": N_("Choose a reason."),
    "lock_scope": N_("Choose a site, or the whole study."),
    "sign_nothing": N_("Tick the visits that you want to sign."),
    "sign_changed": N_(
        "Something came or was corrected since this page was shown, so nothing is signed. "
        "Please look at it again."
    ),
}

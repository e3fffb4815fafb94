"""What the codes of the clinic's own work say: alerts and calls."""

from pro_app.sentences.marking import N_

SENTENCES: dict[str, str] = {
    "alert_closed": N_("Somebody has already said what was done about this alert."),
    "call_outcome_unknown": N_("Choose how the call ended. Nothing was saved."),
    "call_settled": N_("This call can't be taken back any more."),
}

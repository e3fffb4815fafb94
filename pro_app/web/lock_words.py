"""The words of the end of data's life: why data are locked and unlocked, why names are deleted."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

LOCK_REASONS: dict[str, LazyString] = {
    "data_clean": _("the data are complete and clean"),
    "interim_analysis": _("interim analysis"),
    "final_analysis": _("final analysis"),
    "inspection": _("audit or inspection"),
    "error_found": _("an error was found"),
    "late_data": _("late data have come"),
    "analysis_over": _("the analysis is over"),
    "locked_by_mistake": _("locked by mistake"),
    "other_reason": _("another reason"),
}
DELETION_REASONS: dict[str, LazyString] = {
    "participant_asked": _("the participant asked for it"),
    "consent_withdrawn": _("consent was withdrawn"),
    "moved_away": _("moved away or treated elsewhere"),
    "other_reason": _("another reason"),
    "kept_long_enough": _("kept long enough"),
}

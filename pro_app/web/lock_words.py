"""The words of a data lock: why data are locked and unlocked."""

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

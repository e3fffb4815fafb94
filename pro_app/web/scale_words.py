"""Names of scales, and what published sources say of a change, in the reader's language."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

SCALES: dict[str, LazyString] = {
    "WORST": _("Worst pain"),
    "SEVERITY": _("Pain severity"),
    "INTERFERENCE": _("Pain interference"),
    "AFFECTIVE": _("Affective interference (provisional)"),
    "ACTIVITY": _("Activity interference (provisional)"),
    "QL2": _("Global health and quality of life"),
    "PF2": _("Physical functioning"),
    "RF2": _("Role functioning"),
    "EF": _("Emotional functioning"),
    "CF": _("Cognitive functioning"),
    "SF": _("Social functioning"),
    "FA": _("Fatigue"),
    "NV": _("Nausea and vomiting"),
    "PA": _("Pain"),
    "DY": _("Shortness of breath"),
    "SL": _("Sleep trouble"),
    "AP": _("Appetite loss"),
    "CO": _("Constipation"),
    "DI": _("Diarrhoea"),
    "FI": _("Financial difficulties"),
    "SUMMARY": _("Summary score"),
}

# What a surgeon looks at first; the rest follows in the instrument's order.
FIRST = {"bpi-sf": ("WORST", "INTERFERENCE"), "qlq-c30": ("QL2", "PF2", "PA")}

SIZES: dict[str, LazyString] = {
    "trivial": _("trivial"),
    "small": _("small"),
    "medium": _("medium"),
    "moderate": _("moderate"),
    "large": _("large"),
    "substantial": _("substantial"),
    "important": _("clinically important"),
}

BANDS: dict[str, LazyString] = {
    "none": _("no pain"),
    "mild": _("mild"),
    "moderate": _("moderate"),
    "severe": _("severe"),
}

REASONS: dict[str, LazyString] = {
    "none_answered": _("no item answered"),
    "too_few_answered": _("too few items answered"),
    "scale_missing": _("a scale it needs is missing"),
}


def scale_name(code: str) -> str:
    """The name in words; a scale of a new instrument is called by its code until it has one."""
    return str(SCALES.get(code, code))

"""The part of a study file that says what staff must look at: alerts, and the reasons of missing forms."""

from collections.abc import Collection, Mapping

from pro_app.schedule.outreach import AlertRule, MissingReason
from pro_app.schedule.section import Section, unique

# Instrument -> scale -> whether the instrument's file has a threshold of clinical importance for it.
Scored = Mapping[str, Mapping[str, bool]]


def read_alerts(
    top: Section, languages: tuple[str, ...], instrument_ids: Collection[str], scored: Scored | None
) -> tuple[AlertRule, ...]:
    """The `[[alert]]` tables; with `scored` each scale must be one that the instrument computes."""
    alerts, seen = [], set[str]()
    for section in top.tables("alert", needed=False):
        kind = section.one_of("kind", ("at_least", "rise", "threshold"))
        by_file = kind == "threshold"
        rule = AlertRule(
            id=section.name("id"),
            label=section.translated("label", languages),
            kind=kind,
            instrument=section.one_of("instrument", sorted(instrument_ids) or [""]),
            scales=section.words("scales", []) if by_file else section.words("scales"),
            value=None if by_file else section.number("value"),
            escalate_hours=section.whole("escalate_hours", 1, 720),
        )
        unique(section, "id", rule.id, seen)
        if scored is not None:
            _check_scales(section, rule, scored.get(rule.instrument, {}))
        if kind == "rise" and rule.value is not None and rule.value <= 0:
            section.fault(
                "value", f"value = {rule.value:g} must be more than 0: it is how far the score rises"
            )
        section.close()
        alerts.append(rule)
    return tuple(alerts)


def _check_scales(section: Section, rule: AlertRule, scales: Mapping[str, bool]) -> None:
    known = [name for name, threshold in scales.items() if threshold or rule.kind != "threshold"]
    if rule.kind == "threshold" and not known:
        section.fault("instrument", f"{rule.instrument} has no scale with a threshold of its own")
        return
    for name in rule.scales:
        if name not in scales:
            section.fault("scales", f"{rule.instrument} has no scale {name!r}; it has: {', '.join(scales)}")
        elif name not in known:
            section.fault("scales", f"{name} has no threshold in {rule.instrument}; {', '.join(known)} have")


def read_missing_reasons(top: Section, languages: tuple[str, ...]) -> tuple[MissingReason, ...]:
    """The `[[missing_reason]]` tables, in the order in which they are offered."""
    reasons, seen = [], set[str]()
    for section in top.tables("missing_reason", needed=False):
        reason = MissingReason(
            section.name("id"), section.translated("label", languages), section.flag("note", False)
        )
        unique(section, "id", reason.id, seen)
        if reason.id == "not_answered":
            section.fault("id", "id = 'not_answered' says that there is no reason; take another word")
        section.close()
        reasons.append(reason)
    return tuple(reasons)

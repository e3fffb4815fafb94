"""What a score, or a change of it, means by the published figures of the instrument.

The figures come from the definition, each with its source; where none applies, nothing is said.
"""

from pro_app.instruments.definition import Change, Instrument, Threshold


def important(instrument: Instrument, scale: str, value: float) -> Threshold | None:
    """The threshold of clinical importance that the score is beyond, or None."""
    for threshold in instrument.thresholds_of.get(scale, ()):
        if is_beyond(threshold, value):
            return threshold
    return None


def is_beyond(threshold: Threshold, value: float) -> bool:
    """Whether the value is on the important side; the threshold itself is not."""
    return value < threshold.value if threshold.side == "below" else value > threshold.value


def direction_of(instrument: Instrument, scale: str, before: float, after: float) -> str:
    """`improvement`, `decline` or `same`: for some scales more is better, for others less."""
    if before == after:
        return "same"
    better_high = instrument.scoring.scale(scale).better == "high"
    return "improvement" if (after > before) == better_high else "decline"


def changes(instrument: Instrument, scale: str, before: float, after: float) -> tuple[Change, ...]:
    """How large the change is, by each source that says something about it: its largest size that is reached.

    A change in percent has no meaning when the first value is 0.
    """
    direction = direction_of(instrument, scale, before, after)
    found: dict[tuple[str, str], Change] = {}
    for change in instrument.changes:
        if change.scale != scale or change.direction not in ("either", direction):
            continue
        by = abs(after - before)
        if change.unit == "percent":
            by = by / abs(before) * 100 if before else 0.0
        # Scores are exact to the last bits only: 30 % must not fail for 29.999999999999996.
        by = round(by, 9)
        reached = by > change.low if change.over else by >= change.low
        key = (change.source, change.unit)
        if reached and (key not in found or found[key].low < change.low):
            found[key] = change
    return tuple(found.values())

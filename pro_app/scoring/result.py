"""What scoring gives back: for each scale a value in full precision, or a reason why not."""

from collections.abc import Mapping
from dataclasses import dataclass

NONE_ANSWERED = "none_answered"
TOO_FEW_ANSWERED = "too_few_answered"
SCALE_MISSING = "scale_missing"
REASONS = (NONE_ANSWERED, TOO_FEW_ANSWERED, SCALE_MISSING)


@dataclass(frozen=True, slots=True)
class ScaleScore:
    """The score of one scale.

    value: the score, unrounded; None when it can't be computed, and then `reason` says why
      (one of `REASONS`). It is never 0 for want of answers.
    used, missing: the items with and without an answer (for a score derived from scales: the
      scales with and without a value), in the order of the instrument.
    band: the code of the score's class, where the instrument defines classes and the score is
      a whole number; else None.
    """

    scale: str
    value: float | None
    reason: str | None
    used: tuple[str, ...]
    missing: tuple[str, ...]
    band: str | None = None


@dataclass(frozen=True, slots=True)
class ScoreSheet:
    """All scores of one response, with what is needed to cite and to repeat them."""

    instrument: str
    version: str
    algorithm: str
    citation: str
    scores: Mapping[str, ScaleScore]

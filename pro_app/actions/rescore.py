"""Scoring kept responses again: to see whether what is stored is what comes out, or by newer rules.

Nothing is unsealed for it: scores come from codes, and free text has none.
"""

from dataclasses import dataclass
from datetime import datetime

from pro_app.errors import ProAppError
from pro_app.instruments.answers import stored_codes
from pro_app.instruments.catalogue import Catalogue
from pro_app.instruments.definition import Instrument
from pro_app.records import audit, data_locks, responses
from pro_app.records.audit import Actor
from pro_app.records.kept_scores import Kept
from pro_app.records.store import Transaction
from pro_app.scoring.engine import score
from pro_app.scoring.passport import Difference, differences
from pro_app.scoring.result import ScoreSheet

ADDED = "scored_anew"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one response.

    stale: it has scores, but none of the present algorithm. fault: why it can't be scored. foreign_hash: its
    scores say that they come from other answers than those that are kept.
    """

    kept: Kept
    different: tuple[Difference, ...] = ()
    stale: bool = False
    fault: ProAppError | None = None
    foreign_hash: bool = False

    @property
    def well(self) -> bool:
        return not (self.different or self.fault or self.foreign_hash)


class OtherVersion(ProAppError):
    """The response was given to a version of the instrument that is not here any more."""

    code = "rescore_other_version"


def judge(catalogue: Catalogue, kept: Kept) -> Verdict:
    """Compare what is stored with what comes out now; scores of older algorithms can't be computed again."""
    foreign = not kept.answers_hashes <= {kept.content_hash}
    try:
        sheet = _sheet(catalogue, kept)
    except ProAppError as fault:
        return Verdict(kept, fault=fault, foreign_hash=foreign)
    if kept.sheets and sheet.algorithm not in kept.sheets:
        return Verdict(kept, stale=True, foreign_hash=foreign)
    found = differences(kept.sheets.get(sheet.algorithm, ()), sheet)
    return Verdict(kept, tuple(found), foreign_hash=foreign)


def add(tx: Transaction, catalogue: Catalogue, kept: Kept, actor: Actor, now: datetime) -> bool:
    """Write the present algorithm's scores beside the older ones, with a row on the audit trail.

    Returns whether anything was new; scores of locked data stay as they are. Raises `OtherVersion`, or the
    engine's fault about an answer.
    """
    sheet = _sheet(catalogue, kept)
    if not kept.sheets or sheet.algorithm in kept.sheets:
        return False
    if any(one.covers(kept.site) for one in data_locks.in_force(tx)):
        return False
    responses.add_scores(tx, kept.id, sheet.algorithm, sheet.scores.values(), kept.content_hash)
    detail = {
        "response": kept.uuid,
        "timepoint": kept.timepoint,
        "instrument": kept.instrument,
        "was": list(kept.sheets)[-1],
        "is": sheet.algorithm,
    }
    audit.append(tx, kept.site, actor, ADDED, kept.study_number, detail, now)
    return True


def _sheet(catalogue: Catalogue, kept: Kept) -> ScoreSheet:
    instrument = _of_version(catalogue, kept)
    return score(instrument.scoring, stored_codes(instrument, kept.answers))


def _of_version(catalogue: Catalogue, kept: Kept) -> Instrument:
    instrument = catalogue.instrument(kept.instrument)
    if instrument.version != kept.version:
        raise OtherVersion(version=kept.version, known=instrument.version)
    return instrument

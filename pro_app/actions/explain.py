"""How the scores of one response come about: what the passport page and its JSON show."""

from collections.abc import Mapping
from dataclasses import dataclass

from pro_app.errors import NotFound, ProAppError
from pro_app.instruments.answers import stored_codes
from pro_app.instruments.catalogue import Catalogue
from pro_app.instruments.definition import Instrument
from pro_app.instruments.wording import WordingPack
from pro_app.records import kept_scores, responses
from pro_app.records.participants import Participant
from pro_app.records.responses import Answer, Stored
from pro_app.records.store import Transaction
from pro_app.scoring.engine import score
from pro_app.scoring.passport import Difference, Passport, differences, passport
from pro_app.scoring.result import ScaleScore


@dataclass(frozen=True, slots=True)
class Explained:
    """One response with the arithmetic of its scores.

    pack: the words it was answered in, None when they are not here any more. passport: None with a `fault`.
    different: stored scores of the present algorithm that are not what comes out. earlier: the scores by
    algorithms before the present one, which stay as they were. stored: whether the present one's are there.
    """

    response: Stored
    instrument: Instrument
    answers: Mapping[str, Answer]
    pack: WordingPack | None
    passport: Passport | None
    fault: ProAppError | None
    different: tuple[Difference, ...]
    earlier: Mapping[str, tuple[ScaleScore, ...]]
    stored: bool


def explain(tx: Transaction, catalogue: Catalogue, person: Participant, uuid: str) -> Explained:
    """Raises `NotFound` when `person` has no such response. Free text is not unsealed."""
    response, kept = responses.by_uuid(tx, uuid), kept_scores.by_uuid(tx, uuid)
    if response is None or kept is None or response.participant_id != person.id:
        raise NotFound()
    instrument = catalogue.instrument(response.instrument)
    made: Passport | None = None
    fault: ProAppError | None = None
    different: tuple[Difference, ...] = ()
    present = instrument.scoring.algorithm
    try:
        if instrument.version != response.version:
            raise VersionGone(version=response.version, known=instrument.version)
        codes = stored_codes(instrument, kept.answers)
        made = passport(
            instrument.scoring,
            codes,
            language=response.language,
            pack=response.pack,
            answers_hash=response.content_hash,
        )
        if present in kept.sheets:
            different = tuple(differences(kept.sheets[present], score(instrument.scoring, codes)))
    except ProAppError as found:
        fault = found
    return Explained(
        response=response,
        instrument=instrument,
        answers=kept.answers,
        pack=catalogue.pack_if_known(response.pack),
        passport=made,
        fault=fault,
        different=different,
        earlier={name: sheet for name, sheet in kept.sheets.items() if name != present},
        stored=present in kept.sheets,
    )


class VersionGone(ProAppError):
    """The response was given to a version of the instrument that is not here any more."""

    code = "rescore_other_version"

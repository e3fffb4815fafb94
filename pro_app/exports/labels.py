"""Every text of our own that a data file carries, marked for translation; `Words` brings the translations."""

from pro_app.sentences.marking import N_

COLUMNS: dict[str, str] = {
    "study": N_("Study"),
    "site": N_("Site"),
    "study_number": N_("Study number of the participant"),
    "arm": N_("Treatment arm"),
    "status": N_("Status of the participant on the day of the export"),
    "timepoint": N_("Visit"),
    "instrument": N_("Instrument"),
    "version": N_("Version of the instrument"),
    "state": N_("State of the form"),
    "reason": N_("Why the form is missing"),
    "due": N_("Due day at the site"),
    "opens": N_("First day of the window at the site"),
    "closes": N_("Last day of the window at the site"),
    "received_on": N_("Day of receipt at the site"),
    "received_at": N_("Instant of receipt by the server, UTC"),
    "started_at": N_("Begun, by the device's clock, UTC"),
    "finished_at": N_("Finished, by the device's clock, UTC"),
    "completed_on": N_("Day on which a form that staff typed in was answered"),
    "entered_by": N_("Who typed it in (sign-in name)"),
    "entered_again_by": N_("Who typed it in a second time (sign-in name)"),
    "entry_differences": N_("Items in which the two entries differed"),
    "settled_by": N_("Who decided which entry counts (sign-in name)"),
    "mode": N_("How it was answered"),
    "helper": N_("Who helped"),
    "language": N_("Language in which it was answered"),
    "pack": N_("Wording pack in which it was answered (hash)"),
    "response": N_("Identifier of the response"),
    "revision": N_("Revision: 1 as received, more after a correction"),
    "corrected_at": N_("Instant of the correction, UTC"),
    "correction": N_("Reason of the correction"),
    "others": N_("Other responses to this form that do not count (see history)"),
    "content_hash": N_("Hash of the content (SHA-256)"),
    "algorithm": N_("Scoring rules"),
    "standing": N_("Why this response does not count"),
    "kind": N_("What the row is: an answer or a score"),
    "name": N_("Item or scale"),
    "value": N_("Value"),
    "missing": N_("Why there is no value"),
    "used": N_("Items or scales used"),
    "unused": N_("Items or scales without a value"),
    "ended_at": N_("Instant from which it no longer counts, UTC"),
    "ended_why": N_("Reason why it no longer counts"),
}

STATES = {
    "in_window": N_("received in the window"),
    "late": N_("received late"),
    "missing": N_("missing"),
    "open": N_("may be answered now"),
    "not_yet_due": N_("not yet due"),
    "no_date": N_("no date known"),
    "not_planned": N_("received, no longer planned"),
}

REASONS = {
    "not_answered": N_("not answered"),
    "paused": N_("participation paused"),
    "too_ill": N_("too ill"),
    "withdrawn": N_("withdrawn from the study"),
    "deceased": N_("deceased"),
}

STATUSES = {
    "active": N_("active"),
    "paused": N_("paused"),
    "too_ill": N_("too ill"),
    "withdrawn": N_("withdrawn"),
    "deceased": N_("deceased"),
}

MODES = {
    "own_phone": N_("own phone"),
    "clinic_tablet": N_("clinic tablet"),
    "interview": N_("interview"),
    "paper": N_("paper"),
}

HELPERS = {
    "alone": N_("answered alone"),
    "read": N_("somebody read aloud"),
    "filled": N_("somebody filled in"),
}

STANDINGS = {
    "replaced": N_("replaced by a correction"),
    "withdrawn": N_("response withdrawn"),
    "beside": N_("kept beside the first one"),
}

# Why there is no answer, and why there is no score.
NO_ANSWER = {
    "skipped": N_("skipped by the participant"),
    "not_reached": N_("not reached"),
    "not_shown": N_("not shown"),
}
NO_SCORE = {
    "none_answered": N_("no item answered"),
    "too_few_answered": N_("too few items answered"),
    "scale_missing": N_("a scale it needs is missing"),
}

CORRECTIONS = {
    "typing_error": N_("typing or transcription error"),
    "misunderstood": N_("a question was misunderstood"),
    "participant_asked": N_("the participant asked for it"),
    "source_check": N_("differs from the paper source"),
    "wrong_participant": N_("answered for another participant"),
    "wrong_visit": N_("answered for another visit"),
    "not_by_participant": N_("not answered by the participant"),
    "duplicate": N_("entered twice"),
    "consent": N_("no consent for this form"),
    "first_by_mistake": N_("the first one was sent by mistake"),
    "more_complete": N_("the other one is more complete"),
    "data_unlocked": N_("it came while the data were locked, and they are not any more"),
    "other_reason": N_("another reason"),
}

ITEM = N_("%(instrument)s item %(number)s")
ITEM_WORDS = N_("%(instrument)s item %(number)s: %(words)s")
ITEM_MISSING = N_("%(instrument)s item %(number)s: why there is no answer")
REGION = N_("%(instrument)s item %(number)s: %(region)s")
WORST = N_("%(instrument)s item %(number)s: the region that hurts most")
SEALED = N_("%(instrument)s item %(number)s: words were given (kept sealed, not exported)")
SCALE = N_("%(instrument)s %(scale)s: %(words)s")
SCALE_REASON = N_("%(instrument)s %(scale)s: why there is no score")
YES = N_("yes")
NO = N_("no")


def everything() -> frozenset[str]:
    """All texts of this room in English."""
    tables = (
        COLUMNS,
        STATES,
        REASONS,
        STATUSES,
        MODES,
        HELPERS,
        STANDINGS,
        NO_ANSWER,
        NO_SCORE,
        CORRECTIONS,
    )
    single = (ITEM, ITEM_WORDS, ITEM_MISSING, REGION, WORST, SEALED, SCALE, SCALE_REASON, YES, NO)
    return frozenset(text for table in tables for text in table.values()) | frozenset(single)

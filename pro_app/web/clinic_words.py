"""The clinic's words for what the rooms below know as codes. Every code has its word in both languages."""

from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from pro_app.exports.labels import CORRECTIONS
from pro_app.journey import Stop
from pro_app.schedule.window import VisitState

ROLES = {
    "nurse": _("Nurse"),
    "site_coordinator": _("Site coordinator"),
    "investigator": _("Investigator"),
    "study_coordinator": _("Study coordinator"),
    "monitor": _("Monitor"),
    "administrator": _("Administrator"),
}

STATUSES = {
    "active": _("Active"),
    "paused": _("Paused"),
    "too_ill": _("Too ill"),
    "withdrawn": _("Withdrawn"),
    "deceased": _("Deceased"),
}

STATUS_MEANINGS = {
    "active": _("Messages go out, forms are expected."),
    "paused": _("No messages. Open forms can still be answered; forms missed meanwhile are excused."),
    "too_ill": _("No messages. Open forms can still be answered; forms missed meanwhile are excused."),
    "withdrawn": _("No messages and no more forms, from now on. What was answered is kept."),
    "deceased": _("No messages and no more forms, from now on. What was answered is kept."),
}

REASONS = {
    "randomised": _("Randomised now"),
    "arm_in_error": _("It was recorded in error"),
    "goes_on": _("Takes part again"),
    "entered_in_error": _("The status was entered in error"),
    "own_wish": _("Own wish"),
    "in_hospital": _("In hospital"),
    "away": _("Away"),
    "tumour": _("The tumour disease"),
    "treatment": _("The treatment"),
    "other_illness": _("Another illness"),
    "consent_withdrawn": _("Consent withdrawn"),
    "lost_contact": _("Contact lost"),
    "moved_away": _("Moved away"),
    "physician_decision": _("Decision of the physician"),
    "cause_unknown": _("Cause not known"),
    "other_reason": _("Another reason"),
}

SURGERY_STATES = {
    "planned": _("planned"),
    "done": _("done"),
    "cancelled": _("cancelled"),
    "unknown": _("no date known"),
}

FAULTS = {
    "study_number_shape": _("Use letters, digits and hyphens, for example CZ-025."),
    "study_number_taken": _("There is already a participant with this study number."),
    "site_unknown": _("Choose one of the sites you may enrol at."),
    "arm_unknown": _("Choose one of the arms, or leave it open."),
    "language_unknown": _("Choose the language the person reads best."),
    "name_long": _("The name is too long; 80 characters are enough."),
    "phone_shape": _("This can't be dialled. Write it like 138 0000 0001, or with +44 and so on."),
    "email_shape": _("This can't be an e-mail address. Write it like wang@example.org."),
    "birth_year_range": _("Give the year with four digits, for example 1961."),
    "date_unreadable": _("Give the date as year-month-day, for example 2026-12-08."),
    "date_needed": _("Give the date."),
    "date_far": _("This date is very far from today. Is the year right?"),
    "date_future": _("This day has not come yet."),
    "surgery_state_unknown": _("Choose what is known about the surgery."),
    "status_same": _("The participant has this status already. Choose another one."),
    "status_unknown": _("Choose a status."),
    "reason_needed": _("Choose a reason that belongs to the status."),
}

MODES = {
    "own_phone": _("own phone"),
    "clinic_tablet": _("clinic tablet"),
    "interview": _("interview"),
    "paper": _("paper"),
}

HELPERS = {
    "alone": _("answered alone"),
    "read": _("somebody read aloud"),
    "filled": _("somebody filled in"),
}

DELIVERY_STATES = {
    "due": _("to be sent"),
    "claimed": _("being sent"),
    "sent": _("sent"),
    "delivered": _("arrived"),
    "unknown": _("outcome not known yet"),
    "failed": _("failed"),
    "address_refused": _("address does not exist"),
    "not_sent": _("not sent"),
}

CHANNELS = {"sms": _("text message"), "email": _("e-mail"), "call": _("call list")}

AUDIENCES = {"patient": _("participant"), "family": _("family"), "call_list": _("staff")}

STANDINGS = {
    "current": _("counts"),
    "beside": _("kept beside the first one"),
    "replaced": _("replaced by a correction"),
    "withdrawn": _("response withdrawn"),
}

STANDING_REASONS = {
    "before_window": _("came before the window"),
    "after_window": _("came after the window"),
    "second_response": _("a second response to the same visit"),
    "withdrawn": _("came after the participant had withdrawn"),
    "deceased": _("came after the participant had died"),
    "moved_here": _("moved here by a coordinator"),
    "chosen": _("made to count by a coordinator"),
    "tablet_revoked": _("came from a tablet that was taken out of use"),
    "data_locked": _("came while the data were locked"),
    **{code: _(text) for code, text in CORRECTIONS.items()},
}

EVENTS = {
    "enrolled": _("Enrolled"),
    "surgery_changed": _("Surgery date changed"),
    "status_changed": _("Status changed"),
    "identity_read": _("Name and contact looked at"),
    "contact_changed": _("Contact changed"),
    "contact_deleted": _("Name and contact deleted"),
    "arm_set": _("Arm recorded"),
    "free_text_read": _("Own words read"),
    "own_copy_fetched": _("Copy of own answers fetched"),
    "draft_taken_over": _("Begun answers taken over into an interview"),
    "second_entry": _("Form on paper typed in a second time"),
    "second_entry_settled": _("Two entries of a form settled"),
    "card_shown": _("Personal link and code shown"),
    "code_renewed": _("New code given out"),
    "response_received": _("Response received"),
    "response_corrected": _("Answers corrected"),
    "response_moved": _("Response moved"),
    "response_withdrawn": _("Response withdrawn"),
    "response_chosen": _("Other response made to count"),
    "scored_anew": _("Scored again by newer rules"),
    "visit_signed": _("Visit signed by the investigator"),
    "privacy_agreed": _("Agreed to the privacy notice"),
    "privacy_declined": _("Declined the privacy notice"),
    "reminder_problem": _("A reminder could not be decided"),
    "address_refused": _("A telephone number or e-mail address does not exist"),
    "tablet_handed_over": _("Tablet handed over"),
    "tablet_returned": _("Tablet given back"),
    "round_loaded": _("Loaded on a tablet for a ward round"),
    "tablet_added": _("Tablet added"),
    "tablet_unlocked": _("Tablet unlocked"),
    "tablet_revoked": _("Tablet revoked"),
}

TABLETS = {
    "with_staff": _("with staff"),
    "handed_over": _("with a participant"),
    "locked": _("locked"),
    "ward_round": _("on a ward round"),
    "revoked": _("revoked"),
}

AT_REGISTRY = {
    "waiting": ("→", _("waiting")),
    "claimed": ("→", _("being sent")),
    "delivered": ("✓", _("confirmed")),
    "parked": ("✕", _("refused")),
    "paused": ("‖", _("held back")),
}

ACTORS = {
    "staff": _("staff"),
    "patient": _("participant"),
    "clock": _("the clock"),
    "cli": _("command line"),
    "system": _("the program"),
    "visitor": _("visitor"),
    "tablet": _("clinic tablet"),
}

EXCUSES = {
    "paused": _("paused"),
    "too_ill": _("too ill"),
    "withdrawn": _("withdrawn"),
    "deceased": _("deceased"),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """How a visit's state looks: a sign, a word and a tone (a class of the style sheet)."""

    sign: str
    word: LazyString
    tone: str


MARKS = {
    VisitState.UNSCHEDULED: Mark("–", _("no date"), "later"),
    VisitState.UPCOMING: Mark("·", _("to come"), "later"),
    VisitState.OPEN: Mark("○", _("open"), "open"),
    VisitState.OVERDUE: Mark("◔", _("past due"), "open"),
    VisitState.GRACE: Mark("◔", _("may be finished"), "open"),
    VisitState.PARTIAL: Mark("◐", _("begun"), "part"),
    VisitState.CLOSED: Mark("✕", _("missed"), "miss"),
    VisitState.INCOMPLETE: Mark("✕", _("incomplete"), "miss"),
    VisitState.DONE: Mark("✓", _("done"), "done"),
    VisitState.DONE_LATE: Mark("✓", _("done late"), "late"),
    VisitState.EXCUSED: Mark("–", _("excused"), "excused"),
}


def mark_of(stop: Stop) -> Mark:
    """A visit's mark; with only some of its forms in, the word counts them."""
    one = MARKS[stop.assessment.state]
    if stop.assessment.done and stop.assessment.missing:
        counted = _(
            "%(done)s of %(all)s",
            done=len(stop.assessment.done),
            all=len(stop.assessment.done) + len(stop.assessment.missing),
        )
        return Mark(one.sign, counted, one.tone)
    return one

"""What the codes of the schedule say: faults, and why a message was not sent."""

from pro_app.sentences.marking import N_

SENTENCES: dict[str, str] = {
    "study_no_site": N_("The study has no site %(name)s; it has: %(known)s."),
    "study_no_timepoint": N_("The study has no visit %(name)s; it has: %(known)s."),
    "study_no_step": N_("The study has no reminder step %(name)s; it has: %(known)s."),
    "study_no_message": N_("The study has no message text %(name)s; it has: %(known)s."),
    "study_no_language": N_("The study has no language %(name)s; it has: %(known)s."),
    "plan_day_unreadable": N_("%(text)s is no date between 2000 and 2100; write it as 2026-12-08."),
    "plan_day_missing": N_(
        "Say from which day to count: --surgery 2026-12-08, --enrolled 2026-12-01 or both."
    ),
    "held_paused": N_("Not sent: this participant's reminders are paused."),
    "held_too_ill": N_("Not sent: this participant is too ill."),
    "held_withdrawn": N_("Not sent: this participant has withdrawn."),
    "held_deceased": N_("Not sent: this participant has died."),
    "held_no_consent": N_("Not sent: this participant has not agreed to be written to."),
    "held_locked": N_("Not sent: the data are locked, so an answer would not count."),
    "held_contact_deleted": N_("Not sent: name and contact were deleted."),
    "held_finished": N_("Not sent: the visit is already finished."),
    "held_excused": N_("Not sent: the missing forms of this visit have a reason on record."),
    "held_closed": N_("Not sent: the visit's window has closed."),
    "held_not_open": N_("Not sent: the visit is not open yet."),
    "held_moved": N_("Not sent: the visit's dates have changed since this was decided."),
    "held_superseded": N_("Not sent: a newer reminder took its place."),
    "held_no_address": N_("Not sent: there is no phone number or e-mail address for it."),
    "held_all_failed": N_("Not sent: every phone number and e-mail address on record has failed."),
    "held_cap_visit": N_("Not sent: this visit has had its full number of messages."),
    "held_cap_day": N_("Waiting: today's number of messages is used up."),
    "held_patient_first": N_("Waiting: the patient has today to answer first."),
    "held_holiday": N_("Waiting: today is a holiday."),
    "held_quiet_hours": N_("Waiting: it is outside the hours for messages."),
    "held_no_room": N_("Not sent: the visit's window has no working day for this step."),
}

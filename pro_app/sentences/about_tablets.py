"""What the codes of the clinic's tablets say."""

from pro_app.sentences.marking import N_

SENTENCES: dict[str, str] = {
    "tablet_locked": N_("This tablet is locked. Please give it to the nurse; nothing you answered is lost."),
    "tablet_revoked": N_("This tablet was taken out of use. Please give it to the nurse."),
    "sign_in_again": N_("Please sign in with your password; the PIN is not enough any more."),
    "second_identifier_wrong": N_(
        "That is not what is on record for this participant. Is it the right person? Please ask again."
    ),
    "pin_first": N_("Please set your PIN first: with it you take the tablet back."),
    "nothing_to_answer": N_("There is nothing to answer at this visit now."),
    "nobody_chosen": N_("Please choose at least one participant."),
    "envelope_broken": N_("What this tablet sealed can't be opened here. Please call the study centre."),
}

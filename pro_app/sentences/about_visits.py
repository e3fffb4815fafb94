"""What the codes of the visit's pages and of the device interface say."""

from pro_app.sentences.marking import N_

SENTENCES: dict[str, str] = {
    "privacy_first": N_("Please read the privacy notice on your follow-up page first. Your answers wait."),
    "privacy_declined": N_(
        "You asked us not to keep your answers, so they were not taken. "
        "On your follow-up page you can change your mind."
    ),
    "visit_other": N_("This browser is in another visit now. Please open your link once more."),
    "wrong_person": N_("That is not what your hospital has on record. Please try again, or call your nurse."),
    "unreadable": N_("What was sent is not JSON in UTF-8, so nothing of it was kept."),
}

"""What the codes about forms on paper say: how a day stands, and why something can't be entered."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from pro_app.web.clinic_words import FAULTS

JUDGED: dict[str, LazyString] = {
    "in_window": _("This day lies in the window of the visit: the form counts as in time."),
    "before_window": _(
        "This day lies before the window opens: the form counts, and is marked so. Is it the right visit?"
    ),
    "after_window": _("This day lies after the window: the form counts, and is marked as late."),
    "no_window": _("The visit has no window yet, since the day of surgery is not known. The form counts."),
    "beside": _(
        "This visit has a response to this form already. What you type is kept beside it and does not count."
    ),
    "after_end": _(
        "This day lies after the participant had left the study: the form is kept and does not count."
    ),
}
REFUSED: dict[str, LazyString] = {
    "date_needed": _("Give the day on which the form was filled in; it stands on the form."),
    "date_unreadable": FAULTS["date_unreadable"],
    "date_future": _("This day has not come yet. Give the day on which the form was filled in."),
    "before_enrolment": _("This day lies before the enrolment. Check the day, or whose form it is."),
    "nothing_entered": _("This form has not been typed in a first time yet, or was withdrawn."),
    "not_paper": _("This response did not come on paper, so there is nothing to type in twice."),
    "entered_twice": _("This form has been typed in twice already."),
    "same_person": _("You typed this form in the first time. The second time somebody else does it."),
    "choice_needed": _("Choose for every item what stands on the paper."),
    "settled_already": _("Somebody else settled this meanwhile. This is how it is now."),
    "changed": _(
        "The response was corrected after it was typed in the second time. Keep the first entries here, "
        "and correct the response as it is now where it is still wrong."
    ),
}

"""What the codes of reminding and sending say."""

from pro_app.sentences.marking import N_

SENTENCES: dict[str, str] = {
    "delivery_refused": N_("Not sent: the provider refused this message."),
    "delivery_given_up": N_("Not sent: the provider could not take it for a whole day."),
    "delivery_no_provider": N_("Not sent: no provider is set up for this channel."),
    "delivery_unsendable": N_("Not sent: the message could not be written."),
    "held_no_wording": N_("Not sent: the owner's wording of the questionnaires is not installed."),
    "callback_not_genuine": N_("This call does not prove that it comes from the provider."),
    "callback_unreadable": N_("This call is not in the form that the provider describes."),
    "tick_bad_moment": N_(
        "%(text)s is not an instant; write date, time and time zone, such as 2026-12-08T09:00+08:00."
    ),
    "tick_moment_in_production": N_("`pro-app tick --at` is for demonstrations only."),
}

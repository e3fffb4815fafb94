"""Sentences of the faults that registries raise, by code."""

from pro_app.sentences.marking import N_

SENTENCES: dict[str, str] = {
    "registry_away": N_("The registry can't be reached now: %(words)s"),
    "registry_refused": N_("The registry refused this: %(words)s"),
    "kept_beside": N_(
        "A different answer sheet for this visit came first; a person decides which one counts."
    ),
}

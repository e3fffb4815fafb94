"""Sentences of the faults that exports, reports and corrections raise, by code."""

from pro_app.sentences.marking import N_

SENTENCES: dict[str, str] = {
    "export_folder_used": N_(
        "%(folder)s is not empty. Name a folder that does not exist yet, so that no older export is touched."
    ),
    "export_no_space": N_(
        "There is not enough room for the export in %(folder)s (%(words)s). Nothing was left behind; free "
        "some space or choose another disk."
    ),
    "export_format_unknown": N_("There is no format %(format)s; there are: %(known)s."),
    "export_language_unknown": N_("There are no labels in %(language)s; there are: %(known)s."),
    "export_too_many_rows": N_(
        "A spreadsheet holds 1,048,576 rows and this export has more. Choose one site or visit, or another "
        "format."
    ),
    "export_busy": N_("Another export is being made just now. Please try again in a minute."),
    "export_interrupted": N_(
        "The server was restarted while this export was being made. Nothing was left behind; please ask for "
        "it again."
    ),
    "export_stopped": N_("You stopped this export. Nothing was left behind."),
    "export_broken": N_("This export can't be opened any more. Please ask for it again."),
    "export_no_fhir": N_("This installation can't write FHIR files: no FHIR adapter is wired."),
    "report_not_printed": N_(
        "Chromium could not print the report (%(words)s). Take the page and print that."
    ),
    "correction_changed_meanwhile": N_(
        "Somebody else changed this response meanwhile. Please look at it as it is now."
    ),
    "correction_refused": N_("This can't be done with this response."),
}

"""Sentences of the program itself and of the patient's way in, by code."""

from pro_app.sentences.marking import N_

SENTENCES: dict[str, str] = {
    "error": N_(
        "Something went wrong on our side. Nothing you entered is lost; please try again in a minute."
    ),
    "data_file": N_("%(file)s has %(count)s faults:\n%(faults)s"),
    "settings": N_("The program can't start:\n%(faults)s"),
    "not_migrated": N_("The database is not of this release; run `pro-app migrate up`."),
    "port_taken": N_(
        "Port %(port)s is taken by another program; choose another one: PRO_APP_PORT=8010 make run."
    ),
    "seed_in_production": N_("Invented participants are for a demonstration only (PRO_APP_MODE=demo)."),
    "already_seeded": N_("There are participants in this database already; `make fresh` starts anew."),
    "demo_in_production": N_("`pro-app demo` is for demonstrations; in production use `pro-app serve`."),
    "seal_broken": N_("A protected field can't be opened; ask your administrator to check the key file."),
    "not_found": N_("There is nothing at this address. Please check it, or go back."),
    "bad_request": N_("The browser sent something we could not read. Please go back and try again."),
    "form_expired": N_("This page was open for too long. Please go back, reload it and send again."),
    "sign_in_first": N_("Please open your personal link or enter your code first."),
    "not_allowed": N_("Your account may not do this. Ask the study coordinator if you need to."),
    "method_not_allowed": N_("This address can't be used in this way."),
    "too_large": N_("That was too large to be an answer. Nothing was changed."),
    "not_json": N_("Send JSON, with the content type application/json."),
    "too_many_tries": N_("There were many wrong tries. Please wait %(minutes)s min, or ask your nurse."),
    "busy": N_(
        "The service is very busy. What you entered stays on this device; please try again in a minute."
    ),
    "store_away": N_(
        "The service can't store anything just now. What you entered stays on this device; "
        "please try again in a minute."
    ),
    "link_unknown": N_(
        "This link doesn't work. It may be cut off or replaced by a newer one. "
        "Please open the newest message from your hospital, or enter your 6-character code."
    ),
    "code_unknown": N_(
        "We don't know this code. Please compare it with your message or card, and try again."
    ),
    "visit_unknown": N_("This visit is not part of the study."),
    "visit_not_open": N_("These questions are not open yet. They open on %(opens)s."),
    "visit_not_scheduled": N_("These questions have no date yet, since the date of surgery is not known."),
    "visit_closed": N_("These questions closed on %(closes)s. Thank you; your next visit will be announced."),
    "data_closed": N_("The answers to this study are closed. There is nothing you need to do."),
    "participant_stopped": N_(
        "Your hospital has ended these questions for you. There is nothing you need to do."
    ),
    "instrument_not_here": N_("This questionnaire is not asked at this visit."),
    "pack_unknown": N_("This version of the questionnaire is not known here. Please reload the page."),
    "version_unknown": N_("This version of the questionnaire is not known here. Please reload the page."),
    "response_id_taken": N_("This answer sheet belongs to another visit. Please reload the page."),
    "malformed": N_("The field %(field)s is missing or is not what it should be."),
    "changed_meanwhile": N_("Somebody else changed this participant meanwhile. Please look at it again."),
    "login_taken": N_("There is already an account %(login)s."),
    "study_number_taken": N_("There is already a participant with the study number %(study_number)s."),
}

"""The sentences of scoring and instruments, by code; `messages` looks them up."""

from pro_app.sentences.marking import N_

SENTENCES: dict[str, str] = {
    "score_not_an_answer": N_("%(value)s is not an answer to item %(item)s of %(instrument)s."),
    "score_foreign_item": N_("%(item)s (value %(value)s) is not a scored item of %(instrument)s."),
    "score_other_instrument": N_("These answers are to %(other)s; this scores %(instrument)s %(version)s."),
    "score_columns_missing": N_("The table has no column for these items of %(instrument)s: %(columns)s."),
    "score_column_twice": N_("The table has these columns twice: %(columns)s."),
    "score_bad_row": N_("Row %(row)s (the header is row 1), column %(column)s: %(problem)s."),
    "instrument_unknown": N_("There is no instrument %(instrument)s; there are: %(known)s."),
    "pack_missing": N_("There is no wording of %(instrument)s in %(language)s."),
    "language": N_("%(language)s is not a language code; write one like zh-Hans, en or pt-BR."),
    "pack_already_installed": N_("This very wording is installed already (%(hash)s)."),
    "pack_not_installed": N_(
        "%(hash)s is not the beginning of exactly one installed pack; see `wording list`."
    ),
    "wording_not_a_template": N_("%(file)s is not a filled-in wording template: %(why)s."),
    "answer_not_valid": N_("The answer to question %(item)s can't be used."),
    "answer_unknown_item": N_("%(item)s is not a question of this questionnaire."),
    "answer_shape": N_("The answer to question %(item)s is not in the form it should be: %(value)s."),
    "answer_not_a_code": N_("%(value)s is not a possible answer to question %(item)s."),
    "answer_not_text": N_("The answer to question %(item)s is not a text that can be kept."),
    "answer_too_long": N_("The answer to question %(item)s is too long."),
    "answer_not_regions": N_(
        "The answer to question %(item)s names a place that is not on the body diagram."
    ),
    "answer_absent": N_("Question %(item)s has neither an answer nor a reason why not."),
    "answer_hidden": N_("Question %(item)s was not shown, so it can't have an answer."),
    "answer_shown": N_("Question %(item)s was shown, so it can't be marked as not shown."),
    "nobody_invited": N_(
        "Nobody is invited to these visits, since the owner's wording of their questionnaires is not "
        "installed: %(timepoints)s. Install it with `pro-app wording install`."
    ),
    "rescore_other_version": N_(
        "This response was given to version %(version)s of the questionnaire; "
        "only version %(known)s is known here."
    ),
    "rescore_foreign_hash": N_("The scores say that they come from other answers than those that are kept."),
}

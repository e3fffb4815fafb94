"""Sentences of accounts, by code."""

from pro_app.sentences.marking import N_

SENTENCES: dict[str, str] = {
    "totp_code_wrong": N_("This code is not right, or its half minute is over. Please type the newest one."),
    "totp_offer_over": N_("The page was open for too long. Please scan the new picture."),
    "login_shape": N_("A login has 2 to 60 small letters, digits, dots, hyphens or @, for example nurse.li."),
    "role_unknown": N_("Please choose a role."),
    "role_not_yours": N_("Only an administrator can give this role."),
    "site_needed": N_("This role belongs to one site. Please choose it."),
    "site_not_for_role": N_("This role belongs to no single site. Please choose all sites."),
    "site_unknown_here": N_("The study has no such site."),
    "language_unknown": N_("Please choose a language."),
    "email_shape": N_("This is not an e-mail address."),
    "email_missing": N_("This account has no e-mail address. Please save one first."),
    "password_short": N_("The password needs at least 12 characters."),
    "password_long": N_("The password may have at most 200 characters."),
    "password_common": N_(
        "This password is common or has too few words, so it is guessed early. "
        "Take four words that nobody expects together."
    ),
    "password_pattern": N_(
        "This password repeats itself or follows the keys, so it is guessed first. "
        "Take four words that nobody expects together."
    ),
    "password_personal": N_(
        "This password is made of your name, your login, your hospital or this program, so it is guessed "
        "first. Take four words that nobody expects together."
    ),
    "password_differs": N_("The two passwords differ."),
    "password_wrong": N_("Your present password is not right."),
    "digest_unreadable": N_("This file is no digest of an audit trail, or it was changed."),
    "registry_takes_no_digest": N_("This registry takes no digests of the audit trail."),
    "pin_shape": N_("A PIN has 4 to 8 digits."),
    "pin_guessable": N_("This PIN is guessed first. Take one without a pattern."),
    "pin_differs": N_("The two PINs differ."),
}

"""Telephone numbers and addresses as people type them, made into the one form that is stored and dialled.

Both libraries are loaded when somebody types an address: the numbering plans of the world would cost every
start a tenth of a second.
"""

HOME_REGION = "CN"


def tidy_phone(text: str, region: str = HOME_REGION) -> str | None:
    """`138 0000 0001` as `+8613800000001` (E.164); None when nobody can be reached by it.

    A number of `region` must be one that its plan gives out; of another country's number only the length is
    checked, since our copy of their plans grows old.
    """
    import phonenumbers

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    whole = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
    at_home = number.country_code == phonenumbers.country_code_for_region(region)
    if not whole or (at_home and not phonenumbers.is_valid_number(number)):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def spoken_phone(stored: str) -> str:
    """`+8613800000001` as `+86 138 0000 0001`, to be read and dialled by a person."""
    import phonenumbers

    try:
        shape = phonenumbers.PhoneNumberFormat.INTERNATIONAL
        return phonenumbers.format_number(phonenumbers.parse(stored), shape)
    except phonenumbers.NumberParseException:
        return stored


def tidy_email(text: str) -> str | None:
    """The address in its usual form; None when it can't be one. Asks no name server."""
    from email_validator import EmailNotValidError, validate_email

    try:
        return validate_email(text.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        return None

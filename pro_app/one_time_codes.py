"""Time-based one-time codes (RFC 6238: HMAC-SHA-1, 30 seconds, 6 digits) and one-time recovery codes.

Both are what authenticator programs and people expect; nothing here knows who they belong to.
"""

import secrets
from datetime import datetime
from hmac import compare_digest
from urllib.parse import quote

import pyotp

from pro_app.links import CODE_ALPHABET

STEP_S = 30
DIGITS = 6
# A telephone's clock that is up to one step off still signs in.
STEPS_OFF = 1
RECOVERY_CODES = 10
_RECOVERY_LENGTH = 12


def new_secret() -> str:
    """160 random bits in base 32, as RFC 4226 recommends."""
    return pyotp.random_base32(32)


def in_groups(secret: str) -> str:
    """The secret in groups of four, to be typed by hand."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def address(secret: str, login: str, issuer: str) -> str:
    """What the QR code says: an `otpauth://` address that authenticator programs read."""
    label = f"{quote(issuer, safe='')}:{quote(login, safe='')}"
    return f"otpauth://totp/{label}?secret={secret}&issuer={quote(issuer, safe='')}"


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step (30 s since 1970) that `code` belongs to; None when it fits no step around `now`."""
    digits = "".join(code.split())
    if not (digits.isascii() and digits.isdigit() and len(digits) == DIGITS):
        return None
    step = int(now.timestamp()) // STEP_S
    otp = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_S)
    fitting = [
        one
        for one in range(step - STEPS_OFF, step + STEPS_OFF + 1)
        if compare_digest(otp.generate_otp(one), digits)
    ]
    return max(fitting, default=None)


def new_recovery_code() -> str:
    """Twelve characters that aren't mixed up (54 bits), in groups of four: `7KQM-4XHA-9CDE`."""
    letters = "".join(secrets.choice(CODE_ALPHABET) for _ in range(_RECOVERY_LENGTH))
    return "-".join(letters[start : start + 4] for start in range(0, _RECOVERY_LENGTH, 4))


def tidy_recovery_code(text: str) -> str | None:
    """A typed recovery code as it is hashed; None when it can't be one."""
    letters = "".join(letter for letter in text.upper() if letter not in " -\t·.")
    return letters if len(letters) == _RECOVERY_LENGTH and set(letters) <= set(CODE_ALPHABET) else None

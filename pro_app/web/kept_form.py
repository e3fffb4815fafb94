"""What somebody had typed when time signed them out: given back after signing in again.

The server stores nothing. The fields travel sealed in the sign-in page, bound to the account whose session it
was; they are opened for nobody else, and nothing is saved until that person presses a button.
See `docs/decisions/0040-a-form-outlives-its-session.md`.
"""

import json
from dataclasses import dataclass
from datetime import timedelta

from flask import request

from pro_app.actions import sign_in
from pro_app.keys import SealBroken
from pro_app.records.staff import Staff
from pro_app.web import cookies
from pro_app.web.current import now, service

LASTS = timedelta(hours=12)
LARGEST = 64_000
_PLACE = "kept form"
# Rooms whose forms hold a secret or belong to a tablet in other hands: these are typed again.
_NEVER_FROM = ("accounts", "tablet")
_SECRET = ("password", "pin", "secret")


@dataclass(frozen=True, slots=True)
class KeptForm:
    """Where it was sent to, and its fields as name and value."""

    path: str
    fields: tuple[tuple[str, str], ...]

    @property
    def typed(self) -> tuple[str, ...]:
        """The values alone, to be recognised by who typed them."""
        return tuple(
            value for name, value in self.fields if value.strip() and name not in ("step", "version")
        )


def keep() -> str | None:
    """This request's form, sealed; None when its session is unknown or ended, or there is nothing to keep.

    The form's own token has been checked before (CSRF), so only what this person sent is ever sealed.
    """
    room = (request.blueprint or "").split(".")[0]
    fields = [(name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"]
    if room in _NEVER_FROM or request.files or not any(value.strip() for _, value in fields):
        return None
    if any(word in name for name, _ in fields for word in _SECRET):
        return None
    with service().store.reading() as tx:
        owner = sign_in.lapsed(tx, cookies.read_staff() or "")
    told = json.dumps(
        [owner.id if owner else 0, int(now().timestamp()), request.full_path.rstrip("?"), fields]
    )
    if owner is None or len(told) > LARGEST:
        return None
    return service().keys.seal(told, _PLACE)


def give_back(sealed: str | None, account: Staff) -> KeptForm | None:
    """The form, if it is this account's and not too old."""
    if not sealed:
        return None
    try:
        owner, kept_at, path, fields = json.loads(service().keys.unseal(sealed, _PLACE))
    except (SealBroken, ValueError):
        return None
    if owner != account.id or now().timestamp() - kept_at >= LASTS.total_seconds():
        return None
    return KeptForm(path, tuple((str(name), str(value)) for name, value in fields))

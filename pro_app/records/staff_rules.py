"""What an account may look like, which audit chain its doings belong to, and which sites it sees."""

import re
import unicodedata
from collections.abc import Iterable

from pro_app import passwords
from pro_app.contact import tidy_email
from pro_app.errors import ProAppError
from pro_app.records.audit import STUDY_CHAIN
from pro_app.records.staff import ALL_SITES, Role, Staff
from pro_app.schedule.elements import Study
from pro_app.weak_passwords import weakness

ROLES: tuple[Role, ...] = (
    "nurse",
    "site_coordinator",
    "investigator",
    "study_coordinator",
    "monitor",
    "administrator",
)
SITE_ROLES = ("nurse", "site_coordinator", "investigator")
# A study coordinator brings in who works with participants, never somebody with more rights than that.
COORDINATOR_INVITES: tuple[Role, ...] = ("nurse", "site_coordinator", "investigator", "monitor")
_LOGIN = re.compile(r"^[a-z0-9][a-z0-9._@-]{1,59}$")


class AccountRefused(ProAppError):
    """The account can't be like this; `field` names what is wrong, `fault` is its code."""

    code = "malformed"

    def __init__(self, field: str, fault: str) -> None:
        self.field = field
        self.fault = fault
        super().__init__(field=field)


def tidy_login(text: str) -> str:
    """A login as it is stored, so that `Li ` and `li` are one."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def check_login(login: str) -> None:
    """Raises `AccountRefused` for a tidied login that is none."""
    if not _LOGIN.match(login):
        raise AccountRefused("login", "login_shape")


def check_place(role: str, site: str | None) -> tuple[Role, str | None]:
    """Role and site as they are stored. `site`: a site's code, or None for roles of the whole study.

    Raises `AccountRefused`. That the site exists is for the caller, who has the study.
    """
    if role not in ROLES:
        raise AccountRefused("role", "role_unknown")
    if role == "monitor" and site is None:
        site = ALL_SITES  # said in the row itself: an account without a site sees none
    if role in SITE_ROLES and site in (None, ALL_SITES):
        raise AccountRefused("site", "site_needed")
    if role in ("study_coordinator", "administrator") and site is not None:
        raise AccountRefused("site", "site_not_for_role")
    return role, site


def check_email(text: str) -> str:
    """The address as it is stored; raises `AccountRefused`."""
    address = tidy_email(text)
    if not address:
        raise AccountRefused("email", "email_shape")
    return address


def check_password(login: str, password: str) -> None:
    """Raises `AccountRefused` for one that is short, endless, or plainly its owner's.

    Enough for what chance has made; what a person chose goes through `check_chosen`.
    """
    tidied = passwords.tidied(password)
    if len(tidied) < passwords.SHORTEST:
        raise AccountRefused("password", "password_short")
    if len(tidied) > passwords.LONGEST:
        raise AccountRefused("password", "password_long")
    if login in tidied.lower():
        raise AccountRefused("password", "password_personal")
    if len(set(tidied.lower())) < 5:
        raise AccountRefused("password", "password_pattern")


def check_chosen(login: str, password: str, about: Iterable[str]) -> None:
    """Raises `AccountRefused` for a password that is guessed first. about: name and hospital of its owner."""
    check_password(login, password)
    if fault := weakness(passwords.tidied(password), (login, *about)):
        raise AccountRefused("password", fault)


def about_owner(name: str, site: str | None, study: Study) -> tuple[str, ...]:
    """What a stranger knows of somebody who chooses a password: name, hospitals in all languages, study."""
    places = [one.name for one in study.sites if one.code == site]
    return (name, study.id, *(words for place in places for words in place.values()))


def chain_of(account: Staff) -> str:
    """The audit chain that an account's doings belong to."""
    return account.site if account.site and account.site != ALL_SITES else STUDY_CHAIN


def sees_every_site(account: Staff) -> bool:
    return account.role == "study_coordinator" or account.site == ALL_SITES


def sites_of(account: Staff, study: Study) -> tuple[str, ...]:
    """The codes of the sites whose participants this account may see."""
    if account.role == "administrator":
        return ()
    everywhere = sees_every_site(account)
    return tuple(site.code for site in study.sites if everywhere or site.code == account.site)

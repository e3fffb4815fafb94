"""`pro-app staff`: who may sign in to the staff pages. The first account of a hospital is made here."""

import getpass
import secrets
import sys
from datetime import UTC, datetime

import click

from pro_app import passwords
from pro_app.actions import accounts, second_factor
from pro_app.actions import invite as inviting
from pro_app.cli.opening import open_migrated
from pro_app.errors import NotFound
from pro_app.records import staff as records
from pro_app.records.audit import Actor
from pro_app.records.staff import ALL_SITES, LoginTaken
from pro_app.records.staff_rules import (
    ROLES,
    AccountRefused,
    about_owner,
    check_chosen,
    check_email,
    tidy_login,
)
from pro_app.wiring import Service

FAULTS = {
    "login_shape": "A login has 2 to 60 small letters, digits, dots, hyphens or @, for example nurse.li.",
    "role_unknown": f"The role is one of: {', '.join(ROLES)}.",
    "site_needed": "This role belongs to one site; name it with --site.",
    "site_not_for_role": "This role belongs to no site; leave --site out.",
    "password_short": f"The password needs at least {passwords.SHORTEST} characters.",
    "password_long": f"The password may have at most {passwords.LONGEST} characters.",
    "password_common": "This password is common or too short of words; take four that nobody expects.",
    "password_pattern": "This password repeats itself or follows the keys; take four other words.",
    "password_personal": "This password is made of login, name, hospital or program; take four other words.",
    "email_shape": "This is not an e-mail address.",
    "email_missing": "This account has no e-mail address; `pro-app staff email LOGIN ADDRESS` saves one.",
}


@click.group()
def staff() -> None:
    """Accounts of the people who work with the participants."""


def _password(given: bool) -> tuple[str, bool]:
    """A password typed twice or read from standard input, or a random one that is printed once."""
    if not given:
        return secrets.token_urlsafe(12), True
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n"), False
    first = getpass.getpass("Password: ")
    if first != getpass.getpass("Again: "):
        raise click.ClickException("The two passwords differ; nothing was changed.")
    return first, False


def _operator() -> Actor:
    return Actor("cli", getpass.getuser())


def _account(service: Service, login: str) -> records.Staff:
    with service.store.reading() as tx:
        try:
            return records.by_login(tx, tidy_login(login))
        except NotFound as fault:
            raise click.ClickException(
                f"There is no account {login}; `pro-app staff list` shows all."
            ) from fault


@staff.command()
@click.argument("login")
@click.option("--name", default="", help="As colleagues know this person.")
@click.option("--role", required=True, help=", ".join(ROLES))
@click.option("--site", help="The code of the one site; leave it out for roles of the whole study.")
@click.option("--language", default="zh-Hans", show_default=True, help="zh-Hans or en")
@click.option("--ask", is_flag=True, help="Ask for the password instead of making one up.")
def add(login: str, name: str, role: str, site: str | None, language: str, ask: bool) -> None:
    """Make an account. Its password is made up and printed once, unless --ask is given."""
    service = open_migrated()
    _check_study(service, site, language)
    password, invented = _password(ask)
    try:
        if not invented:
            check_chosen(tidy_login(login), password, about_owner(name, site, service.study))
        with service.store.writing() as tx:
            made = accounts.create_staff(
                tx,
                login,
                name,
                role,  # type: ignore[arg-type]
                site,
                language,
                password,
                datetime.now(UTC),
                _operator(),
            )
    except AccountRefused as fault:
        raise click.ClickException(FAULTS[fault.fault]) from fault
    except LoginTaken as fault:
        raise click.ClickException(f"There is already an account {login}.") from fault
    click.echo(f"Made {made.login} ({made.role}, {_where(made)}).")
    if invented:
        click.echo(f"Password, shown this once: {password}")


def _check_study(service: Service, site: str | None, language: str) -> None:
    codes = [one.code for one in service.study.sites]
    if site is not None and site not in codes:
        raise click.ClickException(f"The study has no site {site}; it has: {', '.join(codes)}.")
    if language not in service.study.languages:
        raise click.ClickException(f"The language is one of: {', '.join(service.study.languages)}.")


@staff.command()
@click.argument("login")
@click.option("--email", required=True, help="Where the letter with the link goes.")
@click.option("--name", default="", help="As colleagues know this person.")
@click.option("--role", required=True, help=", ".join(ROLES))
@click.option("--site", help="The code of the one site; leave it out for roles of the whole study.")
@click.option("--language", default="zh-Hans", show_default=True, help="zh-Hans or en")
def invite(login: str, email: str, name: str, role: str, site: str | None, language: str) -> None:
    """Make an account and send a letter with a link to choose the password; it works once, for 72 hours."""
    service = open_migrated()
    _check_study(service, site, language)
    wish = inviting.Invitation(login, name, role, site, language, email)
    try:
        with service.store.writing() as tx:
            made = inviting.invite(tx, wish, None, _operator(), datetime.now(UTC))
    except AccountRefused as fault:
        raise click.ClickException(FAULTS[fault.fault]) from fault
    except LoginTaken as fault:
        raise click.ClickException(f"There is already an account {login}.") from fault
    click.echo(f"Invited {made.login} ({made.role}, {_where(made)}). The clock sends the letter.")


def _where(account: records.Staff) -> str:
    if account.site == ALL_SITES or account.role == "study_coordinator":
        return "all sites"
    return account.site or "no site"


@staff.command("list")
def list_all() -> None:
    """Every account: login, role, site, on or off."""
    service = open_migrated()
    with service.store.reading() as tx:
        found = records.everybody(tx)
    for account in found:
        state = "on" if account.active else "off"
        click.echo(f"{account.login}\t{account.role}\t{_where(account)}\t{state}\t{account.name}")


@staff.command()
@click.argument("login")
@click.option("--again", is_flag=True, help="Switch it on again.")
def disable(login: str, again: bool) -> None:
    """Switch an account off: it is signed out everywhere at once."""
    service = open_migrated()
    account = _account(service, login)
    with service.store.writing() as tx:
        accounts.set_active(tx, account, again, _operator(), datetime.now(UTC))
    click.echo(f"{account.login} is {'on' if again else 'off'}.")


@staff.command()
@click.argument("login")
@click.option("--ask", is_flag=True, help="Ask for the password instead of making one up.")
def password(login: str, ask: bool) -> None:
    """Give an account a new password; it is signed out everywhere."""
    service = open_migrated()
    account = _account(service, login)
    word, invented = _password(ask)
    try:
        if not invented:
            check_chosen(account.login, word, about_owner(account.name, account.site, service.study))
        with service.store.writing() as tx:
            accounts.set_password(tx, account, word, _operator(), datetime.now(UTC))
    except AccountRefused as fault:
        raise click.ClickException(FAULTS[fault.fault]) from fault
    click.echo(f"{account.login} has a new password and is signed out everywhere.")
    if invented:
        click.echo(f"Password, shown this once: {word}")


@staff.command()
@click.argument("login")
@click.argument("address")
def email(login: str, address: str) -> None:
    """Save the e-mail address that letters to this account go to."""
    service = open_migrated()
    account = _account(service, login)
    try:
        with service.store.writing() as tx:
            tidy = check_email(address)
            accounts.set_contact(tx, account, tidy, account.language, _operator(), datetime.now(UTC))
    except AccountRefused as fault:
        raise click.ClickException(FAULTS[fault.fault]) from fault
    click.echo(f"Letters to {account.login} go to {tidy}.")


@staff.command("reset-code")
@click.argument("login")
def reset_code(login: str) -> None:
    """Take the second factor away (a lost telephone): the next sign-in asks for no code."""
    service = open_migrated()
    account = _account(service, login)
    if not account.second_factor:
        raise click.ClickException(f"{account.login} has no second factor; nothing was changed.")
    with service.store.writing() as tx:
        second_factor.reset(tx, account, _operator(), datetime.now(UTC))
    click.echo(f"{account.login} signs in without a code next time and is signed out everywhere.")


@staff.command()
@click.argument("login")
@click.option("--role", help=", ".join(ROLES))
@click.option("--site", help="The code of the one site, or `all` for roles of the whole study.")
def move(login: str, role: str | None, site: str | None) -> None:
    """Give an account another role or site; it acts on its next click."""
    service = open_migrated()
    account = _account(service, login)
    wanted = account.site if site is None else None if site == "all" else site
    wanted = None if wanted == ALL_SITES else wanted
    _check_study(service, wanted, account.language)
    try:
        with service.store.writing() as tx:
            accounts.set_place(tx, account, role or account.role, wanted, _operator(), datetime.now(UTC))
    except AccountRefused as fault:
        raise click.ClickException(FAULTS[fault.fault]) from fault
    with service.store.reading() as tx:
        moved = records.by_login(tx, account.login)
    click.echo(f"{moved.login} is {moved.role}, {_where(moved)}.")

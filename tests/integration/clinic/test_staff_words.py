"""`pro-app staff`: accounts from the command line, and a clear sentence for what can't be."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pro_app import passwords
from pro_app.cli import staff as words
from pro_app.config import read_settings
from pro_app.keys import create_key_file, load_key_ring
from pro_app.records import audit, migrating, staff_factors, staff_letters
from pro_app.records import staff as records
from pro_app.records.store import Store


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A hospital's shell with an empty, migrated database."""
    monkeypatch.setenv("PRO_APP_DATA_DIR", str(tmp_path))
    settings = read_settings({"PRO_APP_DATA_DIR": str(tmp_path)})
    create_key_file(settings.key_file)
    store = Store(settings.database_url, load_key_ring(settings.key_file, None))
    migrating.up(store)
    return store


def say(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(words.staff, list(arguments), input=typed, catch_exceptions=False)


def test_an_account_made_in_the_shell_can_sign_in_with_the_password_that_was_shown(shell: Store) -> None:
    made = say("add", "nurse.li", "--role", "nurse", "--site", "CZ", "--name", "Li")
    assert made.exit_code == 0
    password = made.output.strip().rsplit(" ", 1)[1]
    with shell.reading() as tx:
        digest = records.password_hash_of(tx, "nurse.li")
        assert audit.history(tx, "nurse.li")[0].actor.kind == "cli"
    assert digest
    assert passwords._hasher.verify(digest, password)


def test_the_list_shows_who_is_on_and_off(shell: Store) -> None:
    say("add", "nurse.li", "--role", "nurse", "--site", "CZ")
    say("add", "mo", "--role", "monitor")
    say("disable", "nurse.li")
    lines = [line.split("\t")[:4] for line in say("list").output.splitlines()]
    assert lines == [["mo", "monitor", "all sites", "on"], ["nurse.li", "nurse", "CZ", "off"]]
    say("disable", "--again", "nurse.li")
    assert "off" not in say("list").output


def test_a_password_can_come_from_another_program(shell: Store) -> None:
    say("add", "li", "--role", "nurse", "--site", "CZ", "--ask", typed="seven lanterns on the river\n")
    assert say("password", "li", "--ask", typed="nine wooden bridges\n").exit_code == 0
    with shell.reading() as tx:
        digest = records.password_hash_of(tx, "li")
    assert digest
    assert passwords._hasher.verify(digest, "nine wooden bridges")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("add", "li", "--role", "nurse", "--site", "XX"), "The study has no site XX"),
        (("add", "li", "--role", "nurse"), "name it with --site"),
        (("add", "li", "--role", "doctor", "--site", "CZ"), "The role is one of"),
        (("add", "L I", "--role", "nurse", "--site", "CZ"), "A login has"),
        (("add", "chen", "--role", "study_coordinator", "--site", "CZ"), "leave --site out"),
        (("add", "li", "--role", "nurse", "--site", "CZ", "--language", "fr"), "The language is one of"),
        (("add", "li", "--role", "nurse", "--site", "CZ", "--ask"), "at least 12 characters"),
        (("disable", "nobody"), "There is no account nobody"),
        (("reset-code", "nobody"), "There is no account nobody"),
        (("invite", "li", "--role", "nurse", "--site", "CZ", "--email", "li"), "not an e-mail address"),
        (("invite", "li", "--role", "nurse", "--site", "XX", "--email", "li@x.cn"), "no site XX"),
        (("password", "nobody"), "There is no account nobody"),
    ],
)
def test_what_makes_no_sense_is_said_in_one_sentence(
    shell: Store, arguments: tuple[str, ...], sentence: str
) -> None:
    result = say(*arguments, typed="short\n")
    assert result.exit_code == 1
    assert sentence in result.output
    assert "Traceback" not in result.output


def test_a_login_is_made_once(shell: Store) -> None:
    say("add", "li", "--role", "nurse", "--site", "CZ")
    assert "already an account" in say("add", "li", "--role", "nurse", "--site", "CZ").output


def test_an_invitation_from_the_shell_waits_for_the_clock(shell: Store) -> None:
    words_for = ("--role", "nurse", "--site", "CZ", "--email", "li@hospital.example.cn")
    assert "Invited li" in say("invite", "li", *words_for).output
    assert "already an account" in say("invite", "li", *words_for).output
    with shell.reading() as tx:
        assert records.by_login(tx, "li").waits
        assert staff_letters.tally(tx) == {"due": 1}


def test_role_site_address_and_code_are_changed_from_the_shell(shell: Store) -> None:
    say("add", "li", "--role", "nurse", "--site", "CZ")
    assert "li is site_coordinator, CZ" in say("move", "li", "--role", "site_coordinator").output
    assert "li is monitor, all sites" in say("move", "li", "--role", "monitor", "--site", "all").output
    assert "belongs to one site" in say("move", "li", "--role", "nurse", "--site", "all").output
    assert "go to li@x.example.cn" in say("email", "li", "li@x.example.cn").output
    assert "has no second factor" in say("reset-code", "li").output
    with shell.writing() as tx:
        staff_factors.set_secret(tx, records.by_login(tx, "li"), "GEZDGNBVGY3TQOJQ", 1)
    assert "signs in without a code" in say("reset-code", "li").output
    with shell.reading() as tx:
        actions = [event.action for event in audit.history(tx, "li")]
        assert audit.verify(tx) == ()
    assert actions[:3] == ["second_factor_reset", "staff_contact_set", "staff_moved"]
